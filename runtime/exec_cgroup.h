/* SPDX-License-Identifier: Apache-2.0 */
/* exec --cgroup: another cgroup, below the sandbox's own. */
#ifndef SBRUN_RUNTIME_EXEC_CGROUP_H
#define SBRUN_RUNTIME_EXEC_CGROUP_H

#include "../spec/spec.h"
#include "cgroup.h"

/*
 * Each word is "PATH" (in every hierarchy) or "CONTROLLER[,CONTROLLER]...:PATH". The cgroups must be
 * there; ".." is refused. Changes g; 0, or -1 with an error.
 */
int exec_cgroup(struct arena *a, struct cgroup *g, const struct str_list *words, struct diags *dg);

#endif
