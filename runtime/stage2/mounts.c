/* SPDX-License-Identifier: Apache-2.0 */
/* The root and the mounts of config.json, in the user's order. */
#include "stage2.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

static int stat_mode(int fd, uint32_t *mode)
{
	struct statx st;
	int r = (int)SYS(statx, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE, &st);

	*mode = st.stx_mode;
	return r;
}

int step_propagation(const struct step *s)
{
	/* mount(2) does it in one call on every kernel; nothing of the sandbox's is there yet */
	return about((int)SYS(mount, NULL, "/", NULL, s->n[0] | MS_REC, NULL), "/");
}

static int bind_source(const struct plan_mount *m)
{
	if (m->source_slot >= 0) /* a copy: the slots are all closed in the end */
		return (int)SYS(fcntl, g.plan->slot_base + m->source_slot, F_DUPFD_CLOEXEC, 3);
	return about(clone_tree(AT_FDCWD, str(m->source), m->flags & PM_REC, m->flags & PM_SRC_NOFOLLOW),
		     str(m->source));
}

/* Attributes of a bind go on the detached clone: never on a mount that somebody can see. */
static int bind_attrs(int fd, const struct plan_mount *m)
{
	struct mount_attr idmap = { .attr_set = MOUNT_ATTR_IDMAP };
	int r = set_attrs(fd, m->attr_set, m->attr_clr, 0);

	/* a source that the parent opened it has mapped too: here the right to is missing */
	if (r >= 0 && m->idmap_slot >= 0 && m->source_slot < 0) {
		idmap.userns_fd = (uint64_t)(g.plan->slot_base + m->idmap_slot);
		r = (int)SYS(mount_setattr, fd, "",
			     AT_EMPTY_PATH | (m->flags & PM_IDMAP_REC ? AT_RECURSIVE : 0), &idmap,
			     sizeof idmap);
	}
	return about(r, str(m->target));
}

/* What bind and file system mounts both may ask for beyond plain attributes. */
static int common_attrs(int fd, const struct plan_mount *m)
{
	int r = set_attrs(fd, m->rec_set, m->rec_clr, 1);

	if (r >= 0)
		r = set_propagation(fd, m->propagation, (int)m->propagation_rec);
	return about(r, str(m->target));
}

static int mount_fs(const struct plan_mount *m)
{
	return new_fs(str(m->type), str(m->source), str(m->data), m->n_data, m);
}

/* The declared alternative of proc, sysfs and mqueue: the caller's own, bound with its attributes. */
static int mount_alternative(const struct plan_mount *m)
{
	int fd = clone_tree(AT_FDCWD, str(m->alt), 1, 0), r;

	if (fd < 0)
		return about(fd, str(m->alt));
	r = set_attrs(fd, m->attr_set | (m->flags & PM_ALT_RO ? MOUNT_ATTR_RDONLY : 0), 0, 1);
	if (r < 0)
		close_fd(&fd);
	return r < 0 ? about(r, str(m->alt)) : fd;
}

/* "remount": what is mounted at the target changes its attributes. */
static int remount(const struct plan_mount *m)
{
	CLEANUP_FD fd = open_in_root(str(m->target), O_PATH);
	int r = fd < 0 ? fd : change_attrs(fd, m->attr_set, m->attr_clr, 0);

	if (r >= 0)
		r = change_attrs(fd, m->rec_set, m->rec_clr, 1);
	if (r >= 0)
		r = set_propagation(fd, m->propagation, (int)m->propagation_rec);
	return about(r, str(m->target));
}

/* A detached mount for m. */
static int make_mount(const struct plan_mount *m)
{
	int fd, r;

	if (m->flags & PM_OVERLAY)
		return overlay_mount(m);
	if (m->flags & PM_BIND) {
		fd = bind_source(m);
		r = fd < 0 ? fd : bind_attrs(fd, m);
		return r < 0 ? r : fd;
	}
	fd = mount_fs(m);
	if (fd == -EPERM && m->alt)
		fd = mount_alternative(m);
	return fd;
}

/*
 * The root goes on top of "/" of our copy of the host's mounts, for the time of the set-up:
 * no directory is needed for it, and pivot_root makes it "/" in earnest. Hooks look for it
 * where the configuration says: then on that directory, if the sandbox's ids can reach it.
 */
static int root_place(const char *path)
{
	int fd = -EACCES;

	if (*path)
		fd = (int)SYS(openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd == -EACCES)
		fd = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	return fd;
}

int step_root(const struct step *s)
{
	const struct plan_mount *m = blob(s->s[0], sizeof *m);
	CLEANUP_FD place = -1;
	uint32_t mode;
	int r = s->n[0] == 1 ? make_shared_tmpfs(s->n[1]) : 0, fd = r < 0 ? r : make_mount(m);

	if (fd < 0)
		return fd;
	if ((r = stat_mode(fd, &mode)) >= 0 && (mode & S_IFMT) != S_IFDIR)
		r = -ENOTDIR;
	if (r < 0)
		return about(r, str(m->source));
	r = common_attrs(fd, m);
	place = root_place(str(s->s[1]));
	if (r >= 0)
		r = about(place < 0 ? place : attach(fd, place), s->s[1] ? str(s->s[1]) : "/");
	g.root = fd;
	return r;
}

/* copy-symlink: the source is a symlink and becomes one inside, unless there is that very one already. */
static int copy_symlink(const struct plan_mount *m, int *done)
{
	char to[4096], there[4096];
	const char *name;
	CLEANUP_FD dir = -1;
	int slot = g.plan->slot_base + m->source_slot;
	long n;
	int r;

	if (m->source_slot >= 0)
		n = raw6(__NR_readlinkat, slot, (long)"", (long)to, sizeof to - 1, 0, 0);
	else
		n = raw6(__NR_readlinkat, AT_FDCWD, (long)str(m->source), (long)to, sizeof to - 1, 0, 0);
	*done = 0;
	if (n < 0)
		return 0; /* no symlink: an ordinary bind */
	to[n] = 0;
	*done = 1;
	dir = open_parent(str(m->target), 0, &name);
	if (dir < 0)
		return about(dir, str(m->target));
	r = (int)SYS(symlinkat, to, dir, name);
	if (r == -EEXIST) {
		n = raw6(__NR_readlinkat, dir, (long)name, (long)there, sizeof there - 1, 0, 0);
		there[n < 0 ? 0 : n] = 0;
		if (n >= 0 && text_eq(there, to))
			r = 0;
	}
	return about(r, str(m->target));
}

/*
 * A symlink in the root must not lead a mount onto /proc (CVE-2019-16884): what may be there, the
 * configuration names literally, and that was checked.
 */
static int check_target(const struct plan_mount *m, int target)
{
	const char *path = str(m->target);
	struct statfs fs;
	int r;

	if (m->flags & PM_PROC || text_starts(path, "/proc/"))
		return 0;
	r = (int)SYS(fstatfs, target, &fs);
	if (r >= 0 && fs.f_type == PROC_SUPER_MAGIC)
		r = about(-EPERM, "the target leads into a procfs");
	return r;
}

static int find_target(const struct plan_mount *m, int mount_fd)
{
	struct target want = {
		.kind = TARGET_DIR,
		.real = !!(m->flags & PM_REAL_DIR),
		.nofollow = !!(m->flags & PM_DEST_NOFOLLOW),
	};
	uint32_t mode = S_IFDIR;
	int r;

	if (mount_fd >= 0 && (r = stat_mode(mount_fd, &mode)) < 0)
		return r;
	if ((mode & S_IFMT) != S_IFDIR)
		want.kind = TARGET_FILE;
	r = make_target(str(m->target), want);
	if (r == -ELOOP && want.real)
		return about(r, "a symlink on the way to the target is refused for this file system");
	if (r >= 0) {
		int refused = check_target(m, r);

		if (refused < 0)
			close_fd(&r);
		return refused < 0 ? refused : r;
	}
	return about(r, str(m->target));
}

/* proc, devpts: later steps use this very mount instead of looking a path up. */
static void keep(const struct plan_mount *m, int fd)
{
	if (m->flags & PM_PROC) {
		close_fd(&g.proc);
		g.proc = fd;
		g.own_proc = 0;
	} else if (m->flags & PM_DEVPTS) {
		close_fd(&g.pts);
		g.pts = fd;
	} else {
		close_fd(&fd);
	}
}

int step_mount(const struct step *s)
{
	const struct plan_mount *m = blob(s->s[0], sizeof *m);
	CLEANUP_FD target = -1;
	CLEANUP_FD below = -1;
	int fd, r, done = 0;

	if (m->flags & PM_REMOUNT)
		return remount(m);
	if (m->flags & PM_COPY_SYMLINK && ((r = copy_symlink(m, &done)) < 0 || done))
		return r;
	if (!(m->flags & PM_BIND) && (target = find_target(m, -1)) < 0)
		return target;
	fd = make_mount(m);
	if (fd < 0)
		return fd;
	r = common_attrs(fd, m);
	if (r >= 0 && m->flags & PM_BIND)
		r = target = find_target(m, fd);
	if (r >= 0 && m->flags & PM_TMPCOPYUP) {
		below = open_in_root(str(m->target), 0x10000 /* O_DIRECTORY */);
		r = below < 0 ? about(below, str(m->target)) : copy_up(below, fd, m->flags);
		if (r >= 0)
			r = about(set_attrs(fd, m->attr_set & MOUNT_ATTR_RDONLY, 0, 0), str(m->target));
	}
	if (r >= 0)
		r = about(attach(fd, target), str(m->target));
	mounted_on(str(m->target));
	if (r >= 0)
		keep(m, fd);
	return r;
}
