/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlay roots and mounts. The first lowerdir is the top one.
 *
 * A layer is one call, "lowerdir+" with its path (6.8): that key takes any bytes as they are, where
 * lowerdir= has escapes, but no string of fsconfig(2) is longer than 255 bytes. A path that is, or
 * that was refused, goes as a descriptor (6.13; before it as /proc/self/fd/N): opening it tells why,
 * and the parent may have one that we can't open. Without "lowerdir+" it is one mount(2) with the
 * layers named by descriptor number relative to /proc/self/fd, which fits 500 of them into its page.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

struct upper { int upper, work, tmpfs; };

static int about_layer(int err, const struct plan_mount *m, const char *path, uint32_t k)
{
	if (about(err, path) < 0 && k < m->n_lowers)
		g.part = k + 1;
	return err;
}

/*
 * Layer k by its path, else as the parent opened it: k counts the lowers, then upper and work. The
 * parent's are of the host's mounts, which overlayfs refuses from another mount namespace (EINVAL).
 */
static int open_layer(const struct plan_mount *m, const char *path, uint32_t k)
{
	int fd = (int)SYS(openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd == -EACCES && m->lower_slot >= 0)
		fd = (int)SYS(fcntl, g.plan->slot_base + m->lower_slot + (int)k, F_DUPFD_CLOEXEC, 3);
	return about_layer(fd, m, path, k);
}

static int set_by_name(int fs, const char *key, int fd)
{
	char path[40] = "/proc/self/fd/";

	text_add_number(path, sizeof path, (uint64_t)fd);
	return (int)SYS(fsconfig, fs, FSCONFIG_SET_STRING, key, path, 0);
}

static int set_dir(int fs, const char *key, int fd)
{
	int r = (int)SYS(fsconfig, fs, FSCONFIG_SET_FD, key, NULL, fd);

	/* Before 6.13 no O_PATH descriptor is taken at all (EBADF), whatever the key. */
	return r == -EINVAL || r == -EBADF ? set_by_name(fs, key, fd) : r;
}

/* Whether it was taken. What the kernel says of a refusal is dropped: the descriptor's is the one to tell. */
static int set_path(int fs, const char *path)
{
	char log[256];

	if (text_len(path) >= 256)
		return 0;
	if (raw6(__NR_fsconfig, fs, FSCONFIG_SET_STRING, (long)"lowerdir+", (long)path, 0, 0) == 0)
		return 1;
	while (raw6(__NR_read, fs, (long)log, sizeof log, 0, 0, 0) > 0)
		;
	return 0;
}

static int set_lowers(int fs, const struct plan_mount *m)
{
	const char *path = str(m->lowers);
	int by_path = 1, r = 0;
	uint32_t i;

	for (i = 0; i < m->n_lowers && r >= 0; i++, path = next_str(path)) {
		CLEANUP_FD fd = -1;

		if (by_path && set_path(fs, path))
			continue;
		/* A refusal is a line in the kernel's log: there is one of them, whatever the reason. */
		by_path = by_path && text_len(path) >= 256;
		fd = open_layer(m, path, i);
		if (fd < 0)
			return fd;
		r = about_layer(set_dir(fs, "lowerdir+", fd), m, path, i);
		if (r == -EINVAL && i == 0)
			return -EOPNOTSUPP; /* not a word about the layer: the key is unknown */
	}
	return r;
}

/* A kernel that does not know the word (EINVAL) does not follow redirects either. */
static int ignore_redirects(int fs)
{
	static const char *const words[] = { "redirect_dir=nofollow", "metacopy=off" };
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++) {
		int r = set_option(fs, words[i]);

		if (r < 0 && r != -EINVAL)
			return about(r, words[i]);
	}
	return 0;
}

static int set_flags(int fs, const struct plan_mount *m)
{
	const char *data = str(m->data);
	uint32_t i;
	int r = 0;

	if (m->flags & PM_USERXATTR)
		r = about(set_option(fs, "userxattr"), "userxattr");
	if (r >= 0 && m->flags & PM_VOLATILE)
		r = about(set_option(fs, "volatile"), "volatile");
	if (r >= 0 && m->flags & PM_NO_REDIRECT)
		r = ignore_redirects(fs);
	for (i = 0; i < m->n_data && r >= 0; i++, data = next_str(data))
		r = about(set_option(fs, data), data);
	return r;
}

/* The upper's directory becomes the merged root's: it looks like the top lower's. */
static int like_top_layer(const struct plan_mount *m, int upper)
{
	CLEANUP_FD top = open_layer(m, str(m->lowers), 0);
	struct statx st;
	int r = top < 0 ? top : (int)SYS(statx, top, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);

	if (r >= 0 && (r = (int)SYS(fchown, upper, st.stx_uid, st.stx_gid)) == -EINVAL)
		r = 0; /* an id that is not mapped here stays ours */
	if (r >= 0)
		r = (int)SYS(fchmod, upper, st.stx_mode & 07777);
	return r;
}

/* overlayfs takes an upper only from a mount of our namespace: it is attached until the overlay holds it. */
static int attach_for_now(int mnt)
{
	CLEANUP_FD slash = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	return slash < 0 ? slash : attach(mnt, slash);
}

static int detach_again(int mnt)
{
	int r = (int)SYS(fchdir, mnt);

	if (r >= 0)
		r = (int)SYS(umount2, ".", 2 /* MNT_DETACH */);
	SYS(chdir, "/");
	return r;
}

/* A new tmpfs, attached. */
static int make_tmpfs(uint64_t bytes)
{
	char size[24] = "";
	CLEANUP_FD fs = (int)SYS(fsopen, "tmpfs", FSOPEN_CLOEXEC);
	CLEANUP_FD mnt = -1;
	int r = fs;

	text_add_number(size, sizeof size, bytes);
	if (r >= 0 && bytes)
		r = (int)SYS(fsconfig, fs, FSCONFIG_SET_STRING, "size", size, 0);
	if (r >= 0)
		r = (int)SYS(fsconfig, fs, FSCONFIG_SET_STRING, "mode", "0755", 0);
	if (r >= 0)
		r = (int)SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r >= 0)
		r = mnt = (int)SYS(fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (r >= 0)
		r = attach_for_now(mnt);
	return r < 0 ? r : take_fd(&mnt);
}

/*
 * The init keeps the tmpfs, so that "sbrun diff" finds there what was written while the sandbox lives. Whoever
 * in the sandbox can get at it by way of the init can read their own changes, and write nothing past the
 * overlay.
 */
void keep_tmpfs(int *mnt)
{
	if (*mnt >= 0 && g.n_eph_kept < EPH_KEPT && change_attrs(*mnt, MOUNT_ATTR_RDONLY, 0, 0) >= 0)
		g.eph_kept[g.n_eph_kept++] = take_fd(mnt);
}

/* Its two directories there, which have the overlay's number: diff_kept.h. */
static int upper_on(int tmpfs, const struct plan_mount *m, struct upper *u)
{
	char upper[24] = "upper", work[24] = "work";
	int r;

	text_add_number(upper, sizeof upper, (uint64_t)g.n_eph);
	text_add_number(work, sizeof work, (uint64_t)g.n_eph++);
	if ((r = (int)SYS(mkdirat, tmpfs, upper, 0755)) >= 0)
		r = (int)SYS(mkdirat, tmpfs, work, 0700);
	if (r >= 0)
		r = u->upper = (int)SYS(openat, tmpfs, upper, O_DIRECTORY | O_CLOEXEC, 0);
	if (r >= 0)
		r = u->work = (int)SYS(openat, tmpfs, work, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	return r < 0 ? r : like_top_layer(m, u->upper);
}

/*
 * The one that overlays share: attached over "/" before the root is, it is covered by that until PIVOT
 * takes both away with the host's mounts. So it is neither attached nor detached for each of them, which
 * would cost all processors a wait each time.
 */
int make_shared_tmpfs(uint64_t bytes)
{
	g.eph = make_tmpfs(bytes);
	return about(g.eph, "the ephemeral uppers' tmpfs");
}

/* Upper and work on a tmpfs of their own, which lives as long as the overlay does, or on the shared one. */
static int ephemeral_upper(const struct plan_mount *m, struct upper *u)
{
	int shared = (m->flags & PM_EPH_SHARED) != 0;
	int tmpfs = shared ? g.eph : make_tmpfs(m->eph_size), r = tmpfs < 0 ? tmpfs : upper_on(tmpfs, m, u);

	if (!shared)
		u->tmpfs = tmpfs;
	return r < 0 && g.detail[0] ? r : about(r, "the ephemeral upper's tmpfs");
}

static int named_upper(const struct plan_mount *m, struct upper *u)
{
	u->upper = open_layer(m, str(m->upper), m->n_lowers);
	if (u->upper < 0)
		return u->upper;
	u->work = open_layer(m, str(m->work), m->n_lowers + 1);
	return u->work;
}

/* Everything by fsconfig. -EOPNOTSUPP: this kernel has no "lowerdir+". */
static int mount_by_fd(const struct plan_mount *m, const struct upper *u)
{
	CLEANUP_FD fs = (int)SYS(fsopen, "overlay", FSOPEN_CLOEXEC);
	int r = fs;

	if (r < 0)
		return about(r, "overlay");
	r = set_flags(fs, m);
	if (r >= 0)
		r = set_lowers(fs, m);
	if (r >= 0 && u->upper >= 0)
		r = about(set_dir(fs, "upperdir", u->upper), str(m->upper));
	if (r >= 0 && u->upper >= 0)
		r = about(set_dir(fs, "workdir", u->work), str(m->work));
	if (r >= 0)
		r = about((int)SYS(fsconfig, fs, FSCONFIG_SET_STRING, "source", "overlay", 0), "overlay");
	if (r >= 0)
		r = about((int)SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "overlay");
	if (r < 0) {
		uint32_t call = g.call;

		add_fs_log(fs);
		g.call = call;
		return r;
	}
	return about((int)SYS(fsmount, fs, FSMOUNT_CLOEXEC, m->attr_set), "overlay");
}

/*
 * Before "lowerdir+": one option string for mount(2), which holds a page. Descriptor numbers
 * relative to /proc/self/fd keep it short and free of characters that would need escapes.
 */
static SCRATCH("options") char options[4096];

static int add_dir(const char *key, int fd)
{
	int r = text_add(options, sizeof options, key);

	return r < 0 ? r : text_add_number(options, sizeof options, (uint64_t)fd);
}

/* A value with a comma in it, as an SELinux label may have, goes in quotes. */
static int add_option(const char *option)
{
	size_t eq = 0, comma;
	int r = text_add(options, sizeof options, ",");

	while (option[eq] && option[eq] != '=')
		eq++;
	for (comma = eq; option[comma] && option[comma] != ','; comma++)
		;
	if (r < 0 || !option[comma])
		return r < 0 ? r : text_add(options, sizeof options, option);
	r = text_add(options, sizeof options, option);
	if (r >= 0)
		r = text_add(options, sizeof options, "\"\"");
	if (r >= 0) { /* "key=a,b" and two quotes: the value moves by one, the last quote is in place */
		char *end = options + text_len(options) - 2, *value = end - text_len(option) + eq + 1;

		memmove(value + 1, value, (size_t)(end - value));
		*value = '"';
	}
	return r;
}

static int classic_options(const struct plan_mount *m, const struct upper *u, int *fds)
{
	const char *path = str(m->lowers), *data = str(m->data);
	uint32_t i;
	int r = 0;

	options[0] = 0;
	for (i = 0; i < m->n_lowers && r >= 0; i++, path = next_str(path)) {
		fds[i] = open_layer(m, path, i);
		r = fds[i] < 0 ? fds[i] : add_dir(i ? ":" : "lowerdir=", fds[i]);
	}
	if (r >= 0 && u->upper >= 0 && (r = add_dir(",upperdir=", u->upper)) >= 0)
		r = add_dir(",workdir=", u->work);
	if (r >= 0 && m->flags & PM_USERXATTR)
		r = text_add(options, sizeof options, ",userxattr");
	if (r >= 0 && m->flags & PM_VOLATILE)
		r = text_add(options, sizeof options, ",volatile");
	if (r >= 0 && m->flags & PM_NO_REDIRECT)
		r = text_add(options, sizeof options, ",redirect_dir=nofollow,metacopy=off");
	for (i = 0; i < m->n_data && r >= 0; i++, data = next_str(data))
		r = add_option(data);
	return r;
}

/* Mounted over "/" for a moment, cloned from there, and taken away again: the result is detached. */
static int mount_and_clone(const struct plan_mount *m)
{
	int fd, r = (int)SYS(chdir, "/proc/self/fd");

	if (r >= 0)
		r = (int)SYS(mount, "overlay", "/", "overlay", 0, options);
	if (r < 0)
		return about(r, "overlay");
	fd = clone_tree(AT_FDCWD, "/..", 0, 0);
	SYS(umount2, "/..", 2 /* MNT_DETACH */);
	SYS(chdir, "/");
	r = fd < 0 ? fd : set_attrs(fd, m->attr_set, 0, 0);
	if (r < 0)
		close_fd(&fd);
	return r < 0 ? about(r, "overlay") : fd;
}

static int mount_classic(const struct plan_mount *m, const struct upper *u)
{
	static SCRATCH("fds") int fds[500];
	uint32_t i;
	int r = 0;

	if (m->n_lowers > 500)
		return -EINVAL;
	for (i = 0; i < m->n_lowers && r >= 0; i++)
		fds[i] = -1;
	if (r >= 0)
		r = classic_options(m, u, fds);
	if (r >= 0)
		r = mount_and_clone(m);
	for (i = 0; i < m->n_lowers && i < 500; i++)
		close_fd(&fds[i]);
	return r;
}

int overlay_mount(const struct plan_mount *m)
{
	struct upper u = { -1, -1, -1 };
	int r = 0;

	if (m->flags & PM_EPHEMERAL)
		r = ephemeral_upper(m, &u);
	else if (m->upper)
		r = named_upper(m, &u);
	if (r >= 0)
		r = mount_by_fd(m, &u);
	if (r == -EOPNOTSUPP)
		r = mount_classic(m, &u);
	if (r >= 0 && u.tmpfs >= 0) {
		int tmpfs = u.tmpfs, d;

		keep_tmpfs(&u.tmpfs);
		d = detach_again(tmpfs);
		r = d < 0 ? about(d, "the ephemeral upper's tmpfs") : r;
	}
	close_fd(&u.upper);
	close_fd(&u.work);
	close_fd(&u.tmpfs);
	return r;
}
