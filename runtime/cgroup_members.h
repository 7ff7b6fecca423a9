/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in a cgroup and in those below it. */
#ifndef SBRUN_RUNTIME_CGROUP_MEMBERS_H
#define SBRUN_RUNTIME_CGROUP_MEMBERS_H

#include "cgroup.h"

#include <errno.h>

/* A cgroup that goes while a call looks at it is ENODEV to that call, and ENOENT to the next. */
static inline bool cgroup_is_gone(int err)
{
	return err == ENOENT || err == ENODEV;
}

/*
 * Calls `each` with the directory of every cgroup of the tree, outermost first; the first result
 * that is not 0 ends the walk and is its own. -errno when the tree can't be read; a cgroup that
 * goes meanwhile is passed over.
 */
int cgroup_walk(const struct cgroup *g, int (*each)(void *arg, int dir), void *arg);
int cgroup_walk_from(int top, int (*each)(void *arg, int dir), void *arg);

/*
 * The pids in one cgroup, as this pid namespace knows them (others are left out), to be freed;
 * NULL with errno (0: there are none).
 */
pid_t *cgroup_pids(int dir, size_t *n);

/* How many processes are in it and below; what can't be read counts as none. */
size_t cgroup_count(const struct cgroup *g);

#endif
