/* SPDX-License-Identifier: Apache-2.0 */
#include "limit_write.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "cgroup.h"
#include "fd.h"

/* The usual causes, from the kernel's cgroup documentation. */
static const struct {
	int err;
	const char *hint;
} causes[] = {
	{ EINVAL, "the kernel does not take this value for it" },
	{ EBUSY, "what the sandbox uses now, or what the cgroups above and below have, does not fit in it" },
	{ EACCES, "the caller may not change it, or the cgroups above allow less" },
	{ EPERM, "the caller may not change it, or the cgroups above allow less" },
	{ ENOENT, "this kernel does not have it, or the controller is not delegated" },
	{ EOPNOTSUPP, "this kernel does not have it any more" },
	{ ENODEV, "there is no such device, or none that can be limited so" },
};

static const char *hint_for(int err)
{
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (causes[i].err == err)
			return causes[i].hint;
	return NULL;
}

static int failed(struct arena *a, const struct cgroup *g, const struct limit *l, int err, struct diags *dg)
{
	const struct cgroup_place *p = cgroup_v1(g, l->controller);

	if (!p)
		p = cgroup_v2(g);
	diag_errno(dg, err, "write",
		   arena_printf(a, "/sys/fs/cgroup/%s%s/%s", p ? p->mount : "", p ? p->path : "", l->file),
		   "can't set %s to %s", l->file, l->value)
		->hint = hint_for(err);
	return -1;
}

int limit_write(struct arena *a, const struct cgroup *g, const struct limit *l, struct diags *dg)
{
	CLEANUP_FD dir = cgroup_dir_of(g, l->controller);
	int r = dir < 0 ? dir : cgroup_write(dir, l->file, l->value);

	if (r == -ENOENT && dir >= 0 && l->alt_file)
		r = cgroup_write(dir, l->alt_file, l->alt_value);
	if (r == -ENOENT && dir >= 0 && l->flags & LIMIT_IF_THERE)
		r = 0;
	return r < 0 ? failed(a, g, l, -r, dg) : 0;
}
