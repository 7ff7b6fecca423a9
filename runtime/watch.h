/* SPDX-License-Identifier: Apache-2.0 */
/* Who wants to hear of each step as it is done: the debug log, a timeline. */
#ifndef SBRUN_RUNTIME_WATCH_H
#define SBRUN_RUNTIME_WATCH_H

#include <stdint.h>

/* A step of the plan, or something beside it, that is done. */
struct step_note {
	const char *text, *pointer;
	const char *who;   /* plan_step_by; NULL: the runtime */
	uint64_t usec, at; /* how long it took, and when it ended by watch_now(); at 0: at no time */
};

/* Called for each (only when set: it costs a message a step). */
struct step_watch {
	void (*done)(void *arg, const struct step_note *note);
	void *arg;
};

/* CLOCK_MONOTONIC in microseconds. */
uint64_t watch_now(void);

#endif
