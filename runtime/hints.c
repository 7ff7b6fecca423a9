/* SPDX-License-Identifier: Apache-2.0 */
#include "hints.h"

#include "../spec/arena.h"
#include "mountopt.h"
#include "ns_limits.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* What commonly is behind an errno at a step; the first row that fits counts, err 0 fits all. */
static const struct {
	enum step_kind kind;
	int err;
	const char *hint;
} hints[] = {
	{ STEP_PROPAGATION, EINVAL,
	  "the caller's \"/\" is no mount point, as in a chroot: bind it onto itself before the chroot" },
	{ STEP_ROOT, ENOENT,
	  "root.path and overlay layers are relative to the bundle; each must be an existing directory" },
	{ STEP_ROOT, ENOTDIR, "the root and each overlay layer must be a directory" },
	{ STEP_ROOT, EACCES,
	  "the sandbox's ids can't reach that directory: open its parents (chmod o+x) or map an owner" },
	{ STEP_ROOT, EINVAL,
	  "each overlay layer must be a directory on a file system that overlayfs takes, and upper and work on the same one" },
	{ STEP_ROOT, ELOOP, "two of the overlay's layers are one directory, maybe by another name" },
	{ STEP_MOUNT, ENOENT, "the source of a bind must exist on the host before the sandbox is made" },
	{ STEP_MOUNT, EPERM,
	  "in a user namespace only some file systems can be mounted, and flags of the host's mounts can't be cleared" },
	{ STEP_MOUNT, EBUSY, "the upperdir or workdir may be in use by another overlay" },
	{ STEP_MOUNT, EINVAL,
	  "an option may be wrong for this file system; a bind of a tree with other mounts in it needs rbind in a user namespace" },
	{ STEP_MOUNT, ENOTDIR, "a directory can only be mounted on a directory, a file on a file" },
	{ STEP_MOUNT, EROFS,
	  "the mount point is missing and the root is read-only: make it in the root, or mount a tmpfs on its parent" },
	{ STEP_MOUNT, EACCES,
	  "the sandbox's ids can't search a directory on the way (the root's own?), make the mount point or reach the source" },
	{ STEP_DEVICE, ELOOP, "a symlink on the way to a device is refused; the root may be hostile" },
	{ STEP_DEVICE, EEXIST, "the root brings another file of that name" },
	{ STEP_DEVICE, EROFS, "mount a tmpfs on /dev, or make the nodes in the root" },
	{ STEP_CONSOLE, 0,
	  "a terminal needs a devpts: mount one on /dev/pts with newinstance and ptmxmode=0666" },
	{ STEP_PIVOT, EXDEV,
	  "the caller is in a chroot, and below it is the host: enter the tree by pivot_root, or as a mount namespace's root" },
	{ STEP_PIVOT, EINVAL, "an initramfs can't be pivoted from: try --no-pivot" },
	{ STEP_UNSHARE, EPERM,
	  "user namespaces may be switched off here: see sysctl kernel.unprivileged_userns_clone" },
	{ STEP_UNSHARE, EINVAL, "this kernel lacks one of these namespaces" },
	{ STEP_TIME, 0,
	  "time namespaces are in kernels from 5.6 with CONFIG_TIME_NS; offsets must keep the clocks above zero" },
	{ STEP_USER, EINVAL, "the uid or a gid is not mapped in the sandbox's user namespace" },
	{ STEP_SECCOMP, EINVAL,
	  "this kernel may lack one of linux.seccomp.flags: see supportedFlags of \"sbrun features\"" },
	{ STEP_SECCOMP, EACCES, "without no_new_privs it needs CAP_SYS_ADMIN in the user namespace" },
	{ STEP_SECCOMP, EBUSY,
	  "this process is under a filter with a listener already: there can be only one" },
	{ STEP_SECCOMP, ENOSYS, "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)" },
	{ STEP_SYSCTL, ENOENT, "this kernel has no such sysctl in the sandbox's namespaces" },
	{ STEP_SYSCTL, EINVAL, "the kernel does not take that value" },
	{ STEP_KEYRING, EDQUOT,
	  "the user's quota of keys is used up (kernel.keys.maxkeys): --no-new-keyring keeps the caller's" },
	{ STEP_KEYRING, EINVAL, "this host's policy has no such label" },
	{ STEP_AFFINITY, EINVAL, "none of execCPUAffinity.final is online and in the sandbox's cpuset" },
	{ STEP_SCHEDULER, EPERM,
	  "real-time policies and a lower nice value need CAP_SYS_NICE on the host or, also in a user namespace, "
	  "RLIMIT_RTPRIO or RLIMIT_NICE in process.rlimits; the cgroup must have real-time CPU time (cpu.rt_runtime_us)" },
	{ STEP_SCHEDULER, EINVAL,
	  "this kernel has no such policy (SCHED_ISO is in none), or not these flags and values for it" },
	{ STEP_SCHEDULER, EBUSY, "SCHED_DEADLINE: there is not that much CPU time left to promise" },
	{ STEP_IO_PRIORITY, EPERM, "IOPRIO_CLASS_RT needs CAP_SYS_NICE or CAP_SYS_ADMIN on the host" },
	{ STEP_MEMORY_POLICY, ENOSYS, "this kernel is without CONFIG_NUMA, which memory policies need" },
	{ STEP_MEMORY_POLICY, EINVAL,
	  "none of the nodes is online and in the sandbox's cpuset (see /sys/devices/system/node/online), "
	  "or this kernel does not know the mode or flag" },
	{ STEP_PERSONALITY, EINVAL, "this kernel has no such execution domain" },
	{ STEP_APPARMOR, ENOENT,
	  "the profile is not loaded into this kernel: see aa-status and apparmor_parser" },
	{ STEP_APPARMOR, EACCES, "the profile that sbrun runs under does not allow the change" },
	{ STEP_SELINUX, EINVAL, "this host's policy has no such label" },
	{ STEP_SELINUX, EACCES, "this host's policy does not let sbrun's own domain set that label" },
	{ STEP_LOOKUP, EROFS, "process.cwd is missing and the root is read-only" },
	{ STEP_LOOKUP, 0, "a process.cwd that is missing is made; there it can't be" },
};

static const char *usual_cause(enum step_kind kind, int err)
{
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].kind == kind && (!hints[i].err || hints[i].err == err))
			return hints[i].hint;
	return NULL;
}

/* What must be in the kernel's configuration for file systems that people miss. */
static const struct {
	const char *type, *option;
} configs[] = {
	{ "9p", "CONFIG_9P_FS" },
	{ "binder", "CONFIG_ANDROID_BINDERFS" },
	{ "binfmt_misc", "CONFIG_BINFMT_MISC" },
	{ "btrfs", "CONFIG_BTRFS_FS" },
	{ "cgroup", "CONFIG_CGROUPS, for v1 also the controllers' _V1 options" },
	{ "devpts", "CONFIG_UNIX98_PTYS" },
	{ "efivarfs", "CONFIG_EFIVAR_FS" },
	{ "erofs", "CONFIG_EROFS_FS" },
	{ "fuse", "CONFIG_FUSE_FS" },
	{ "hugetlbfs", "CONFIG_HUGETLBFS" },
	{ "mqueue", "CONFIG_POSIX_MQUEUE" },
	{ "nfs4", "CONFIG_NFS_V4" },
	{ "overlay", "CONFIG_OVERLAY_FS" },
	{ "resctrl", "CONFIG_X86_CPU_RESCTRL" },
	{ "squashfs", "CONFIG_SQUASHFS" },
	{ "virtiofs", "CONFIG_VIRTIO_FS" },
};

#define MAX_TYPES 128

/* The file systems that this kernel has, and those it could have, NULL-terminated. */
static const char **known_types(struct arena *a)
{
	const char **names = arena_array(a, MAX_TYPES + sizeof configs / sizeof *configs + 1, sizeof *names);
	FILE *f = fopen("/proc/filesystems", "re");
	char line[128], type[64];
	size_t n = 0;

	while (f && n < MAX_TYPES && fgets(line, sizeof line, f))
		if (sscanf(line, "nodev %63s", type) == 1 || sscanf(line, "%63s", type) == 1)
			names[n++] = arena_strdup(a, type);
	if (f)
		fclose(f);
	for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
		names[n++] = configs[i].type;
	return names;
}

static const char *unknown_type(struct arena *a, const char *type)
{
	const char *near;

	for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
		if (!strcmp(configs[i].type, type))
			return arena_printf(
				a, "this kernel has no such file system (%s), or its module can't be loaded",
				configs[i].option);
	near = suggest(type, known_types(a));
	return near ? arena_printf(a, "did you mean \"%s\"?", near)
		    : "this kernel does not know that file system type; see /proc/filesystems";
}

/* fsconfig(2) said so; `option` is the word of the configuration with what the kernel said behind it. */
static const char *refused_option(struct arena *a, const char *option)
{
	size_t n = strcspn(option, ":=");
	const char *near = suggest(arena_printf(a, "%.*s", (int)n, option), mount_option_names());

	return near ? arena_printf(
			      a,
			      "did you mean \"%s\"? What isn't an option of every mount is given to the file system",
			      near)
		    : "that is for the file system to know, and this one refuses it";
}

static const char *hint_of_mount(struct arena *a, const struct plan *p, const struct step *s,
				 const struct diag *d)
{
	const struct plan_mount *m = plan_blob(p, s->s[0]);

	if (d->err == ENODEV)
		return unknown_type(a, plan_str(p, m->type));
	if (m->flags & PM_OVERLAY && (d->err == ENOENT || d->err == ENOTDIR))
		return usual_cause(STEP_ROOT, d->err);
	if (d->err == EINVAL && d->call && !strcmp(d->call, "fsconfig"))
		return refused_option(a, d->path ? d->path : "");
	if (d->err == EINVAL && d->call && !strcmp(d->call, "move_mount") && m->flags & PM_BIND)
		return usual_cause(STEP_MOUNT, ENOTDIR);
	return usual_cause(STEP_MOUNT, d->err);
}

/* The namespaces that a step makes. */
static uint64_t made_by(const struct step *s)
{
	switch ((enum step_kind)s->kind) {
	case STEP_UNSHARE: return s->n[0];
	case STEP_LOOPBACK: return CLONE_NEWNET; /* where early_net.h made none */
	case STEP_TIME: return CLONE_NEWTIME;
	default: return 0;
	}
}

/* Of the limits that it began with, which are ours. */
static const char *hint_of_limit(struct arena *a, const struct step *s, const struct diag *d)
{
	struct rlimit now;

	if (d->err != EPERM || getrlimit((__rlimit_resource_t)s->n[0], &now) < 0)
		return NULL;
	return arena_printf(a, "the hard limit here is %llu, and raising it needs CAP_SYS_RESOURCE",
			    (unsigned long long)now.rlim_max);
}

const char *hint_of_step(struct arena *a, const struct plan *p, uint32_t step, const struct diag *d)
{
	const struct step *s = plan_step(p, step);

	if (d->err == ENOSPC && made_by(s))
		return ns_limits_hint(a, made_by(s));
	switch (s->kind) {
	case STEP_MOUNT: return hint_of_mount(a, p, s, d);
	case STEP_OWN_RLIMIT: return hint_of_limit(a, s, d);
	default: return usual_cause((enum step_kind)s->kind, d->err);
	}
}
