/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptors that a plan counts on: opened by the runtime before the clone. */
#ifndef SBRUN_RUNTIME_SLOTS_H
#define SBRUN_RUNTIME_SLOTS_H

#include "planner.h"

/* What only the caller has; -1 where the plan does not ask. Borrowed. */
struct slot_fds { int pidfd, root, end, held; };
#define SLOT_FDS_NONE { -1, -1, -1, -1 }

/*
 * Open planned->plan->n_slots descriptors (O_CLOEXEC) into fds[]; what belongs to the caller is
 * duplicated. -1 with an error, nothing left open.
 */
int slots_open(const struct spec *s, const struct planned *p, struct slot_fds given, int *fds,
	       struct diags *dg);

#endif
