/* SPDX-License-Identifier: Apache-2.0 */
#include "limits.h"

#include "../spec/diag.h"
#include "../spec/spec.h"

int limits_of(struct arena *a, const struct spec *s, const struct spec_resources *r,
	      const struct cgroup_layout *l, struct limit_list *out, struct diags *dg)
{
	struct diag *d;

	(void)a, (void)l;
	out->n = 0;
	if (!r->memory && !r->cpu && !r->pids_limit.set && !r->block_io && !r->hugepage_limits.n &&
	    !r->network && !r->rdma.n && !r->unified.n)
		return 0;
	d = spec_at(s, diag_error(dg, "this version of sbrun does not apply resource limits"),
		    "/linux/resources");
	d->hint = "remove the field; sbrun does not start a sandbox with less than it asks for";
	return -1;
}
