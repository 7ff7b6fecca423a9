/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a sandbox ended: ROOT/ID/end, which its init writes by a mapping (struct end_record in plan.h) and
 * anybody reads who may see the state. The page comes out of the sandbox: it is copied once, its numbers
 * are checked, and nothing but what is shown and the exit code follows from them.
 */
#ifndef SBRUN_RUNTIME_END_H
#define SBRUN_RUNTIME_END_H

#include "plan.h"
#include "state.h"

struct ended {
	bool kept;              /* the init stays, and the sandbox with it */
	bool known;             /* false: it has not ended, or nobody has written down how */
	int code;               /* the payload's own, 128 + signal, or EXIT_TIMEOUT */
	int signal;             /* that ended it; 0: none */
	const char *reason;     /* "payload", "timeout", "cpu-time"; "killed": the init, from outside */
	int64_t started_ns;     /* since 1970; 0: it never was, or isn't known */
	int64_t finished_ns;
	int64_t wall_ns;        /* from the payload's start to its end; 0: not known */
	struct end_usage usage; /* of what the init has reaped: the payload, and what ended before it */
	struct end_usage own;   /* of the init */
};

/* Make the file, allocated in full; a descriptor, or -1 with an error. */
int end_make(struct state_dir *sd, struct diags *dg);
/* Open it for end_read, also for later: what is open outlives a delete. -ENOENT without an error, or -1. */
int end_open(struct state_dir *sd, struct diags *dg);
/*
 * Have the init let go of its mapping, as must be before criu sees it; nobody knows the end then. 0, also
 * where there is none, or -1 with an error.
 */
int end_detach(struct state_dir *sd, const struct state *st, int pidfd, struct diags *dg);
/* Whether an init can write there: a file system without shared mappings has no record. */
bool end_can_tell(int fd);
/* `gone`: the init is; then a record without an end tells that it was killed. fd may be negative. */
void end_read(int fd, bool gone, struct ended *e);
/* Whether the init is still to let the payload go. false where nothing is written down. */
bool end_unstarted(struct state_dir *sd);
/* Whether the payload has ended and the init stays. Only of one whose init is alive. */
bool end_kept(struct state_dir *sd, const struct state *st);

/*
 * ROOT/ID/held: the init holds it open until the payload has ended, so its end is what poll(2) sees as
 * POLLHUP. The first makes it and opens both ends, the second the one to wait by; fd or -1 with an error.
 */
int end_hold(struct state_dir *sd, int *held, struct diags *dg);
int end_open_held(struct state_dir *sd, struct diags *dg);

/* Of a sandbox in this status; not known is no error. */
void end_of(struct state_dir *sd, const struct state *st, enum status status, struct ended *e);

#endif
