/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state store's directories: made, opened, locked, listed and removed.
 *
 * Two things order everyone who works on one ID:
 *   mkdirat(ROOT/ID)   decides which of several creators goes on;
 *   flock(ROOT/ID)     is held by the creator and the deleter while they work.
 * A deleter may take the lock in the moment between a creator's mkdir and its flock. It then
 * removes an empty directory, and the creator, once it has the lock, sees that the name no
 * longer leads to what it made (state_gone) and begins again. Or it has opened the directory
 * that another creator made after that; then the one of the two that gets the lock second
 * finds it in use. Readers take no lock: each file is replaced as a whole, and a file or
 * directory that has just gone is read as gone.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "cgroup_make.h"
#include "fd.h"
#include "progress.h"
#include "notify.h"
#include "rdt.h"
#include "state_files.h"

/* Said, not left to the close: a child made meanwhile may have the same open file until its exec. */
void state_unlock(struct state_dir *sd)
{
	if (sd->locked)
		flock(sd->fd, LOCK_UN);
	sd->locked = false;
}

void state_close(struct state_dir *sd)
{
	state_unlock(sd);
	fd_close(&sd->fd);
	fd_close(&sd->root_fd);
}

void state_missing(struct state_dir *sd, struct diags *dg)
{
	sd->missing = true;
	diag_error(dg, "container \"%s\" does not exist", sd->id);
}

/* ------------------------------------------------------------------------------------ the ID */

static bool id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '+' || c == '-';
}

bool state_id_valid(const char *id)
{
	size_t n = strlen(id);

	if (n == 0 || n > 255 || !id_char(id[0]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!id_char(id[i]) && id[i] != '.')
			return false;
	return true;
}

int state_check_id(const char *id, struct diags *dg)
{
	if (state_id_valid(id))
		return 0;
	diag_error(dg, "\"%s\" is no container ID", id)->hint =
		"an ID is up to 255 letters, digits and any of _ + - . and does not begin with a dot";
	return -1;
}

/* ------------------------------------------------------------------------------ the directories */

#define ANOTHER_ROOT "give another one with --root, or as an ordinary user by XDG_RUNTIME_DIR"

/* su without "-" leaves XDG_RUNTIME_DIR as it was: the directory of who called it. */
static void cant_use(int err, const char *call, const char *path, const char *what, struct diags *dg)
{
	struct diag *d = diag_errno(dg, err, call, path, "%s", what);

	if (err == EACCES || err == EPERM)
		d->hint = ANOTHER_ROOT;
}

/*
 * Another user who may write here could put links and files of their own in our way. The
 * directory is looked at after it is open, so there is nothing to swap.
 */
static int check_dir(int fd, const char *path, struct diags *dg)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		diag_errno(dg, errno, "fstat", path, "cannot look at the state directory");
		return -1;
	}
	if (st.st_uid != geteuid()) {
		diag_error(dg, "the state directory \"%s\" belongs to uid %u, not to uid %u", path, st.st_uid,
			   geteuid())
			->hint = ANOTHER_ROOT;
		return -1;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		diag_error(dg, "others may write to the state directory \"%s\" (mode %04o)", path,
			   st.st_mode & 07777)
			->hint = "chmod go-w it, or " ANOTHER_ROOT;
		return -1;
	}
	return 0;
}

/*
 * Below ROOT nothing is a mount. One that somebody has put there leads to a directory of theirs, where delete
 * would unlink what has one of our names. Before openat2 (Linux 5.6) that can't be told.
 */
static int open_on_same_mount(int at, const char *name, int flags)
{
	struct open_how how = { .flags = (uint64_t)flags, .resolve = RESOLVE_NO_XDEV };
	int fd = (int)syscall(SYS_openat2, at, name, &how, sizeof how);

	return fd < 0 && (errno == ENOSYS || errno == EPERM) ? openat(at, name, flags) : fd;
}

int state_open_dir(int at, const char *name, int flags, const char *path, struct diags *dg)
{
	CLEANUP_FD fd = -1;

	flags |= O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	fd = at == AT_FDCWD ? openat(at, name, flags) : open_on_same_mount(at, name, flags);
	if (fd < 0) {
		if (errno == ENOENT)
			return -ENOENT;
		if (errno == ENOTDIR || errno == ELOOP)
			diag_error(dg, "the state directory \"%s\" is a link or no directory", path);
		else if (errno == EXDEV)
			diag_error(dg, "something is mounted on the state directory \"%s\"", path)->hint =
				"sbrun mounts nothing there: umount it";
		else
			cant_use(errno, "openat", path, "cannot open the state directory", dg);
		return -1;
	}
	if (check_dir(fd, path, dg) < 0)
		return -1;
	return fd_take(&fd);
}

/* Without trailing slashes: "ROOT/" would follow a link ROOT in spite of O_NOFOLLOW. */
static char *root_path(struct arena *a, const char *root)
{
	size_t n = strlen(root);

	while (n > 1 && root[n - 1] == '/')
		n--;
	return arena_strndup(a, root, n);
}

/* mkdir -p, 0700 for the last, 0755 for its parents. An existing one is left as it is. */
static int make_dirs(char *path, struct diags *dg)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	for (char *p = strchr(path + 1, '/'); errno == ENOENT && p; p = strchr(p + 1, '/')) {
		int r;

		*p = '\0';
		r = mkdir(path, 0755);
		*p = '/';
		errno = r < 0 && errno != EEXIST ? errno : ENOENT;
	}
	if (errno == ENOENT && (mkdir(path, 0700) == 0 || errno == EEXIST))
		return 0;
	cant_use(errno, "mkdir", path, "cannot make the state directory", dg);
	return -1;
}

/* 0 and sd->root_fd, -ENOENT when it doesn't exist and isn't to be made, or -1 with an error. */
static int open_root(struct state_dir *sd, struct arena *a, const char *root, bool make, struct diags *dg)
{
	char *path = root_path(a, root);
	int fd;

	sd->root = path;
	fd = state_open_dir(AT_FDCWD, path, O_PATH, path, dg);
	if (fd == -ENOENT && make)
		fd = make_dirs(path, dg) < 0 ? -1 : state_open_dir(AT_FDCWD, path, O_PATH, path, dg);
	if (fd < 0)
		return fd;
	sd->root_fd = fd;
	return 0;
}

bool state_gone(const struct state_dir *sd)
{
	struct stat now, ours;

	/* what can't be looked at is not gone: the next who wants something of it fails, and says so */
	if (fstat(sd->fd, &ours) < 0)
		return false;
	if (fstatat(sd->root_fd, sd->id, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	return now.st_ino != ours.st_ino || now.st_dev != ours.st_dev;
}

/* --------------------------------------------------------------------- reserve, open and lock */

/* Whether there is more than "." and "..", or -1. */
static int has_files(int dir)
{
	_Alignas(struct dirent64) char buf[1024];
	ssize_t n;

	while ((n = getdents64(dir, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0; at < n; at += ((struct dirent64 *)(buf + at))->d_reclen) {
			const char *name = ((struct dirent64 *)(buf + at))->d_name;

			if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
				return 1;
		}
	return n < 0 ? -1 : 0;
}

static int exists(const struct state_dir *sd, struct diags *dg)
{
	diag_error(dg, "container \"%s\" already exists", sd->id)->hint =
		"choose another ID, or remove it with \"sbrun delete\"";
	return -1;
}

/* 1: the directory was deleted under us, try again. */
static int reserve_once(struct state_dir *sd, const char *path, struct diags *dg)
{
	int used;

	if (mkdirat(sd->root_fd, sd->id, 0700) < 0) {
		if (errno == EEXIST)
			return exists(sd, dg);
		diag_errno(dg, errno, "mkdirat", path, "cannot make the container's state directory");
		return -1;
	}
	sd->fd = openat(sd->root_fd, sd->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sd->fd < 0 && errno == ENOENT)
		return 1;
	if (sd->fd < 0) {
		diag_errno(dg, errno, "openat", path, "cannot open the container's state directory");
		unlinkat(sd->root_fd, sd->id, AT_REMOVEDIR);
		return -1;
	}
	/* Whoever holds it now is a deleter that found the directory empty: not for long. */
	while (flock(sd->fd, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		diag_errno(dg, errno, "flock", path, "cannot lock the container's state directory");
		unlinkat(sd->root_fd, sd->id, AT_REMOVEDIR);
		return -1;
	}
	if (state_gone(sd)) {
		fd_close(&sd->fd);
		return 1;
	}
	used = has_files(sd->fd);
	if (used > 0)
		return exists(sd, dg);
	if (used < 0) {
		diag_errno(dg, errno, "getdents", path, "cannot read the container's state directory");
		unlinkat(sd->root_fd, sd->id, AT_REMOVEDIR);
		return -1;
	}
	sd->locked = true;
	return 0;
}

int state_reserve(struct state_dir *sd, struct arena *a, const char *root, const char *id, struct diags *dg)
{
	const char *path;
	int r;

	*sd = (struct state_dir)STATE_DIR_NONE;
	if (state_check_id(id, dg) < 0)
		return -1;
	sd->id = arena_strdup(a, id);
	r = open_root(sd, a, root, true, dg);
	if (r < 0) {
		if (r == -ENOENT)
			diag_error(dg, "the state directory \"%s\" went away", sd->root);
		return -1;
	}
	path = arena_printf(a, "%s/%s", sd->root, sd->id);
	do {
		r = reserve_once(sd, path, dg);
	} while (r > 0);
	if (r < 0)
		state_close(sd);
	return r;
}

int state_open(struct state_dir *sd, struct arena *a, const char *root, const char *id, struct diags *dg)
{
	int r;

	*sd = (struct state_dir)STATE_DIR_NONE;
	if (state_check_id(id, dg) < 0)
		return -1;
	sd->id = arena_strdup(a, id);
	r = open_root(sd, a, root, false, dg);
	if (r == 0) {
		r = state_open_dir(sd->root_fd, id, O_RDONLY, arena_printf(a, "%s/%s", sd->root, id), dg);
		sd->fd = r < 0 ? -1 : r;
	}
	if (r >= 0)
		return 0;
	if (r == -ENOENT)
		state_missing(sd, dg);
	state_close(sd);
	return -1;
}

int state_lock(struct state_dir *sd, int timeout_ms, struct diags *dg)
{
	static const struct timespec nap = { .tv_nsec = 2000000 };

	if (sd->locked)
		return 0;
	while (flock(sd->fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			diag_errno(dg, errno, "flock", sd->id, "cannot lock the container's state directory");
			return -1;
		}
		if (timeout_ms <= 0) {
			diag_error(dg, "container \"%s\" is being worked on by another sbrun", sd->id)->hint =
				"wait for that create, start or delete to end";
			return -1;
		}
		progress_note("another sbrun works on it");
		nanosleep(&nap, NULL);
		timeout_ms -= 2;
	}
	if (state_gone(sd)) {
		flock(sd->fd, LOCK_UN);
		state_missing(sd, dg);
		return -1;
	}
	sd->locked = true;
	return 0;
}

/* Beside the IDs, none of which begins with a dot. */
int state_cache_dir(struct arena *a, const char *root, const char *name, bool make, struct diags *dg)
{
	struct state_dir sd = STATE_DIR_NONE;
	const char *path;
	int r = open_root(&sd, a, root, make, dg);

	if (r < 0)
		return r;
	path = arena_printf(a, "%s/%s", sd.root, name);
	r = state_open_dir(sd.root_fd, name, O_RDONLY, path, dg);
	if (r == -ENOENT && make) {
		if (mkdirat(sd.root_fd, name, 0700) < 0 && errno != EEXIST)
			diag_errno(dg, errno, "mkdirat", path, "cannot make the directory");
		else
			r = state_open_dir(sd.root_fd, name, O_RDONLY, path, dg);
	}
	state_close(&sd);
	return r;
}

/* ------------------------------------------------------------------------------ remove and list */

int state_remove(struct state_dir *sd, const struct state *st, struct diags *dg)
{
	/* state.json goes last: as long as it's there, a second attempt knows all that this one knew. */
	static const char *const names[] = { GATE_FILE,      CONFIG_FILE,    RESOURCES_NEW,
					     RESOURCES_FILE, END_FILE, HELD_FILE,
					     STATE_FILE_NEW, STATE_FILE };
	const char *path = arena_printf(dg->arena, "%s/%s", sd->root, sd->id);

	if (state_gone(sd))
		return 0;
	if (uppers_release(sd, st, dg) < 0)
		return -1;
	if (cgroup_remove(&st->cgroup, dg) < 0)
		return -1;
	rdt_remove(&st->rdt);
	if (notify_dir_remove(sd, dg) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (unlinkat(sd->fd, names[i], 0) < 0 && errno != ENOENT) {
			diag_errno(dg, errno, "unlinkat", arena_printf(dg->arena, "%s/%s", path, names[i]),
				   "cannot remove a state file of container \"%s\"", sd->id);
			return -1;
		}
	if (unlinkat(sd->root_fd, sd->id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST)
		diag_error(dg, "there are files in \"%s\" that sbrun did not make; they were left alone",
			   path)
			->hint = "remove them, then delete again";
	else
		diag_errno(dg, errno, "unlinkat", path, "cannot remove the container's state directory");
	return -1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Some file systems don't tell the type with the name. */
static bool is_dir(DIR *dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int read_ids(struct arena *a, DIR *dir, struct str_list *ids)
{
	size_t cap = 0;
	struct dirent *e;

	while ((errno = 0, e = readdir(dir))) {
		if (!state_id_valid(e->d_name) || !is_dir(dir, e))
			continue;
		ids->v = arena_grow(a, ids->v, &cap, ids->n + 2, sizeof(*ids->v));
		ids->v[ids->n++] = arena_strdup(a, e->d_name);
		ids->v[ids->n] = NULL;
	}
	return errno;
}

int state_list(struct arena *a, const char *root, struct str_list *ids, struct diags *dg)
{
	char *path = root_path(a, root);
	int fd = state_open_dir(AT_FDCWD, path, O_RDONLY, path, dg), err;
	DIR *dir;

	*ids = (struct str_list){ 0 };
	if (fd < 0)
		return fd == -ENOENT ? 0 : -1;
	dir = fdopendir(fd);
	err = dir ? read_ids(a, dir, ids) : errno;
	if (dir)
		closedir(dir);
	else
		fd_close(&fd);
	if (err) {
		diag_errno(dg, err, "readdir", path, "cannot read the state directory");
		return -1;
	}
	if (ids->n)
		qsort(ids->v, ids->n, sizeof(*ids->v), by_name);
	return 0;
}
