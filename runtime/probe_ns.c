/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, id maps, and the two file systems that show what is in them. */
#include "probe.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

/* ---- a user namespace ---- */

static const struct cause {
	const char *file;
	char value;
	bool unprivileged_only;
	const char *detail, *fix;
} causes[] = {
	{ "/proc/sys/user/max_user_namespaces", '0', false, "user.max_user_namespaces is 0",
	  "sysctl -w user.max_user_namespaces=15000" },
	{ "/proc/sys/kernel/unprivileged_userns_clone", '0', true, "kernel.unprivileged_userns_clone is 0",
	  "sysctl -w kernel.unprivileged_userns_clone=1" },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1', true,
	  "kernel.apparmor_restrict_unprivileged_userns is 1",
	  "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for sbrun with the "
	  "rule \"userns,\"" },
};

bool userns_cause(const struct probe_env *e, struct finding *out)
{
	size_t n = strlen(out->detail);

	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		const char *text = facts_slurp(e->a, causes[i].file);

		if (!text || text[0] != causes[i].value || (text[1] && text[1] != '\n') ||
		    (causes[i].unprivileged_only && e->real_root))
			continue;
		snprintf(out->detail + n, sizeof out->detail - n, "; %s", causes[i].detail);
		found_fix(out, "%s", causes[i].fix);
		return true;
	}
	return false;
}

/* In a container the sysctl above shows only the limit of its own user namespace. */
static void why_no_userns(const struct probe_env *e, struct finding *out)
{
	if (userns_cause(e, out))
		return;
	if (access("/proc/self", F_OK) < 0)
		found_fix(out, "mount -t proc proc /proc");
	else if (!strstr(out->detail, "CLONE_NEWUSER"))
		return;
	else if (strstr(out->detail, diag_errno_text(ENOSPC)))
		found_fix(out, "a limit is reached here or in a namespace around this one: on the host, "
			       "sysctl -w user.max_user_namespaces=15000");
	else if (strstr(out->detail, diag_errno_text(EPERM)))
		found_fix(out, "in a chroot the kernel refuses it (enter by pivot_root instead); in a container its "
			       "seccomp profile does: podman or docker run --security-opt seccomp=unconfined");
	else if (strstr(out->detail, diag_errno_text(EINVAL)))
		found_fix(out, "a kernel with CONFIG_USER_NS");
}

/* AppArmor lets a namespace be made, and then takes the rights in it away: one is used. */
static void use_rights(struct finding *out)
{
	static const char name[] = "sbrun-doctor";

	if (syscall(SYS_sethostname, name, strlen(name)) < 0)
		found_errno(out, "sethostname in a new user namespace", errno);
	else
		found(out, PROBE_OK, "made, its id map written, its rights used");
}

static void try_userns(const struct probe_env *e, struct finding *out)
{
	probe_inside(CLONE_NEWUSER | CLONE_NEWUTS, NULL, use_rights, out);
	if (out->verdict == PROBE_NO)
		why_no_userns(e, out);
}

/* ---- more ids than one ---- */

static const struct id_range *largest(const struct id_ranges *r)
{
	const struct id_range *best = NULL;

	for (size_t i = 0; i < r->n; i++)
		if (!best || r->v[i].count > best->count)
			best = &r->v[i];
	return best;
}

/* For who may write any map: "0 IN SIZE" of the largest part of what is mapped here. */
static char *root_map(struct arena *a, const char *file, unsigned *size)
{
	const char *text = facts_slurp(a, file);
	unsigned in, out, n, best = 0;

	*size = 0;
	for (const char *p = text ? text : ""; sscanf(p, "%u %u %u", &in, &out, &n) == 3;) {
		if (n > *size) {
			*size = n;
			best = in;
		}
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	if (*size > 65536) {
		*size = 65536;
		best += best ? 0 : 100000;
	}
	return arena_printf(a, "0 %u %u\n", best, *size);
}

static void nothing_more(struct finding *out)
{
	found(out, PROBE_OK, "mapped");
}

static void try_root_ranges(const struct probe_env *e, struct finding *out)
{
	unsigned uids, gids;
	struct probe_maps maps = { root_map(e->a, "/proc/self/uid_map", &uids),
				   root_map(e->a, "/proc/self/gid_map", &gids), false };

	probe_inside(CLONE_NEWUSER, &maps, nothing_more, out);
	if (out->verdict == PROBE_NO)
		return;
	found(out, uids > 1 && gids > 1 ? PROBE_OK : PROBE_NO, "%u uids and %u gids can be mapped", uids, gids);
	if (out->verdict == PROBE_NO)
		found_fix(out, "only that many ids are in the namespace that sbrun runs in: make it with a range "
			       "(unshare --map-auto, podman run --userns=auto:size=65536)");
}

static bool helpers_there(const struct probe_env *e, struct finding *out)
{
	bool there = e->f->newuidmap && e->f->newgidmap;

	if (!there) {
		found(out, PROBE_NO, "%s is not there or not executable", e->f->newuidmap ? NEWGIDMAP : NEWUIDMAP);
		found_fix(out, "apt install uidmap (Fedora: dnf install shadow-utils)");
	}
	return there;
}

/* The helpers have their rights by the set-user-ID bit, or (Fedora) by a capability of the file. */
static bool has_rights(const char *path)
{
	struct stat st;

	return (stat(path, &st) == 0 && st.st_mode & S_ISUID && st.st_uid == 0) ||
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

static void why_no_rights(struct finding *out)
{
	if (out->after)
		return;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		found_fix(out, "start sbrun without no_new_privs, under which newuidmap gets no rights (systemd: "
			       "NoNewPrivileges=no, Kubernetes: allowPrivilegeEscalation: true)");
	else if (!has_rights(NEWUIDMAP) || !has_rights(NEWGIDMAP))
		found_fix(out, "chmod u+s " NEWUIDMAP " " NEWGIDMAP);
}

static void try_granted_ranges(const struct probe_env *e, struct finding *out)
{
	const struct id_range *u = largest(&e->f->subuid), *g = largest(&e->f->subgid);
	struct probe_maps maps = { .helper = true };

	if (!helpers_there(e, out))
		return;
	if (!u || !g) {
		found(out, PROBE_NO, "no range in %s for uid %u", u ? "/etc/subgid" : "/etc/subuid", e->f->uid);
		found_fix(out, "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
			  facts_user_name(e->a, e->f->uid));
		return;
	}
	maps.uid = arena_printf(e->a, "0 %u 1\n1 %u %u\n", e->f->uid, u->start, u->count);
	maps.gid = arena_printf(e->a, "0 %u 1\n1 %u %u\n", e->f->gid, g->start, g->count);
	probe_inside(CLONE_NEWUSER, &maps, nothing_more, out);
	if (out->verdict == PROBE_OK)
		found(out, PROBE_OK, "newuidmap mapped %u uids from %u on, newgidmap %u gids from %u on", u->count,
		      u->start, g->count, g->start);
	else
		why_no_rights(out);
}

/* The maps of a configuration, or whatever is there to map. */
static void try_ranges(const struct probe_env *e, struct finding *out)
{
	uint64_t set_ids = 1ull << CAP_SETUID | 1ull << CAP_SETGID;
	struct probe_maps maps = { e->uid_map, e->gid_map, e->helper };

	if (!e->uid_map) {
		((e->f->caps & set_ids) == set_ids ? try_root_ranges : try_granted_ranges)(e, out);
		return;
	}
	if (e->helper && !helpers_there(e, out))
		return;
	probe_inside(CLONE_NEWUSER, &maps, nothing_more, out);
	if (out->verdict == PROBE_OK)
		found(out, PROBE_OK, "the configuration's maps were written%s", e->helper ? " by newuidmap" : "");
	else if (e->helper)
		why_no_rights(out);
}

/* ---- the others ---- */

static const struct { const char *name; uint64_t flag; } all[] = {
	{ "mount", CLONE_NEWNS }, { "pid", CLONE_NEWPID }, { "ipc", CLONE_NEWIPC }, { "uts", CLONE_NEWUTS },
	{ "network", CLONE_NEWNET }, { "cgroup", CLONE_NEWCGROUP },
};
enum { N_ALL = sizeof all / sizeof *all };

static uint64_t wanted_namespaces(const struct probe_env *e)
{
	uint64_t set = 0;

	for (int i = 0; i < N_ALL; i++)
		set |= all[i].flag;
	return e->namespaces & set ? e->namespaces & set : set;
}

static const char *names_of(struct arena *a, uint64_t set)
{
	const char *text = "";

	for (int i = 0; i < N_ALL; i++)
		if (set & all[i].flag)
			text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", all[i].name);
	return text;
}

/* Which of them it is, one at a time. */
static void try_namespaces(const struct probe_env *e, struct finding *out)
{
	uint64_t wanted = wanted_namespaces(e), lacking = 0;
	struct finding one;

	probe_inside(probe_namespaces(e, wanted), NULL, nothing_more, out);
	if (out->verdict == PROBE_OK) {
		found(out, PROBE_OK, "%s%s", names_of(e->a, wanted), e->userns ? ", in a new user namespace" : "");
		return;
	}
	for (int i = 0; i < N_ALL; i++) {
		memset(&one, 0, sizeof one);
		if (wanted & all[i].flag)
			probe_inside(probe_namespaces(e, all[i].flag), NULL, nothing_more, &one);
		if (one.verdict == PROBE_NO)
			lacking |= all[i].flag;
	}
	if (out->after == NEED_USERNS && lacking == wanted)
		return; /* the user namespace it is */
	snprintf(out->detail + strlen(out->detail), sizeof out->detail - strlen(out->detail), "; not possible: %s",
		 lacking ? names_of(e->a, lacking) : "all at once");
}

/* No process may be in it when its clocks are set, so it is made by unshare, and only children are in it. */
static void shift_clock(struct finding *out)
{
	static const char offset[] = "monotonic 100 0\n";
	CLEANUP_FD fd = -1;

	if (syscall(SYS_unshare, CLONE_NEWTIME) < 0) {
		found_errno(out, "unshare(CLONE_NEWTIME)", errno);
		return;
	}
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, offset, strlen(offset)) < 0)
		found_errno(out, "write to /proc/self/timens_offsets", errno);
	else
		found(out, PROBE_OK, "made, with its clock shifted");
}

static void try_time(const struct probe_env *e, struct finding *out)
{
	probe_inside(probe_namespaces(e, 0), NULL, shift_clock, out);
}

/* ---- proc and sysfs ---- */

static void mount_new(const char *type, struct finding *out)
{
	CLEANUP_FD fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	CLEANUP_FD mnt = -1;
	const char *call = "fsopen";
	int r = fs;

	if (r >= 0) {
		call = "fsconfig";
		r = (int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	}
	if (r >= 0) {
		call = "fsmount";
		mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
		r = mnt;
	}
	if (r < 0) {
		out->after = errno == ENOSYS ? NEED_MOUNT_API : 0;
		found_errno(out, call, errno);
		snprintf(out->detail + strlen(out->detail), sizeof out->detail - strlen(out->detail), " (%s)", type);
	} else {
		found(out, PROBE_OK, "a new one was mounted");
	}
}

static void mount_proc(struct finding *out)
{
	mount_new("proc", out);
}

static void mount_sysfs(struct finding *out)
{
	mount_new("sysfs", out);
}

/* What covers parts of /proc here: the kernel gives no proc that would show what the caller's hides. */
static int covered(const struct probe_env *e, const char *dir, char *names, size_t size)
{
	char *text = facts_slurp(e->a, "/proc/self/mountinfo"), *save = NULL, path[256];
	size_t n = strlen(dir);
	int count = 0;

	names[0] = 0;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%*s %*s %*s %*s %255s", path) != 1 || strncmp(path, dir, n) || path[n] != '/')
			continue;
		if (strcmp(path, "/proc/sys/fs/binfmt_misc") != 0 && count++ < 3)
			snprintf(names + strlen(names), size - strlen(names), " %s", path);
	}
	return count;
}

static void add_covered(const struct probe_env *e, const char *dir, struct finding *out)
{
	size_t n = strlen(out->detail);
	char names[800];
	int count = covered(e, dir, names, sizeof names);

	if (!count)
		return;
	snprintf(out->detail + n, sizeof out->detail - n, "; %d mount%s of the caller's %s:%s%s", count,
		 count == 1 ? " hides parts" : "s hide parts", dir, names, count > 3 ? " ..." : "");
	found_fix(out, "start the container around sbrun with nothing hidden: podman run --security-opt unmask=ALL, "
		       "docker run --security-opt systempaths=unconfined, Kubernetes procMount: Unmasked");
}

static void try_proc(const struct probe_env *e, struct finding *out)
{
	probe_inside(probe_namespaces(e, CLONE_NEWNS | CLONE_NEWPID), NULL, mount_proc, out);
	if (out->verdict == PROBE_NO)
		add_covered(e, "/proc", out);
}

/* Where it is refused, sbrun binds the caller's, read-only. */
static void try_sysfs(const struct probe_env *e, struct finding *out)
{
	probe_inside(probe_namespaces(e, CLONE_NEWNS | CLONE_NEWNET), NULL, mount_sysfs, out);
	if (out->verdict == PROBE_NO && strstr(out->detail, "fsmount")) {
		add_covered(e, "/sys", out);
		out->verdict = PROBE_WARN;
	}
}

/* clang-format off */
const struct probe probes_namespaces[] = {
	{ "user-namespace", NEED_USERNS, try_userns,
	  "an ordinary user can make no sandbox, and root none with linux.uidMappings", NULL },
	{ "id-ranges", NEED_ID_RANGES, try_ranges,
	  "only one id can be mapped: no other users in a sandbox, so apt, dnf and most images' services fail",
	  "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER" },
	{ "namespaces", NEED_NAMESPACES, try_namespaces,
	  "a configuration with that namespace can't be run", "a kernel with CONFIG_NAMESPACES and all below it" },
	{ "time-namespace", NEED_TIME, try_time, "linux.timeOffsets and a time namespace can't be had",
	  "a kernel from 5.6 on with CONFIG_TIME_NS" },
	{ "proc", NEED_PROC, try_proc, "a sandbox with a pid namespace of its own gets no /proc",
	  "leave out the pid namespace: then the caller's /proc is bound" },
	{ "sysfs", NEED_SYSFS, try_sysfs, "the caller's /sys is bound read-only in its place",
	  "leave out the network namespace, or bind /sys" },
	{ 0 },
};
/* clang-format on */
