/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: how they are laid out, and what this caller gets of them. Each probe makes one
 * where a sandbox's would be, and removes it.
 */
#include "probe.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/spec.h"
#include "cgroup_make.h"
#include "device_set.h"
#include "fd.h"
#include "planner.h"
#include "systemd_scope.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const char *probe_name(struct arena *a)
{
	return arena_printf(a, "sbrun-doctor-%d", (int)getpid());
}

static const char *mount_words(const struct cgroup_layout *l, struct arena *a)
{
	char *words = arena_strdup(a, "");

	for (size_t i = 0; i < l->n; i++)
		words = arena_printf(a, "%s%s%s", words, *words ? ", " : "",
				     l->v[i].options   ? l->v[i].options
				     : *l->controllers ? arena_printf(a, "cgroup2 (%s)", l->controllers)
						       : "cgroup2 (no controllers)");
	return words;
}

static bool no_cgroups(const struct probe_env *e, struct finding *out)
{
	if (e->f->cgroups.n)
		return false;
	found(out, PROBE_NO, "no cgroup file system is at /sys/fs/cgroup");
	out->after = NEED_CGROUP_LAYOUT;
	found_fix(out, "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	return true;
}

static void try_layout(const struct probe_env *e, struct finding *out)
{
	if (!no_cgroups(e, out))
		found(out, PROBE_OK, "%s: %s", layout_name(&e->f->cgroups),
		      mount_words(&e->f->cgroups, e->a));
}

/* ---- one of our own ---- */

static const char *sibling(struct arena *a, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return arena_printf(a, "%.*s/%s", slash ? (int)(slash - path) : 0, path, name);
}

/* Where a sandbox's would be: beside the configuration's, else near the caller. */
static void place(const struct probe_env *e, bool controllers, struct cgroup *g)
{
	const struct cgroup_layout *l = &e->f->cgroups;
	const char *name = probe_name(e->a);

	*g = (struct cgroup){ .v = arena_array(e->a, l->n + 1, sizeof *g->v) };
	for (size_t i = 0; i < l->n; i++) {
		struct cgroup_place *p = &g->v[g->n++];

		*p = (struct cgroup_place){ .mount = l->v[i].name, .options = l->v[i].options };
		p->path = e->cgroup && i < e->cgroup->n
				  ? sibling(e->a, e->cgroup->v[i].path, name)
				  : cgroup_near_caller(e->a, &l->v[i], name, controllers);
	}
}

static const char *full_path(struct arena *a, const struct cgroup_place *p)
{
	return arena_printf(a, "/sys/fs/cgroup/%s%s", p->mount, p->path);
}

static void remove_again(const struct probe_env *e, const struct cgroup *g, struct finding *out)
{
	struct diags dg;

	diags_init(&dg, e->a);
	if (cgroup_remove(g, &dg) < 0)
		found_diags(out, &dg);
}

static void not_made(const struct probe_env *e, const struct cgroup *g, int err, struct finding *out)
{
	const struct cgroup_place *v2 = cgroup_v2(g);
	bool pure = v2 && g->n == 1;

	found(out, PROBE_NO, "mkdir %s: %s", full_path(e->a, &g->v[0]), diag_errno_text(err));
	out->after = NEED_CGROUP;
	if (err == EROFS)
		found_fix(out, "mount -o remount,rw /sys/fs/cgroup, or start the container around sbrun with "
			       "writable cgroups (podman or docker run --cgroupns=private --security-opt "
			       "unmask=/sys/fs/cgroup, or --privileged)");
	else if (!pure)
		found_fix(out,
			  "run sbrun as root: cgroup v1 can't be delegated safely; or boot with cgroup v2 "
			  "alone (systemd.unified_cgroup_hierarchy=1)");
	else if (e->f->cgroups.systemd)
		found_fix(
			out,
			"systemd-run --user --scope -p Delegate=yes sbrun ..., or sbrun --cgroup-manager systemd");
	else
		found_fix(out,
			  "as root: mkdir /sys/fs/cgroup/NAME, chown -R USER /sys/fs/cgroup/NAME, and start "
			  "sbrun in it");
}

/* 0: it is there, to be removed again; else out is filled. */
static int make(const struct probe_env *e, struct cgroup *g, bool controllers, struct finding *out)
{
	struct diags dg;
	int r;

	if (no_cgroups(e, out))
		return -1;
	diags_init(&dg, e->a);
	place(e, controllers, g);
	r = cgroup_survey(g, &dg);
	if (r == 0)
		r = cgroup_make(e->a, g, "", NULL, &dg);
	if (r == -1 && dg.errors)
		found_diags(out, &dg);
	else if (r < 0)
		not_made(e, g, -r, out);
	return r < 0 ? -1 : 0;
}

static void try_make(const struct probe_env *e, struct finding *out)
{
	struct cgroup g;

	if (make(e, &g, e->controllers && *e->controllers, out) < 0)
		return;
	found(out, PROBE_OK, "%s%s", full_path(e->a, &g.v[0]),
	      g.n > 1 ? arena_printf(e->a, " and in %zu more hierarchies", g.n - 1) : "");
	remove_again(e, &g, out);
}

/* ---- what limits it would have ---- */

static const struct {
	const char *v2, *v1, *limits;
} kinds[] = {
	{ "cpu", "cpu", "linux.resources.cpu" },
	{ "memory", "memory", "linux.resources.memory" },
	{ "pids", "pids", "linux.resources.pids" },
	{ "io", "blkio", "linux.resources.blockIO" },
	{ "cpuset", "cpuset", "linux.resources.cpu.cpus and mems" },
	{ "hugetlb", "hugetlb", "hugepageLimits" },
};

static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; *p; p += strcspn(p, " \n"), p += strspn(p, " \n"))
		if (!strncmp(p, word, n) && (!p[n] || strchr(" \n", p[n])))
			return true;
	return false;
}

static void add_word(char *words, size_t size, const char *word)
{
	snprintf(words + strlen(words), size - strlen(words), "%s%s", *words ? " " : "", word);
}

/* Every kind counts for a caller; a configuration has its own list. */
static void compare(const struct probe_env *e, const struct cgroup *g, const char *have, struct finding *out)
{
	char there[200] = "", missing[200] = "", limits[300] = "";

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (cgroup_v1(g, kinds[i].v1) || listed(have, kinds[i].v2)) {
			add_word(there, sizeof there, kinds[i].v2);
		} else if (!e->controllers || listed(e->controllers, kinds[i].v2)) {
			add_word(missing, sizeof missing, kinds[i].v2);
			snprintf(limits + strlen(limits), sizeof limits - strlen(limits), "%s%s",
				 *limits ? ", " : "", kinds[i].limits);
		}
	}
	if (!*missing) {
		found(out, PROBE_OK, "%s", there);
		return;
	}
	/* few kernels give all of them, and few configurations ask for the last ones */
	found(out, e->controllers || !*there ? PROBE_NO : PROBE_WARN, "%s%s; not there: %s",
	      *there ? "" : "none", there, missing);
	found_breaks(out, "limits by %s", limits);
	if (e->f->cgroups.systemd && layout_v2(&e->f->cgroups))
		found_fix(out, "systemctl edit user@.service: Delegate=%s; or sbrun --cgroup-manager systemd",
			  missing);
}

static void try_controllers(const struct probe_env *e, struct finding *out)
{
	const struct cgroup_place *v2;
	char have[4096] = "";
	struct cgroup g;

	if (make(e, &g, true, out) < 0)
		return;
	v2 = cgroup_v2(&g);
	if (v2) {
		CLEANUP_FD dir = cgroup_dir(v2);

		if (dir < 0 || cgroup_read(dir, "cgroup.controllers", have, sizeof have) < 0)
			have[0] = 0;
	}
	compare(e, &g, have, out);
	remove_again(e, &g, out);
}

/* ---- stopping, ending, starting in it ---- */

static void try_freezer(const struct probe_env *e, struct finding *out)
{
	struct cgroup g;
	int r, k;

	if (make(e, &g, false, out) < 0)
		return;
	r = cgroup_freeze(&g, true);
	if (r == 0)
		r = cgroup_freeze(&g, false);
	k = cgroup_kill(&g);
	if (r < 0)
		found_errno(out, "freezing the cgroup", -r);
	else if (k < 0)
		found_errno(out, "killing all in the cgroup", -k);
	else
		found(out, PROBE_OK, "frozen, thawed and killed by %s",
		      cgroup_v2(&g) ? "cgroup2" : "the freezer of v1");
	remove_again(e, &g, out);
}

static void clone_into(int dir, struct finding *out)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = (uint64_t)dir };
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (pid == 0)
		_exit(0);
	if (pid < 0) {
		found_errno(out, "clone3(CLONE_INTO_CGROUP)", errno);
		if (errno == ENOSYS)
			out->verdict = PROBE_WARN;
		return;
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	found(out, PROBE_OK, "a process was born in its cgroup");
}

static void try_clone_into(const struct probe_env *e, struct finding *out)
{
	struct cgroup g;
	const struct cgroup_place *v2;

	if (make(e, &g, false, out) < 0)
		return;
	v2 = cgroup_v2(&g);
	if (v2) {
		CLEANUP_FD dir = cgroup_dir(v2);

		clone_into(dir, out);
	} else {
		found(out, PROBE_WARN, "there is no cgroup2: processes write themselves to v1's tasks");
	}
	remove_again(e, &g, out);
}

/* ---- devices ---- */

static void try_devices(const struct probe_env *e, struct finding *out)
{
	struct device_rule_list nothing = { 0 };
	struct cgroup g;
	struct diags dg;

	if (!e->real_root) {
		found(out, PROBE_NOT_HERE,
		      "it takes CAP_SYS_ADMIN on the host; in a user namespace no device can be made");
		return;
	}
	if (make(e, &g, false, out) < 0)
		return;
	diags_init(&dg, e->a);
	if (device_set(e->a, &g, &nothing, false, &dg) < 0)
		found_diags(out, &dg);
	else
		found(out, PROBE_OK, "set by %s",
		      cgroup_v1(&g, "devices") ? "the devices controller of v1" : "a BPF program");
	remove_again(e, &g, out);
}

/* ---- systemd ---- */

static void try_systemd(const struct probe_env *e, struct finding *out)
{
	const char *name = arena_printf(e->a, "%s.scope", probe_name(e->a));
	bool user = !e->real_root;
	struct systemd_unit unit = { .name = name,
				     .slice = user ? "user.slice" : "system.slice",
				     .path = "",
				     .description = "sbrun doctor",
				     .user = user };
	struct property_list none = { 0 };
	struct systemd_scope scope = SYSTEMD_SCOPE_NONE;
	struct diags dg;

	diags_init(&dg, e->a);
	if (!e->f->cgroups.systemd) {
		found(out, PROBE_NO, "systemd does not manage this host");
		found_fix(out, "sbrun --cgroup-manager cgroupfs, the default");
	} else if (systemd_scope_start(e->a, &unit, &none, &scope, &dg) < 0) {
		found_diags(out, &dg);
	} else {
		found(out, PROBE_OK, "%s made the scope %s", user ? "the user's manager" : "the manager",
		      scope.path);
		systemd_scope_release(&scope);
	}
}

/* clang-format off */
const struct probe probes_cgroups[] = {
	{ "cgroups", NEED_CGROUP_LAYOUT, try_layout, "limits, pause, device rules, stats", NULL },
	{ "cgroup-make", NEED_CGROUP, try_make, "linux.cgroupsPath, limits, pause, stats", NULL },
	{ "cgroup-controllers", NEED_CONTROLLERS, try_controllers, "limits (linux.resources)",
	  "a kernel with these controllers, mounted (cgroup_enable=memory on its command line)" },
	{ "cgroup-freezer", NEED_FREEZER, try_freezer, "pause and resume; kill --all and delete --force take longer",
	  "a kernel from 5.2 on, with cgroup2 mounted" },
	{ "clone-into-cgroup", NEED_CLONE_INTO, try_clone_into,
	  "the first process is moved to its cgroup instead of being born in it",
	  "a kernel from 5.7 on, and clone3 allowed by the seccomp profile of the container around" },
	{ "device-rules", NEED_DEVICES, try_devices, "linux.resources.devices", NULL },
	{ "systemd", NEED_SYSTEMD, try_systemd, "--cgroup-manager systemd",
	  "systemctl status; for an ordinary user: loginctl enable-linger USER" },
	{ 0 },
};
/* clang-format on */
