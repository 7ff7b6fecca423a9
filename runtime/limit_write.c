/* SPDX-License-Identifier: Apache-2.0 */
#include "limit_write.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/spec.h"
#include "cgroup.h"
#include "fd.h"

#include <stdlib.h>
#include <unistd.h>

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

static int failed(struct arena *a, const struct cgroup *g, const struct limit *l, int err,
		  const struct spec *s, struct diags *dg)
{
	const struct cgroup_place *p = cgroup_v1(g, l->controller);
	struct diag *d;

	if (!p)
		p = cgroup_v2(g);
	d = diag_errno(
		dg, err, "write",
		arena_printf(a, "/sys/fs/cgroup/%s%s/%s", p ? p->mount : "", p ? p->path : "", l->file),
		"can't set %s to %s", l->file, l->value);
	d->hint = hint_for(err);
	if (s && l->pointer)
		spec_at(s, d, l->pointer);
	return -1;
}

/* Amounts are kept in whole pages. No limit, "-1", is what a kernel without it says too. */
static int kept(int dir, const char *file, const char *value)
{
	unsigned long long wanted = strtoull(value, NULL, 10), now;
	int r = *value == '-' ? 0 : cgroup_read_u64(dir, file, &now);

	if (r < 0 || *value == '-')
		return r;
	return now <= wanted && wanted - now < (unsigned long long)sysconf(_SC_PAGESIZE) ? 0 : -EOPNOTSUPP;
}

static int put(void *arg, const struct limit *l, const char *file, const char *value)
{
	const struct cgroup *g = arg;
	CLEANUP_FD dir = cgroup_dir_of(g, l->controller);
	int r = dir < 0 ? dir : cgroup_write(dir, file, value);

	return r == 0 && l->flags & LIMIT_READ_BACK ? kept(dir, file, value) : r;
}

int limit_write_all(struct arena *a, const struct cgroup *g, const struct limit_list *list,
		    const struct spec *s, struct diags *dg)
{
	int err;
	const struct limit *bad = limits_write(list, put, (void *)g, &err);

	return bad ? failed(a, g, bad, -err, s, dg) : 0;
}
