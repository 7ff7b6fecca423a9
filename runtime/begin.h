/* SPDX-License-Identifier: Apache-2.0 */
/* From a plan to a running stage-2, and the way back when something fails. */
#ifndef SBRUN_RUNTIME_BEGIN_H
#define SBRUN_RUNTIME_BEGIN_H

#include "conduct.h"
#include "slots.h"

struct early_net;

struct begin {
	int gate;              /* listener for start, borrowed; -1: none */
	struct slot_fds given;
	unsigned fail_step;
	struct early_net *net; /* or NULL */
	const int *stdio;      /* see struct child; in memory that outlives the child's exec */
};

/*
 * Seal the plan and stage-2, open the slots, start the first process and run the parent's steps
 * that come before stage-2. c->a, c->s, c->p, c->watch and c->agent are set by the caller; the rest is
 * filled. On failure nothing of it is left.
 */
int begin(struct conduct *c, const struct begin *b, struct diags *dg);

/* Kill and reap the process, close everything. For what failed, or is over. Safe to call twice. */
void abort_begun(struct conduct *c);
/* Close our ends; the process goes on. */
void let_go(struct conduct *c);

#endif
