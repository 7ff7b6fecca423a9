/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --die-with-parent: what sbrun began ends when the process that called sbrun does, or sbrun itself, by
 * whatever signal.
 *
 *   caller --(PR_SET_PDEATHSIG)--> sbrun --(the end of a socket)--> guard --> kills, removes
 *
 * The guard is a fork of sbrun from before anything is made, in a session of its own, with no descriptor
 * but its end of the socket. It is told what there is to end before that can go on without sbrun: the state
 * directory, whose sandbox waits for sbrun until its identity is recorded, or (exec) the command, which
 * waits in its plan until the guard has a pidfd of it.
 *
 * A caller that ends before sbrun's first look at it leaves a child of somebody else's. Nobody but the caller
 * can tell who that should have been: --die-with-parent=PID.
 */
#ifndef SBRUN_RUNTIME_GUARD_H
#define SBRUN_RUNTIME_GUARD_H

#include "state.h"

struct guard {
	int fd; /* -1: there is none */
	pid_t pid;
};
#define GUARD_NONE { .fd = -1 }

/* Whose end to follow. */
enum { CALLER_NONE = 0, CALLER_WHOEVER = -1 /* is the parent now */ };

struct guard_opts {
	pid_t caller;          /* a pid, or CALLER_WHOEVER */
	const char *root, *id; /* of the sandbox that will be made; id NULL: exec */
	bool keep;             /* end it, but leave the stopped sandbox */
};

/* The option's value: "true", "false" or a pid. What is wrong with it, or NULL. */
const char *guard_parse_caller(const char *value, pid_t *caller);
/* 0, or -1 with an error: the caller is gone already, or there is no room for a process. */
int guard_start(struct guard *g, const struct guard_opts *o, struct diags *dg);
/* ROOT/ID has been made, and is this directory. */
void guard_has_dir(struct guard *g, int dir);
/* A process to kill, with its process group. 0 or -errno. */
int guard_has_process(struct guard *g, int pidfd);
/* All is well: the guard goes, and is waited for. Safe to call twice. */
void guard_dismiss(struct guard *g);

#endif
