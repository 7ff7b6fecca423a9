/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From {step, call, errno, object} to a sentence with a hint. The wording for executables is
 * the one that orchestrators look for (podman, Docker: "executable file not found", "no such
 * file or directory", "permission denied"); nothing else may say those words.
 */
#include "conduct.h"

#include "../spec/arena.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

static const char *call_name(struct arena *a, uint32_t nr)
{
	char *name = nr == ~0u ? NULL : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr);
	const char *copy = name        ? arena_strdup(a, name)
			   : nr == ~0u ? NULL
				       : arena_printf(a, "system call %u", nr);

	free(name);
	return copy;
}

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
	{ STEP_ROOT, EACCES,
	  "the sandbox's ids can't reach that directory: open its parents (chmod o+x) or map an owner" },
	{ STEP_ROOT, EINVAL,
	  "each overlay layer must be a directory on a file system that overlayfs takes, and upper and work on the same one" },
	{ STEP_MOUNT, ENODEV, "this kernel does not know that file system type; see /proc/filesystems" },
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
	  "the mount point is missing and can't be made, or the source can't be reached with the sandbox's ids" },
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
	{ STEP_UNSHARE, ENOSPC, "a limit on namespaces is reached: see sysctl user.max_*_namespaces" },
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
};

static const char *hint_for(enum step_kind kind, int err)
{
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].kind == kind && (!hints[i].err || hints[i].err == err))
			return hints[i].hint;
	return NULL;
}

/* The root as its owner knows it. */
static const char *root_words(struct arena *a, const struct plan *p)
{
	for (uint32_t i = 0; i < p->n_steps; i++) {
		const struct step *s = plan_step(p, i);
		const struct plan_mount *m = s->kind == STEP_ROOT ? plan_blob(p, s->s[0]) : NULL;

		if (m && m->flags & PM_BIND)
			return arena_printf(a, "the root %s", plan_str(p, m->source));
	}
	return "the root";
}

static bool has_step(const struct plan *p, enum step_kind kind)
{
	for (uint32_t i = 0; i < p->n_steps; i++)
		if (plan_step(p, i)->kind == kind)
			return true;
	return false;
}

/* LOOKUP and EXEC: the payload's executable. */
static struct diag *not_runnable(const struct planned *p, const struct plan_msg *m, struct diags *dg)
{
	const char *name = plan_str(p->plan, p->plan->args);
	struct diag *d;

	if (m->exit_code == EXIT_NOT_EXECUTABLE) {
		if (m->err == EACCES || m->err == EPERM)
			d = diag_error(dg, "exec \"%s\": permission denied", name);
		else
			d = diag_error(dg, "exec \"%s\": %s", name, strerror(m->err));
		d->hint = m->err == ENOEXEC
				  ? "it is neither a program for this machine nor a script with a #! line"
			  : has_step(p->plan, STEP_SELINUX)
				  ? "it must have an execute bit for process.user, and this host's policy must let sbrun's "
				    "domain become process.selinuxLabel by it (under no_new_privs: process2 nnp_transition)"
			  : m->err == EACCES || m->err == EPERM
				  ? "it must be a regular file with an execute bit for process.user"
			  : has_step(p->plan, STEP_SECCOMP)
				  ? "the filter of linux.seccomp, or its agent, may have answered this"
				  : NULL;
	} else if (strchr(name, '/')) {
		d = diag_error(dg, "exec \"%s\": no such file or directory", name);
		d->hint =
			plan_step(p->plan, m->step)->kind == STEP_EXEC
				? "the file is there: its interpreter (#! line, or ld.so) is not in the root"
				: arena_printf(dg->arena, "it is looked up inside %s",
					       root_words(dg->arena, p->plan));
	} else {
		d = diag_error(dg, "exec \"%s\": executable file not found in $PATH", name);
		d->hint = arena_printf(dg->arena, "PATH of process.env is searched inside %s",
				       root_words(dg->arena, p->plan));
	}
	d->exit_code = m->exit_code;
	return d;
}

void conduct_failure(struct arena *a, const struct spec *s, const struct planned *p, const struct plan_msg *m,
		     struct diags *dg)
{
	struct diag *d;

	if (m->step >= p->plan->n_steps) {
		diag_error(dg, "the sandbox's first process failed without saying where");
		return;
	}
	if (!(p->plan->flags & PLAN_HOOK) &&
	    (m->exit_code == EXIT_NOT_FOUND || m->exit_code == EXIT_NOT_EXECUTABLE)) {
		d = not_runnable(p, m, dg);
	} else {
		d = diag_error(dg, "can't %s", plan_step_text(a, p, m->step));
		d->hint = hint_for(plan_step(p->plan, m->step)->kind, m->err);
		d->err = m->err;
		d->call = call_name(a, m->call);
		d->path = *m->detail ? arena_strdup(a, m->detail) : NULL;
	}
	d->step = plan_step_text(a, p, m->step);
	/* LOOKUP goes to the working directory first, which is another field */
	if (plan_step(p->plan, m->step)->kind == STEP_LOOKUP &&
	    !strcmp(m->detail, plan_str(p->plan, p->plan->cwd)))
		spec_at(s, d, "/process/cwd");
	else
		spec_at(s, d, plan_step_pointer(p, m->step));
}
