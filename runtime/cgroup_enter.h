/* SPDX-License-Identifier: Apache-2.0 */
/* What a process needs to start in a cgroup: opened by the runtime, used in the child (child.h). */
#ifndef SBRUN_RUNTIME_CGROUP_ENTER_H
#define SBRUN_RUNTIME_CGROUP_ENTER_H

#include "cgroup.h"

struct cgroup_entry {
	int into;    /* directory of the cgroup2, or -1 */
	int *attach; /* files that the child writes "0" to; room for one more */
	unsigned n_attach;
};
#define CGROUP_ENTRY_NONE  \
	{                  \
		.into = -1 \
	}

/*
 * `init`: the sandbox's first process, for those who join it; 0: nobody is in it yet. Where the
 * sandbox's cgroup2 gives controllers to others below it, it can take no process: then it is
 * entered where the init is. 0, or -1 with an error and nothing open.
 * `made`: NULL, or cgroup_make's entries, which are used or closed in any case.
 */
int cgroup_entry_open(struct arena *a, const struct cgroup *g, pid_t init, int *made,
		      struct cgroup_entry *out, struct diags *dg);
void cgroup_entry_close(struct cgroup_entry *e);

#endif
