/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events: a line of JSON for each interval's figures, and one at once when the kernel runs out of
 * the sandbox's memory; until the sandbox ends. What is waited for is its first process, the
 * cgroup's event and the interval, all in one poll: nothing is asked again and again.
 */
#define EVENTS_DEFAULT_NS 5000000000ull

#include <poll.h>
#include <time.h>

#include "command.h"
#include "../spec/duration.h"
#include "fd.h"
#include "oom_watch.h"
#include "stats.h"

#define EVENTS_DEFAULT_NS 5000000000ull

struct events_opts {
	bool stats;
	uint64_t interval; /* 0: the default */
};

struct stream {
	struct call *c;
	const struct state *st;
	int pidfd;
	struct oom_watch oom;
};

/*
 * -ENOENT without an error: the cgroup is gone. Each line has an arena of its own: a stream may
 * last for years.
 */
static int print_stats(struct stream *s)
{
	struct arena *a = arena_create();
	struct stats stats;
	int r = stats_read(a, &s->st->cgroup, &stats);

	if (r == 0)
		r = command_output(s->c, stats_event(a, s->st->id, &stats)) == 0 ? 0 : -1;
	arena_destroy(a);
	return r;
}

static int print_ooms(struct stream *s)
{
	struct arena *a;
	int r;

	if (!oom_watch_check(&s->oom))
		return 0;
	a = arena_create();
	r = command_output(s->c,
			   arena_printf(a, "{\"type\":\"oom\",\"id\":\"%s\",\"data\":{\"oom_kill\":%llu}}\n",
					s->st->id, (unsigned long long)s->oom.kills));
	arena_destroy(a);
	return r == 0 ? 0 : -1;
}

/* ---- the stream ---- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* 1: the sandbox has ended, or nobody reads what we write; 0: something else came. */
static int wait_until(struct stream *s, uint64_t deadline)
{
	struct pollfd p[] = {
		{ .fd = s->pidfd, .events = POLLIN },
		{ .fd = STDOUT_FILENO }, /* only whether it breaks */
		oom_watch_poll(&s->oom),
	};
	uint64_t now = now_ns(), left = now < deadline ? deadline - now : 0;
	struct timespec t = { (time_t)(left / 1000000000), (long)(left % 1000000000) };

	if (ppoll(p, sizeof p / sizeof *p, &t, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	return p[0].revents || (p[1].revents & (POLLERR | POLLNVAL));
}

static int follow(struct stream *s, uint64_t interval)
{
	uint64_t next = now_ns() + interval;
	int ended = 0, r = 0;

	while (!ended && r == 0) {
		ended = wait_until(s, next);
		if (ended < 0) {
			diag_errno(s->c->dg, -ended, "ppoll", NULL, "cannot wait for events");
			return -1;
		}
		/* also after the end: an OOM that ended it is told first */
		r = print_ooms(s);
		if (ended || r < 0 || now_ns() < next)
			continue;
		r = print_stats(s);
		/* one that came late, after a suspend say, is not made up for */
		next = next + interval > now_ns() ? next + interval : now_ns() + interval;
	}
	/* the end of the sandbox may take its cgroup away before we see it */
	return r == -ENOENT ? 0 : r;
}

static void watch_memory(struct stream *s)
{
	int r = oom_watch_open(&s->oom, &s->st->cgroup);
	struct diag *d;

	if (r == 0)
		return;
	d = diag_warning(s->c->dg, "out of memory is %s for \"%s\"",
			 r == -ENOENT ? "not reported" : "reported with an interval's delay", s->st->id);
	d->hint = r == -ENOENT
			  ? "its cgroup has no memory controller"
			  : "only who may write to its memory cgroup's cgroup.event_control is told at once";
}

/* ---- the command ---- */

static int events(struct stream *s, const struct events_opts *o)
{
	int r;

	if (o->stats)
		r = print_stats(s);
	else {
		watch_memory(s);
		r = follow(s, o->interval ? o->interval : EVENTS_DEFAULT_NS);
		oom_watch_close(&s->oom);
	}
	if (r == -ENOENT)
		diag_error(s->c->dg, "the cgroup of \"%s\" does not exist any more", s->st->id);
	return r < 0 ? EXIT_SBRUN : 0;
}

static int run(struct call *c, void *opts)
{
	struct state_dir sd = STATE_DIR_NONE;
	CLEANUP_FD pidfd = -1;
	struct stream s = { .c = c, .oom = OOM_WATCH_NONE };
	struct state st;

	if (command_open(c, c->words[0], &sd, &st) < 0)
		return EXIT_SBRUN;
	state_close(&sd);
	s.st = &st;
	s.pidfd = pidfd = command_pidfd(c, &st);
	if (pidfd < 0)
		return EXIT_SBRUN;
	if (!st.cgroup.n) {
		diag_error(c->dg, "\"%s\" has no cgroup of its own: nothing counts what it uses", st.id)
			->hint = "linux.cgroupsPath or linux.resources give it one";
		return EXIT_SBRUN;
	}
	return events(&s, opts);
}

static const char *parse_interval(struct arena *a, void *opts, const char *value)
{
	struct events_opts *o = opts;

	(void)a;
	return parse_duration(value, &o->interval) ? NULL
						   : "a duration is expected, such as 5s, 100ms or 1m30s";
}

/* clang-format off */
static const struct opt options[] = {
	{ "stats", 0, OPT_SWITCH, NULL, offsetof(struct events_opts, stats), "print the figures once", 0, NULL },
	{ "interval", 0, OPT_PARSE, "DURATION", 0, "between figures (5s)", 0, parse_interval },
	{ 0 },
};
/* clang-format on */

const struct command cmd_events = {
	.name = "events",
	.usage = "[OPTION]... ID",
	.summary = "print what a sandbox uses, and when it is out of memory, as JSON",
	.details =
		"\nOne object a line: \"stats\" each interval, \"oom\" when it happens. Ends with the sandbox.\n",
	.options = options,
	.opts_size = sizeof(struct events_opts),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
