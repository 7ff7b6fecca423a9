/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for devices, put in force in a sandbox's cgroup. */
#ifndef SBRUN_RUNTIME_DEVICE_SET_H
#define SBRUN_RUNTIME_DEVICE_SET_H

#include "../spec/spec.h"
#include "cgroup.h"

/*
 * By the program of its cgroup2 where the v1 controller is not mounted, else by that one. What was in force before
 * is replaced; 0, or -1 with an error.
 */
int device_set(struct arena *a, const struct cgroup *g, const struct device_rule_list *rules,
	       struct diags *dg);

#endif
