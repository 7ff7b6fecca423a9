/* SPDX-License-Identifier: Apache-2.0 */
#include "device_set.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "device_program.h"
#include "device_rules.h"
#include "fd.h"

static int set_v1(struct arena *a, const struct cgroup_place *p, const struct device_rule_list *rules,
		  struct diags *dg)
{
	CLEANUP_FD dir = cgroup_dir(p);
	struct device_writes w;
	int r = dir;

	if (device_rules_v1(a, rules, &w, dg) < 0)
		return -1;
	for (size_t i = 0; i < w.n && r >= 0; i++) {
		r = cgroup_write(dir, w.v[i].file, w.v[i].line);
		if (r < 0)
			diag_errno(dg, -r, "write",
				   arena_printf(a, "/sys/fs/cgroup/%s%s/%s", p->mount, p->path, w.v[i].file),
				   "can't set the rules for devices (\"%s\")", w.v[i].line)
				->hint =
				r == -EPERM ? "the cgroup above it does not allow this device itself" : NULL;
	}
	if (dir < 0)
		diag_errno(dg, -dir, "open", p->path, "can't open the sandbox's cgroup");
	return r < 0 ? -1 : 0;
}

static int set_v2(struct arena *a, const struct cgroup_place *p, const struct device_rule_list *rules,
		  struct diags *dg)
{
	CLEANUP_FD dir = cgroup_dir(p);
	struct bpf_insn *program;
	size_t n;

	if (dir < 0) {
		diag_errno(dg, -dir, "open", p->path, "can't open the sandbox's cgroup");
		return -1;
	}
	program = device_rules_bpf(a, rules, &n, dg);
	return program ? device_program_set(dir, program, n, dg) : -1;
}

int device_set(struct arena *a, const struct cgroup *g, const struct device_rule_list *rules,
	       struct diags *dg)
{
	const struct cgroup_place *v1 = cgroup_v1(g, "devices"), *v2 = cgroup_v2(g);
	struct diags first;

	if (v1 && !v2)
		return set_v1(a, v1, rules, dg);
	if (v1) {
		diags_init(&first, a);
		if (set_v1(a, v1, rules, &first) == 0)
			return 0;
	}
	if (v2)
		return set_v2(a, v2, rules, dg);
	diag_error(dg, "rules for devices need cgroup v2, or the devices controller of v1");
	return -1;
}
