/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for devices, put in force in a sandbox's cgroup. */
#ifndef SBRUN_RUNTIME_DEVICE_SET_H
#define SBRUN_RUNTIME_DEVICE_SET_H

#include "../spec/spec.h"
#include "cgroup.h"

/*
 * By the v1 controller where it is mounted, since that is where such a host's tools look; what v1 can't
 * express, or refuses to begin with, by a program of the cgroup2, which is in force as well. `again`: rules
 * were set before, and must not stay in force beside these in the other of the two. What v1 had before is
 * gone for a moment: freeze a sandbox that runs. 0, or -1 with an error.
 */
int device_set(struct arena *a, const struct cgroup *g, const struct device_rule_list *rules, bool again,
	       struct diags *dg);

#endif
