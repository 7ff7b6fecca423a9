/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of create and run that restore is made of too. Each returns 0, or -1 with an error. */
#ifndef SBRUN_RUNTIME_LAUNCH_PARTS_H
#define SBRUN_RUNTIME_LAUNCH_PARTS_H

#include "conduct.h"
#include "early_net.h"
#include "hook_site.h"
#include "launch.h"
#include "notify.h"
#include "output.h"
#include "planner.h"
#include "state.h"

#include <signal.h>

struct launch {
	struct arena *a;
	const struct launch_opts *o;
	struct spec *s;
	struct facts facts;
	struct planned planned;
	const char *bundle; /* absolute */
	struct state_dir sd;
	struct state st;
	struct proc_id first; /* the process that was started first, if that could be told */
	bool reserved;
	int gate, console, pidfd_sock, end;
	int held, held_seen; /* both ends; the first is the init's to hold */
	struct conduct c;
	struct hook_site hooks;
	bool notifies; /* the payload may tell us that it is ready */
	struct notify notify;
	struct output output;
	bool ahead;    /* the first process was told to go on before it asked */
	bool will_run; /* set before launch_make_plan: what can be made meanwhile is worth it */
	struct early_net net;
};

void launch_init(struct launch *l, struct arena *a, const struct launch_opts *o);
/* The configuration, the facts and the plan; `dry`: nothing may be written, the filter's cache included. */
int launch_make_plan(struct launch *l, bool gate, const char *facts_file, bool dry, struct diags *dg);
/*
 * A terminal needs somebody who takes its master: us in the foreground, or the console socket. The files of
 * --stdout and --stderr are opened, so that nothing is made when they can't be.
 */
int launch_stdio(struct launch *l, bool foreground, struct diags *dg);
/* The sockets that are handed something, before anything is made. */
int launch_connect(struct launch *l, struct diags *dg);
/* The ID, the upperdirs and the cgroup are ours from here on. */
int launch_reserve(struct launch *l, bool gate, struct diags *dg);
/* What launch_record will want of the first process as it is now, and of the host. */
void launch_look_ahead(struct launch *l);
/* The first process is l->c.pid: the state, the sockets and the pid file tell it. */
int launch_record(struct launch *l, struct diags *dg);
/* All of it, until the first process is ready and in the state; `gate`: it will wait for a start. */
int launch_make(struct launch *l, bool gate, struct diags *dg);
/* The first process has ended before it was ready: why, if that can be told. */
void launch_ended_early(struct launch *l, struct diags *dg);
/* That the first process can't be let go, by errno; -1. */
int launch_no_answer(struct diags *dg);
/* conduct's console(): our own terminal's size. */
int launch_own_console(struct conduct *c, struct diags *dg);

/* What failed leaves nothing; what goes on keeps nothing open. */
void launch_undo(struct launch *l, struct diags *dg);
void launch_finish(struct launch *l);
/* An interrupt in the middle would leave things half done: it comes through when we are through. */
void launch_hold_signals(sigset_t *before);

/* After the end, in the foreground: say that memory ran out; then take all of it away. */
void launch_tell_oom(const struct launch *l, struct diags *dg);
int launch_remove(struct launch *l, struct diags *dg);

#endif
