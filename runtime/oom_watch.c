/* SPDX-License-Identifier: Apache-2.0 */
#include "oom_watch.h"

#include "fd.h"
#include "stats.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>

/*
 * The kernel tells of the shortage first and kills then. A kill that does not come (the OOM killer
 * may be switched off) must not hold the report up for long.
 */
enum { SETTLE_MS = 200, LAST_WORD_MS = 100 };

static bool is_v1(const struct oom_watch *w)
{
	return cgroup_v1(w->g, "memory") != NULL;
}

static int listen_v1(struct oom_watch *w)
{
	CLEANUP_FD event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CLEANUP_FD control = openat(w->dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	char order[32];
	int r;

	if (event < 0 || control < 0)
		return -errno;
	snprintf(order, sizeof order, "%d %d", event, control);
	r = cgroup_write(w->dir, "cgroup.event_control", order);
	if (r == 0)
		w->event = fd_take(&event);
	return r;
}

/* What was read of it last is what the kernel compares with. -1: it can't be read, so nothing comes. */
static int rearm_v2(int event)
{
	char buf[4096];

	return lseek(event, 0, SEEK_SET) == 0 && read(event, buf, sizeof buf) >= 0 ? 0 : -1;
}

static int listen_v2(struct oom_watch *w)
{
	w->event = openat(w->dir, "memory.events", O_RDONLY | O_CLOEXEC);
	return w->event < 0 ? -errno : rearm_v2(w->event);
}

/* Whether either number grew. */
static bool count(struct oom_watch *w)
{
	int kills = stats_oom_kills(w->g);
	unsigned long long ooms = w->ooms;
	bool more = kills > 0 && (uint64_t)kills > w->kills;

	if (!is_v1(w) && cgroup_read_key(w->dir, "memory.events", "oom", &ooms) == 0 && ooms > w->ooms) {
		w->ooms = ooms;
		more = true;
	}
	if (kills > 0 && (uint64_t)kills > w->kills)
		w->kills = (uint64_t)kills;
	return more;
}

int oom_watch_open(struct oom_watch *w, const struct cgroup *g)
{
	int r;

	*w = (struct oom_watch)OOM_WATCH_NONE;
	w->g = g;
	w->dir = cgroup_dir_of(g, "memory");
	if (w->dir < 0)
		return -ENOENT;
	if (stats_oom_kills(g) < 0) {
		oom_watch_close(w);
		return -ENOENT;
	}
	/* listening first: what comes in between is then told, not lost */
	r = is_v1(w) ? listen_v1(w) : listen_v2(w);
	count(w);
	return r;
}

void oom_watch_close(struct oom_watch *w)
{
	fd_close(&w->event);
	fd_close(&w->dir);
}

struct pollfd oom_watch_poll(const struct oom_watch *w)
{
	return (struct pollfd){ .fd = w->event, .events = w->event >= 0 && is_v1(w) ? POLLIN : POLLPRI };
}

static uint64_t take_signals(int event)
{
	uint64_t n;

	return read(event, &n, sizeof n) == (ssize_t)sizeof n ? n : 0;
}

/* v1: the removal of the cgroup signals once too. */
static bool told_v1(struct oom_watch *w)
{
	struct pollfd p = oom_watch_poll(w);
	uint64_t n = take_signals(w->event);

	if (!n || faccessat(w->dir, "memory.oom_control", F_OK, 0) == 0)
		return n > 0;
	if (poll(&p, 1, LAST_WORD_MS) > 0)
		n += take_signals(w->event);
	fd_close(&w->event);
	return n > 1;
}

static bool told(struct oom_watch *w)
{
	struct pollfd p = oom_watch_poll(w);

	if (w->event < 0 || poll(&p, 1, 0) <= 0)
		return false;
	if (is_v1(w))
		return told_v1(w);
	if (rearm_v2(w->event) < 0)
		fd_close(&w->event);
	return false; /* its numbers say whether it was this or another event */
}

bool oom_watch_check(struct oom_watch *w)
{
	uint64_t kills = w->kills;
	bool happened;

	if (w->dir < 0)
		return false;
	happened = told(w);
	happened |= count(w);
	for (int ms = 0; happened && w->kills == kills && w->event >= 0 && ms < SETTLE_MS; ms++) {
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
		count(w);
	}
	return happened;
}
