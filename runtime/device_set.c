/* SPDX-License-Identifier: Apache-2.0 */
#include "device_set.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "device_program.h"
#include "device_rules.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int cannot_open(const struct cgroup_place *p, int err, struct diags *dg)
{
	diag_errno(dg, err, "open", p->path, "can't open the sandbox's cgroup");
	return -1;
}

static int refused(struct arena *a, const struct cgroup_place *p, const struct device_write *w, int err,
		   struct diags *dg)
{
	diag_errno(dg, err, "write", arena_printf(a, "/sys/fs/cgroup/%s%s/%s", p->mount, p->path, w->file),
		   "can't set the rules for devices (\"%s\")", w->line)
		->hint = err == EPERM ? "the cgroup above it does not allow this device itself" : NULL;
	return -1;
}

/*
 * 0, or -1; 1 where the first write is refused and `may_not`: nothing has changed then. After it the old
 * rules are gone, and a line that is refused is missing from the new ones.
 */
static int set_v1(struct arena *a, const struct cgroup_place *p, const struct device_writes *w, bool may_not,
		  struct diags *dg)
{
	CLEANUP_FD dir = cgroup_dir(p);
	CLEANUP_FD file = -1;

	if (dir < 0)
		return cannot_open(p, -dir, dg);
	for (size_t i = 0; i < w->n; i++) {
		const struct device_write *one = &w->v[i];

		if (!i || strcmp(one->file, w->v[i - 1].file) != 0) {
			fd_close(&file);
			file = openat(dir, one->file, O_WRONLY | O_CLOEXEC);
		}
		if (file >= 0 && write(file, one->line, strlen(one->line)) >= 0)
			continue;
		return i == 0 && may_not ? 1 : refused(a, p, one, errno, dg);
	}
	return 0;
}

/* The program has the say now: what v1 was told before must not take anything away from it. */
static int allow_v1(struct arena *a, const struct cgroup_place *p, struct diags *dg)
{
	static const struct device_write all = { "devices.allow", "a" };
	CLEANUP_FD dir = cgroup_dir(p);
	int r = dir < 0 ? dir : cgroup_write(dir, all.file, all.line);

	if (r == 0)
		return 0;
	refused(a, p, &all, -r, dg);
	dg->last->hint = "the rules are in force together with those of before";
	return -1;
}

static int set_v2(struct arena *a, const struct cgroup_place *p, const struct device_rule_list *rules,
		  struct diags *dg)
{
	CLEANUP_FD dir = cgroup_dir(p);
	struct bpf_insn *program;
	size_t n;

	if (dir < 0)
		return cannot_open(p, -dir, dg);
	program = device_rules_bpf(a, rules, &n, dg);
	return program ? device_program_set(dir, program, n, dg) : -1;
}

/* A program of before, if there is one. A kernel or caller that can't have any needs none. */
static int replace_v2(struct arena *a, const struct cgroup_place *p, const struct device_rule_list *rules,
		      struct diags *dg)
{
	struct diags quiet;
	int err;

	diags_init(&quiet, a);
	if (set_v2(a, p, rules, &quiet) == 0)
		return 0;
	err = quiet.last->err;
	if (err == ENOSYS || err == EPERM || err == EINVAL)
		return 0;
	return set_v2(a, p, rules, dg);
}

int device_set(struct arena *a, const struct cgroup *g, const struct device_rule_list *rules, bool again,
	       struct diags *dg)
{
	const struct cgroup_place *v1 = cgroup_v1(g, "devices"), *v2 = cgroup_v2(g);
	struct device_writes w;
	struct diags quiet;
	int r = 1;

	if (!v1 && !v2) {
		diag_error(dg, "rules for devices need cgroup v2, or the devices controller of v1");
		return -1;
	}
	diags_init(&quiet, a);
	if (v1 && device_rules_v1(a, rules, &w, v2 ? &quiet : dg) == 0)
		r = set_v1(a, v1, &w, v2, dg);
	if (r < 0 || !v2)
		return r ? -1 : 0;
	if (r == 0)
		return again ? replace_v2(a, v2, rules, dg) : 0;
	if (set_v2(a, v2, rules, dg) < 0)
		return -1;
	return v1 && again ? allow_v1(a, v1, dg) : 0;
}
