/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all mounts have in common. A mount is made detached, gets its attributes, and only
 * then is attached to a target that is already held by descriptor; from there on the mount's
 * own descriptor is the handle to it.
 *
 * Before kernel 5.12 there is no mount_setattr(2): plain attributes are then changed by a
 * remount, which needs the mount attached, so attach() does what set_attrs() could not; and
 * recursive changes fail.
 */
#include "stage2.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>

static uint64_t late_set, late_clr; /* what attach() has to change by a remount */

static int setattr(int mount_fd, uint64_t set, uint64_t clr, int recursive)
{
	struct mount_attr a = { .attr_set = set, .attr_clr = clr };

	return (int)SYS(mount_setattr, mount_fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &a, sizeof a);
}

/* MOUNT_ATTR_* and MS_* agree in these bits; the atime family does not. */
static unsigned long remount_flags(uint64_t attr)
{
	unsigned long f = attr & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);

	if (attr & MOUNT_ATTR_NODIRATIME)
		f |= MS_NODIRATIME;
	if ((attr & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME)
		f |= MS_NOATIME;
	if ((attr & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME)
		f |= MS_STRICTATIME;
	return f;
}

/* A remount sets all flags at once: those that the mount has and nobody asked about are kept. */
static int remount(int mount_fd, uint64_t set, uint64_t clr)
{
	char path[40] = "/proc/self/fd/";
	struct statfs fs;
	unsigned long flags;
	int r = (int)SYS(fstatfs, mount_fd, &fs);

	if (r < 0)
		return r;
	flags = (unsigned long)fs.f_flags &
		(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME);
	if (clr & MOUNT_ATTR__ATIME)
		flags &= ~(unsigned long)MS_NOATIME;
	flags = (flags & ~remount_flags(clr & ~(uint64_t)MOUNT_ATTR__ATIME)) | remount_flags(set);
	text_add_number(path, sizeof path, (uint64_t)mount_fd);
	return (int)SYS(mount, NULL, path, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
}

int set_attrs(int mount_fd, uint64_t set, uint64_t clr, int recursive)
{
	int r = set || clr ? setattr(mount_fd, set, clr, recursive) : 0;

	if (r != -ENOSYS || recursive)
		return r;
	late_set |= set;
	late_clr |= clr;
	return 0;
}

int change_attrs(int mount_fd, uint64_t set, uint64_t clr, int recursive)
{
	int r = set || clr ? setattr(mount_fd, set, clr, recursive) : 0;

	return r == -ENOSYS && !recursive ? remount(mount_fd, set, clr) : r;
}

int set_propagation(int mount_fd, uint32_t type, int recursive)
{
	struct mount_attr a = { .propagation = type };
	char path[40] = "/proc/self/fd/";
	int r;

	if (!type)
		return 0;
	r = (int)SYS(mount_setattr, mount_fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &a,
		     sizeof a);
	if (r == -ENOSYS) {
		text_add_number(path, sizeof path, (uint64_t)mount_fd);
		r = (int)SYS(mount, NULL, path, NULL, type | (recursive ? MS_REC : 0), NULL);
	}
	return r;
}

int attach(int mount_fd, int target)
{
	int r = (int)SYS(move_mount, mount_fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

	if (r >= 0 && (late_set || late_clr))
		r = remount(mount_fd, late_set, late_clr);
	late_set = late_clr = 0;
	return r;
}

int clone_tree(int dirfd, const char *path, int recursive, int nofollow)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;

	if (recursive)
		flags |= AT_RECURSIVE;
	if (nofollow)
		flags |= AT_SYMLINK_NOFOLLOW;
	if (!*path)
		flags |= AT_EMPTY_PATH;
	return (int)SYS(open_tree, dirfd, path, flags);
}

int set_option(int fs, const char *opt)
{
	char key[256];
	size_t n = 0;

	while (opt[n] && opt[n] != '=')
		n++;
	if (n >= sizeof key)
		return -ENAMETOOLONG;
	memcpy(key, opt, n);
	key[n] = 0;
	if (!opt[n])
		return (int)SYS(fsconfig, fs, FSCONFIG_SET_FLAG, key, NULL, 0);
	return (int)SYS(fsconfig, fs, FSCONFIG_SET_STRING, key, opt + n + 1, 0);
}

/* The kernel explains a refused option in the context's log: "e tmpfs: Bad value for 'size'". */
void add_fs_log(int fs)
{
	char log[200];
	long n = raw6(__NR_read, fs, (long)log, sizeof log - 1, 0, 0, 0);

	if (n <= 2)
		return;
	log[n] = 0;
	if (log[n - 1] == '\n')
		log[n - 1] = 0;
	text_add(g.detail, sizeof g.detail, ": ");
	text_add(g.detail, sizeof g.detail, log + 2);
}

static const struct {
	unsigned long flag;
	const char *option;
} sb_options[] = {
	{ MS_SYNCHRONOUS, "sync" },
	{ MS_DIRSYNC, "dirsync" },
	{ MS_MANDLOCK, "mand" },
	{ MS_LAZYTIME, "lazytime" },
};

static int configure(int fs, const char *source, const char *data, uint32_t n_data,
		     const struct plan_mount *m)
{
	uint32_t i;
	int r = 0;

	if (*source && (r = (int)SYS(fsconfig, fs, FSCONFIG_SET_STRING, "source", source, 0)) < 0)
		return about(r, source);
	if (m->flags & PM_SB_RDONLY && (r = set_option(fs, "ro")) < 0)
		return about(r, "ro");
	for (i = 0; i < sizeof sb_options / sizeof *sb_options; i++)
		if (m->sb_set & sb_options[i].flag && (r = set_option(fs, sb_options[i].option)) < 0)
			return about(r, sb_options[i].option);
	for (i = 0; i < n_data; i++, data = next_str(data))
		if ((r = set_option(fs, data)) < 0)
			return about(r, data);
	return 0;
}

int new_fs(const char *type, const char *source, const char *data, uint32_t n_data,
	   const struct plan_mount *m)
{
	CLEANUP_FD fs = (int)SYS(fsopen, type, FSOPEN_CLOEXEC);
	uint64_t attrs = m->attr_set;
	int r;

	if (fs < 0)
		return about(fs, type);
	r = configure(fs, source, data, n_data, m);
	if (r >= 0)
		r = about((int)SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
	if (r < 0) {
		uint32_t call = g.call;

		add_fs_log(fs);
		g.call = call;
		return r;
	}
	/* what is to be filled first becomes read-only after that */
	if (m->flags & PM_TMPCOPYUP)
		attrs &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	return about((int)SYS(fsmount, fs, FSMOUNT_CLOEXEC, attrs), type);
}
