/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Masked and read-only paths, the read-only root. Each path is resolved once, to the
 * descriptor that then is covered. What is missing needs no mask; any other trouble ends the
 * set-up: a sandbox with less protection than asked for is never started.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

/* Below /proc and /sys nothing legitimate is a symlink on the way. */
static int open_covered(const char *path)
{
	if (text_starts(path, "/proc/") || text_starts(path, "/sys/"))
		return open_real(path, O_PATH);
	return open_in_root(path, O_PATH);
}

static int is_missing(int err)
{
	return err == -ENOENT || err == -ENOTDIR;
}

int step_readonly_path(const struct step *s)
{
	const char *path = str(s->s[0]);
	CLEANUP_FD target = open_covered(path);
	CLEANUP_FD tree = -1;
	int r;

	if (target < 0)
		return is_missing(target) ? 0 : about(target, path);
	tree = clone_tree(target, "", 1, 0);
	if (tree < 0)
		return about(tree, path);
	r = set_attrs(tree, MOUNT_ATTR_RDONLY, 0, 1);
	if (r == -ENOSYS) /* before 5.12: the top of it only, as mount(2) can */
		r = set_attrs(tree, MOUNT_ATTR_RDONLY, 0, 0);
	return about(r < 0 ? r : attach(tree, target), path);
}

/* The host's null device, proven by its number before it covers anything. */
static int null_device(void)
{
	struct statx st;
	int fd, r;

	if (g.null_dev >= 0)
		return g.null_dev;
	fd = (int)SYS(openat, AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = (int)SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);
	if (r < 0 || (st.stx_mode & S_IFMT) != S_IFCHR || st.stx_rdev_major != 1 || st.stx_rdev_minor != 3) {
		close_fd(&fd);
		return r < 0 ? r : -ENODEV;
	}
	g.null_dev = fd;
	return fd;
}

static int mask_file(int target)
{
	int null = null_device();
	CLEANUP_FD tree = null < 0 ? null : clone_tree(null, "", 0, 0);
	int r;

	if (tree < 0)
		return about(tree, "the host's /dev/null");
	r = set_attrs(tree, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID, 0, 0);
	return r < 0 ? r : attach(tree, target);
}

/* One empty tmpfs serves all: the first target gets it, the others a clone of that mount. */
static int mask_dir(int target)
{
	static const char *const options[] = { "nr_blocks=1", "nr_inodes=2", "mode=0555" };
	CLEANUP_FD fs = -1;
	int i, fd, r = 0;

	if (g.mask_dir >= 0) {
		CLEANUP_FD copy = clone_tree(g.mask_dir, "", 0, 0);

		return copy < 0 ? copy : attach(copy, target);
	}
	fs = (int)SYS(fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return fs;
	for (i = 0; i < 3 && r >= 0; i++)
		r = set_option(fs, options[i]);
	if (r >= 0)
		r = (int)SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return r;
	fd = (int)SYS(fsmount, fs, FSMOUNT_CLOEXEC,
		      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return fd;
	r = attach(fd, target);
	if (r < 0)
		close_fd(&fd);
	g.mask_dir = fd;
	return r;
}

int step_mask_path(const struct step *s)
{
	const char *path = str(s->s[0]);
	CLEANUP_FD target = open_covered(path);
	struct statx st;
	int r;

	if (target < 0)
		return is_missing(target) ? 0 : about(target, path);
	r = (int)SYS(statx, target, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st);
	if (r < 0)
		return about(r, path);
	if ((st.stx_mode & S_IFMT) == S_IFDIR)
		return about(mask_dir(target), path);
	r = mask_file(target);
	return r < 0 && g.detail[0] ? r : about(r, path);
}

int step_root_attrs(const struct step *s)
{
	int r = 0;

	if (s->n[0] == 1)
		r = change_attrs(g.root, MOUNT_ATTR_RDONLY, 0, 0);
	if (r >= 0 && s->n[1])
		r = set_propagation(g.root, (uint32_t)(s->n[1] & ~(uint64_t)MS_REC), !!(s->n[1] & MS_REC));
	return about(r, "/");
}
