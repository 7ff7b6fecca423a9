/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that make mounts without a path, and what sandboxes are built with: overlay, pivot. */
#include "probe.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define MNT_DETACH 2

int probe_tmpfs(struct finding *out)
{
	CLEANUP_FD fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	const char *call = "fsopen";
	int r = fs;

	if (r >= 0) {
		call = "fsconfig";
		r = (int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	}
	if (r >= 0) {
		call = "fsmount";
		r = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	}
	if (r < 0) {
		found_errno(out, call, errno);
		out->after = NEED_MOUNT_API;
	}
	return r;
}

/* Where a sandbox's root goes as well. */
int probe_on_slash(int mnt, struct finding *out)
{
	CLEANUP_FD slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = slash < 0 ? slash
			  : (int)syscall(SYS_move_mount, mnt, "", slash, "",
					 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

	if (r < 0) {
		found_errno(out, "move_mount", errno);
		out->after = NEED_MOUNT_API;
	}
	return r;
}

static void inside(const struct probe_env *e, void (*fn)(struct finding *), struct finding *out)
{
	probe_inside(probe_namespaces(e, CLONE_NEWNS), NULL, fn, out);
}

/* ---- the calls ---- */

static void use_calls(struct finding *out)
{
	CLEANUP_FD mnt = probe_tmpfs(out);
	CLEANUP_FD tree = -1;

	if (mnt < 0)
		return;
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		found_errno(out, "open_tree", errno);
	else if (probe_on_slash(mnt, out) == 0)
		found(out, PROBE_OK, "fsopen, fsconfig, fsmount, open_tree and move_mount work");
}

static void try_calls(const struct probe_env *e, struct finding *out)
{
	inside(e, use_calls, out);
}

/* Where the sandbox's ids may not reach what is mounted into it, the runtime takes it itself. */
static void try_sources(const struct probe_env *e, struct finding *out)
{
	/* with what is on it: a part of it may be locked to it */
	CLEANUP_FD tree = (int)syscall(SYS_open_tree, AT_FDCWD, "/",
				       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	(void)e;
	if (tree >= 0) {
		found(out, PROBE_OK, "a mount of the caller's was cloned");
		return;
	}
	found_errno(out, "open_tree(OPEN_TREE_CLONE) in the caller's mount namespace", errno);
	out->after = errno == ENOSYS ? NEED_MOUNT_API : 0;
}

static void set_readonly(struct finding *out)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	CLEANUP_FD mnt = probe_tmpfs(out);

	if (mnt < 0)
		return;
	if (syscall(SYS_mount_setattr, mnt, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro, sizeof ro) == 0) {
		found(out, PROBE_OK, "a tree was made read-only");
		return;
	}
	found_errno(out, "mount_setattr", errno);
	if (errno == ENOSYS)
		out->verdict = PROBE_WARN;
}

static void try_setattr(const struct probe_env *e, struct finding *out)
{
	inside(e, set_readonly, out);
}

static void try_openat2(const struct probe_env *e, struct finding *out)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	CLEANUP_FD fd = (int)syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how);

	(void)e;
	if (fd >= 0) {
		found(out, PROBE_OK, "paths are resolved inside of a root by the kernel");
		return;
	}
	found_errno(out, "openat2", errno);
	if (errno == ENOSYS)
		out->verdict = PROBE_WARN;
}

/* ---- overlay ---- */

static int make_layers(int dir)
{
	static const char *const names[] = { "low1", "low2", "upper", "work" };
	CLEANUP_FD file = -1;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (mkdirat(dir, names[i], 0755) < 0)
			return -1;
	file = openat(dir, "low2/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return file < 0 ? -1 : 0;
}

enum how { BY_FD, BY_NAME, BY_OPTIONS };

/* A layer by descriptor, or by the descriptor's name: stage2/overlay.c. */
static int set_layer(int fs, const char *key, int dir, const char *name, enum how *how)
{
	CLEANUP_FD fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[40];
	int r = (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_FD, key, NULL, fd);

	if (r == 0 || (errno != EINVAL && errno != EBADF))
		return r;
	*how = BY_NAME;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, path, 0);
}

static int set_layers(int fs, int dir, enum how *how)
{
	static const char *const rows[][2] = { { "lowerdir+", "low1" },
					       { "lowerdir+", "low2" },
					       { "upperdir", "upper" },
					       { "workdir", "work" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (set_layer(fs, rows[i][0], dir, rows[i][1], how) < 0) {
			if (i == 0 && (errno == EINVAL || errno == EOPNOTSUPP))
				*how = BY_OPTIONS; /* the key is unknown, or (before 6.5) descriptors are */
			return -1;
		}
	return 0;
}

/* Before 6.8: one option string. The overlay's root, or -1. */
static int mount_classic(int dir, bool userxattr)
{
	const char *options = userxattr ? "lowerdir=low1:low2,upperdir=upper,workdir=work,userxattr"
					: "lowerdir=low1:low2,upperdir=upper,workdir=work";

	if (mkdirat(dir, "merged", 0755) < 0 || fchdir(dir) < 0 ||
	    syscall(SYS_mount, "overlay", "merged", "overlay", 0, options) < 0)
		return -1;
	return open("merged", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A lower's file is removed, which leaves a whiteout, and one is written. */
static void use_overlay(int root, enum how how, struct finding *out)
{
	static const char *const ways[] = {
		"layers by descriptor", "layers by /proc/self/fd/N (descriptors: from 6.13)",
		"layers in one option string, at most 500 (one by one: from 6.8)"
	};
	CLEANUP_FD file = openat(root, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (file < 0 || unlinkat(root, "file", 0) < 0)
		found_errno(out, file < 0 ? "writing to the overlay" : "removing a lower's file", errno);
	else
		found(out, how == BY_FD ? PROBE_OK : PROBE_WARN, "mounted and written to; %s", ways[how]);
	if (how != BY_FD) {
		found_breaks(out, "nothing: sbrun gives the layers in the older way");
		found_fix(out, "a kernel from 6.13 on");
	}
}

static void mount_overlay(bool userxattr, struct finding *out)
{
	CLEANUP_FD tmpfs = probe_tmpfs(out);
	CLEANUP_FD fs = -1;
	CLEANUP_FD root = -1;
	enum how how = BY_FD;
	int r;

	if (tmpfs < 0 || probe_on_slash(tmpfs, out) < 0)
		return;
	fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
	r = fs < 0 ? fs : make_layers(tmpfs);
	if (r == 0 && userxattr)
		r = (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0);
	if (r == 0)
		r = set_layers(fs, tmpfs, &how);
	if (r == 0)
		r = (int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r == 0)
		r = root = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (r < 0 && how == BY_OPTIONS)
		r = root = mount_classic(tmpfs, userxattr);
	if (r < 0)
		found_errno(out, "overlay on tmpfs", errno);
	else
		use_overlay(root, how, out);
}

static void overlay_plain(struct finding *out)
{
	mount_overlay(false, out);
}

static void overlay_user(struct finding *out)
{
	mount_overlay(true, out);
}

static void try_overlay(const struct probe_env *e, struct finding *out)
{
	if (e->real_root)
		probe_inside(CLONE_NEWNS, NULL, overlay_plain, out);
	else
		found(out, PROBE_NOT_HERE, "it takes CAP_SYS_ADMIN on the host");
}

static void try_overlay_user(const struct probe_env *e, struct finding *out)
{
	uint64_t user = e->userns || e->f->initial_userns ? CLONE_NEWUSER : 0;

	probe_inside(CLONE_NEWNS | user, NULL, overlay_user, out);
}

/* ---- pivot_root ---- */

/* As stage-2 does it: the new root is mounted over "/", and the old one leaves from below. */
static void pivot(struct finding *out)
{
	CLEANUP_FD mnt = probe_tmpfs(out);

	if (mnt < 0 || probe_on_slash(mnt, out) < 0)
		return;
	if (fchdir(mnt) < 0)
		found_errno(out, "fchdir", errno);
	else if (syscall(SYS_pivot_root, ".", ".") < 0)
		found_errno(out, "pivot_root", errno);
	else if (syscall(SYS_umount2, ".", MNT_DETACH) < 0)
		found_errno(out, "umount2", errno);
	else
		found(out, PROBE_OK, "a new root was entered and the old one left");
}

static void try_pivot(const struct probe_env *e, struct finding *out)
{
	inside(e, pivot, out);
}

/* clang-format off */
const struct probe probes_mounts[] = {
	{ "mount-api", NEED_MOUNT_API, try_calls, "no sandbox can be made: every mount goes this way",
	  "a kernel from 5.2 on; in a container: podman or docker run --security-opt seccomp=unconfined" },
	{ "mount-sources", NEED_SOURCES, try_sources,
	  "a caller with uid 0 can give a sandbox with a user namespace no root and no binds",
	  "give sbrun a mount namespace of its own beside its user namespace: unshare --map-root-user --mount sbrun ..." },
	{ "mount-setattr", NEED_MOUNT_SETATTR, try_setattr,
	  "recursive attributes (rro, rnosuid ...) and idmapped mounts; others are set by a remount",
	  "a kernel from 5.12 on, or a seccomp profile of the container around that knows mount_setattr" },
	{ "openat2", NEED_OPENAT2, try_openat2,
	  "nothing: sbrun walks paths itself, and refuses symlinks below the root",
	  "a kernel from 5.6 on, or a seccomp profile of the container around that knows openat2" },
	{ "overlay", NEED_OVERLAY, try_overlay, "root.overlay and overlay mounts", "modprobe overlay" },
	{ "overlay-userns", NEED_OVERLAY_USERNS, try_overlay_user,
	  "root.overlay and overlay mounts in a user namespace", "a kernel from 5.11 on with overlayfs (modprobe overlay)" },
	{ "pivot-root", NEED_PIVOT, try_pivot, "the root can't be changed by pivot_root",
	  "in an initramfs: sbrun run --no-pivot" },
	{ 0 },
};
/* clang-format on */
