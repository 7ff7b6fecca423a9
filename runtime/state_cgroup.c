/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose cgroup a cgroup is. One that has stopped may have left its cgroup, empty, for another to
 * be put into; who deletes the first would then kill the second. So no two states of a root name the same
 * one.
 */
#include "state.h"

#include "../spec/diag.h"

#include <string.h>

static bool same_cgroup(const struct cgroup *a, const struct cgroup *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (!strcmp(a->v[i].mount, b->v[k].mount) && !strcmp(a->v[i].path, b->v[k].path))
				return true;
	return a->unit && b->unit && !strcmp(a->unit, b->unit);
}

/* What can't be read has no cgroup for delete either. */
static bool has_it(const struct state_dir *sd, const char *id, const struct cgroup *g, enum status *status,
		   struct diags *dg)
{
	struct state_dir other = STATE_DIR_NONE;
	struct diags quiet;
	struct state st;
	bool same;

	diags_init(&quiet, dg->arena);
	if (state_open(&other, dg->arena, sd->root, id, &quiet) < 0)
		return false;
	same = state_read(&other, dg->arena, &st, &quiet) == 0 && same_cgroup(g, &st.cgroup);
	if (same)
		*status = state_status(&other, &st);
	state_close(&other);
	return same;
}

int state_check_cgroup(struct state_dir *sd, const struct cgroup *g, struct diags *dg)
{
	struct str_list ids;
	enum status status;

	if (state_list(dg->arena, sd->root, &ids, dg) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		if (!strcmp(ids.v[i], sd->id) || !has_it(sd, ids.v[i], g, &status, dg))
			continue;
		diag_error(dg, "the cgroup is that of container \"%s\", which is %s", ids.v[i],
			   status_name(status))
			->hint = "delete that one first, or give another linux.cgroupsPath";
		return -1;
	}
	return 0;
}
