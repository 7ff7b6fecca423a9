/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, written to a sandbox's cgroup. */
#ifndef SBRUN_RUNTIME_LIMIT_WRITE_H
#define SBRUN_RUNTIME_LIMIT_WRITE_H

#include "limits.h"

struct cgroup;

/*
 * 0, or -1 with an error that names the file, a likely cause and, with s, the limit's place. What
 * came before the one that failed is written.
 */
int limit_write_all(struct arena *a, const struct cgroup *g, const struct limit_list *list,
		    const struct spec *s, struct diags *dg);

#endif
