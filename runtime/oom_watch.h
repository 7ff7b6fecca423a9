/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hearing at once when the kernel runs out of a cgroup's memory: memory.events wakes its readers
 * on v2 (cgroup-v2.rst), cgroup.event_control an eventfd on v1 (memory.rst, "OOM Control").
 */
#ifndef SBRUN_RUNTIME_OOM_WATCH_H
#define SBRUN_RUNTIME_OOM_WATCH_H

#include "cgroup.h"

#include <poll.h>
#include <stdint.h>

struct oom_watch {
	const struct cgroup *g;
	int dir;        /* of the memory controller */
	int event;      /* v1: the eventfd; v2: memory.events; -1: the kernel tells nothing */
	uint64_t kills; /* so far, those before the watch began too */
	uint64_t ooms;  /* v2 */
};
#define OOM_WATCH_NONE                 \
	{                              \
		.dir = -1, .event = -1 \
	}

/* 0; -ENOENT: no memory controller. Another -errno: there is no event, but oom_watch_check works. */
int oom_watch_open(struct oom_watch *w, const struct cgroup *g);
void oom_watch_close(struct oom_watch *w);

/* What to poll; an fd of -1 is fine for poll(2). */
struct pollfd oom_watch_poll(const struct oom_watch *w);

/*
 * Whether it happened since the last time, with w->kills brought up to date; when the kernel has
 * just told, it waits a moment for the kill. To be called after poll and once more at the end.
 */
bool oom_watch_check(struct oom_watch *w);

#endif
