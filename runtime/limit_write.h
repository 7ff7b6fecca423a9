/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_LIMIT_WRITE_H
#define SBRUN_RUNTIME_LIMIT_WRITE_H

#include "limits.h"

struct cgroup;

/* Write one limit to the sandbox's cgroup. 0, or -1 with an error that names the file and a likely cause. */
int limit_write(struct arena *a, const struct cgroup *g, const struct limit *l, struct diags *dg);

#endif
