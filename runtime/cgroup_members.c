/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup_members.h"

#include "cgroup_make.h"
#include "fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>

enum { FREEZE_TIMEOUT_MS = 10 * 1000 };

/* ---- the walk ---- */

/* The cgroups in one cgroup that are still to be visited: one descriptor is enough, however deep it gets. */
struct level { char **names; size_t n; };

static int list(int dir, struct level *l)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	size_t cap = 0;

	*l = (struct level){ 0 };
	if (!d) {
		fd_close(&copy);
		return errno == ENOENT ? 0 : -errno;
	}
	while (r == 0 && (e = readdir(d))) {
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (l->n == cap) {
			char **more = reallocarray(l->names, cap = cap * 2 + 16, sizeof *more);

			r = more ? 0 : -ENOMEM;
			l->names = more ? more : l->names;
		}
		if (r == 0 && !(l->names[l->n++] = strdup(e->d_name)))
			r = -ENOMEM;
	}
	closedir(d);
	return r;
}

static void drop(struct level *l)
{
	while (l->n)
		free(l->names[--l->n]);
	free(l->names);
}

/* The next one of a level that is still there; -1: there is none. */
static int next_child(int dir, struct level *l)
{
	int fd = -1;

	while (fd < 0 && l->n) {
		fd = openat(dir, l->names[--l->n], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		free(l->names[l->n]);
	}
	return fd;
}

struct trail { struct level *v; size_t n, cap; };

static int push(struct trail *t, int dir)
{
	if (t->n == t->cap) {
		struct level *more = reallocarray(t->v, t->cap = t->cap * 2 + 16, sizeof *more);

		if (!more)
			return -ENOMEM;
		t->v = more;
	}
	return list(dir, &t->v[t->n++]);
}

int cgroup_walk_from(int top, int (*each)(void *, int), void *arg)
{
	CLEANUP_FD at = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct trail t = { 0 };
	int r = at < 0 ? -errno : each(arg, at);

	if (r == 0)
		r = push(&t, at);
	while (r == 0 && t.n) {
		int next = next_child(at, &t.v[t.n - 1]);
		bool down = next >= 0;

		if (!down) {
			drop(&t.v[--t.n]);
			if (!t.n)
				break;
			next = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		}
		r = next < 0 ? -errno : 0;
		fd_close(&at);
		at = next;
		if (r == 0 && down)
			r = each(arg, at);
		if (r == 0 && down)
			r = push(&t, at);
	}
	while (t.n)
		drop(&t.v[--t.n]);
	free(t.v);
	return r;
}

static int walk_place(const struct cgroup_place *p, int (*each)(void *, int), void *arg)
{
	CLEANUP_FD dir = cgroup_dir(p);

	return dir < 0 ? (dir == -ENOENT ? 0 : dir) : cgroup_walk_from(dir, each, arg);
}

int cgroup_walk(const struct cgroup *g, int (*each)(void *, int), void *arg)
{
	const struct cgroup_place *p = cgroup_v2(g);

	if (!p && g->n)
		p = &g->v[0];
	return p ? walk_place(p, each, arg) : 0;
}

pid_t *cgroup_pids(int dir, size_t *n)
{
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC), pid;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	pid_t *v = NULL;
	size_t cap = 0;

	*n = 0;
	if (!f) {
		fd_close(&fd);
		return NULL;
	}
	while (fscanf(f, "%d", &pid) == 1) {
		if (*n == cap) {
			pid_t *more = realloc(v, (cap = cap * 2 + 64) * sizeof *v);

			if (!more)
				break;
			v = more;
		}
		v[*n] = pid;
		*n += pid > 0; /* 0: a process that this pid namespace does not see */
	}
	fclose(f);
	errno = 0;
	return v;
}

static int count_one(void *arg, int dir)
{
	size_t n = 0;

	free(cgroup_pids(dir, &n));
	*(size_t *)arg += n;
	return 0;
}

size_t cgroup_count(const struct cgroup *g)
{
	size_t n = 0;

	cgroup_walk(g, count_one, &n);
	return n;
}

/* ---- signals ---- */

struct order {
	int sig;
	pid_t except;
	bool told; /* somebody was there */
};

static bool still_in(pid_t pid, const pid_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == pid)
			return true;
	return false;
}

/* By pidfd, and only to who is still in the cgroup once it is open: the number may be another's by then. */
static int signal_one(void *arg, int dir)
{
	struct order *o = arg;
	size_t n, now;
	pid_t *v = cgroup_pids(dir, &n), *again;
	int *fds = calloc(n + 1, sizeof *fds), r = 0;

	if (!fds) {
		free(v);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		fds[i] = v[i] == o->except ? -1 : pidfd_open(v[i], 0);
	again = cgroup_pids(dir, &now);
	for (size_t i = 0; i < n; i++) {
		if (fds[i] >= 0 && still_in(v[i], again, now)) {
			if (pidfd_send_signal(fds[i], o->sig, NULL, 0) == 0)
				o->told = true;
			else if (errno != ESRCH)
				r = -errno;
		}
		fd_close(&fds[i]);
	}
	free(fds);
	free(v);
	free(again);
	return r;
}

int cgroup_signal(const struct cgroup *g, int sig, pid_t except)
{
	struct order o = { .sig = sig, .except = except };
	int r = cgroup_walk(g, signal_one, &o);

	return r ? r : o.told ? 0 : -ESRCH;
}

static int thaw_one(void *unused, int dir)
{
	(void)unused;
	cgroup_write(dir, "freezer.state", "THAWED");
	return 0;
}

/* A sandbox that may write there can have frozen itself, also below and also where cgroup2 has a freezer. */
void cgroup_let_die(const struct cgroup *g)
{
	const struct cgroup_place *p = cgroup_v1(g, "freezer");

	if (p)
		walk_place(p, thaw_one, NULL);
}

/*
 * cgroup.kill (5.14) takes everything at once. Before it: what is frozen can't fork, so one round
 * of signals reaches all.
 */
int cgroup_kill(const struct cgroup *g)
{
	const struct cgroup_place *p = cgroup_v2(g);
	CLEANUP_FD dir = p ? cgroup_dir(p) : -ENOENT;
	int r = dir < 0 ? -ENOENT : cgroup_write(dir, "cgroup.kill", "1");

	if (r == -ENOENT) {
		cgroup_freeze(g, true);
		r = cgroup_signal(g, SIGKILL, 0);
		cgroup_freeze(g, false);
	}
	cgroup_let_die(g);
	return r == -ESRCH ? 0 : r;
}

/* ---- freezing ---- */

static int wait_frozen(int dir, bool frozen)
{
	CLEANUP_FD events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct pollfd p = { .fd = events, .events = POLLPRI };
	char text[256];

	if (events < 0)
		return -errno;
	for (int waited = 0; waited < FREEZE_TIMEOUT_MS; waited += 100) {
		ssize_t n = pread(events, text, sizeof text - 1, 0);

		if (n < 0)
			return -errno;
		text[n] = 0;
		if (strstr(text, frozen ? "frozen 1" : "frozen 0"))
			return 0;
		poll(&p, 1, 100); /* POLLPRI: it changed since it was read */
	}
	return -ETIMEDOUT;
}

static int freeze_v2(int dir, bool frozen)
{
	int r = cgroup_write(dir, "cgroup.freeze", frozen ? "1" : "0");

	return r < 0 ? r : wait_frozen(dir, frozen);
}

/* "FREEZING" lasts while a task can't be stopped just now; writing again helps: freezer-subsystem.rst */
static int freeze_v1(int dir, bool frozen)
{
	const char *want = frozen ? "FROZEN" : "THAWED";
	struct timespec pause = { 0, 1000000 };
	char state[32];

	for (int ms = 0; ms < FREEZE_TIMEOUT_MS; ms++) {
		int r = cgroup_write(dir, "freezer.state", want);
		ssize_t n = r < 0 ? r : cgroup_read(dir, "freezer.state", state, sizeof state);

		if (n < 0)
			return (int)n;
		if (!strncmp(state, want, strlen(want)))
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

/* Which of them this host can freeze by: cgroup2 from 5.2 on, else v1's freezer. A directory, or -errno. */
static int freezer(const struct cgroup *g, bool *v2)
{
	const struct cgroup_place *p = cgroup_v2(g);
	CLEANUP_FD dir = p ? cgroup_dir(p) : -ENOENT;

	*v2 = true;
	if (dir >= 0 && faccessat(dir, "cgroup.freeze", F_OK, 0) == 0)
		return fd_take(&dir);
	if (dir < 0 && !cgroup_is_gone(-dir)) /* it may be there, and frozen */
		return dir;
	*v2 = false;
	p = cgroup_v1(g, "freezer");
	return p ? cgroup_dir(p) : -ENOENT;
}

/*
 * On a hybrid host pause goes by cgroup2, but others can use v1's freezer: a tool of the host's, the sandbox
 * itself where it may write there. What is stopped by either is paused, or an exec would wait in it for ever.
 */
static bool frozen_v1(const struct cgroup *g)
{
	const struct cgroup_place *p = cgroup_v1(g, "freezer");
	CLEANUP_FD dir = p ? cgroup_dir(p) : -ENOENT;
	char state[32];

	return dir >= 0 && cgroup_read(dir, "freezer.state", state, sizeof state) > 0 && state[0] == 'F';
}

int cgroup_freeze(const struct cgroup *g, bool frozen)
{
	bool v2;
	CLEANUP_FD dir = freezer(g, &v2);
	int r = dir < 0 ? dir : v2 ? freeze_v2(dir, frozen) : freeze_v1(dir, frozen);

	if (r == 0 && v2 && !frozen && frozen_v1(g)) {
		CLEANUP_FD v1 = cgroup_dir(cgroup_v1(g, "freezer"));

		return v1 < 0 ? v1 : freeze_v1(v1, false);
	}
	if (r == -ETIMEDOUT && frozen)
		cgroup_write(dir, v2 ? "cgroup.freeze" : "freezer.state", v2 ? "0" : "THAWED");
	return r;
}

bool cgroup_frozen(const struct cgroup *g)
{
	const struct cgroup_place *p = cgroup_v2(g);
	CLEANUP_FD dir = p ? cgroup_dir(p) : -ENOENT;
	unsigned long long now;

	return (dir >= 0 && cgroup_read_u64(dir, "cgroup.freeze", &now) == 0 && now == 1) || frozen_v1(g);
}
