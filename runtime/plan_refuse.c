/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What config.json may ask for and this version does not do: refused, with the place, and
 * never skipped in silence. A row goes when its feature comes.
 */
#include "planner.h"

#include "../spec/arena.h"

static bool has_limits(const struct spec *s)
{
	const struct spec_resources *r = s->linux_->resources;

	return r && (r->memory || r->cpu || r->pids_limit.set || r->block_io || r->hugepage_limits.n ||
		     r->network || r->rdma.n || r->unified.n);
}

static const struct {
	bool (*asked)(const struct spec *);
	const char *pointer, *what;
} rows[] = {
	{ has_limits, "/linux/resources", "resource limits" },
};

void plan_refuse(struct builder *b)
{
	const struct spec_resources *r = b->s->linux_->resources;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diag *d;

		if (!rows[i].asked(b->s))
			continue;
		d = diag_error(b->dg, "this version of sbrun does not apply %s", rows[i].what);
		spec_at(b->s, d, rows[i].pointer);
		d->hint = "remove the field; sbrun does not start a sandbox with less than it asks for";
	}
	if (r && r->devices.n)
		spec_at(b->s, diag_warning(b->dg, "device rules are not applied by this version of sbrun"),
			"/linux/resources/devices");
}
