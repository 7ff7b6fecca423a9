/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ROOT/ID/notify: the one directory of a state, bound into the sandbox, where the socket for sd_notify(3) is.
 * The sandbox's mount of it is read-only, but one that is allowed to mount may change that, and then fill the
 * directory with whatever it likes. Nothing is followed there, and removing it copes with any tree, of any of
 * its ids.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "../spec/spec.h"
#include "fd.h"
#include "notify.h"
#include "own_ids.h"
#include "state_files.h"

static int dir_error(struct state_dir *sd, int err, const char *call, const char *what, struct diags *dg)
{
	diag_errno(dg, err, call, arena_printf(dg->arena, "%s/%s/" NOTIFY_DIR, sd->root, sd->id), "%s", what);
	return -1;
}

static int open_dir(const struct state_dir *sd)
{
	return openat(sd->fd, NOTIFY_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The payload's user has to find the socket in it; on the host ROOT/ID keeps everybody out. */
int notify_dir_make(struct state_dir *sd, struct diags *dg)
{
	if (mkdirat(sd->fd, NOTIFY_DIR, 0700) < 0)
		return dir_error(sd, errno, "mkdirat", "cannot make the directory for NOTIFY_SOCKET", dg);
	if (fchmodat(sd->fd, NOTIFY_DIR, 0755, 0) < 0)
		return dir_error(sd, errno, "fchmodat", "cannot make the directory for NOTIFY_SOCKET", dg);
	return 0;
}

/* Named through the descriptor, as the gate is. The mode is the file's from the beginning. */
int notify_dir_bind(struct state_dir *sd, struct diags *dg)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	CLEANUP_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CLEANUP_FD dir = open_dir(sd);
	mode_t before;
	int r;

	if (dir < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || dir < 0)
		return dir_error(sd, errno, fd < 0 ? "socket" : "openat",
				 "cannot make the socket for NOTIFY_SOCKET", dg);
	unlinkat(dir, NOTIFY_FILE, 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/" NOTIFY_FILE, dir);
	before = umask(0);
	r = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(before);
	if (r < 0)
		return dir_error(sd, errno, "bind", "cannot make the socket for NOTIFY_SOCKET", dg);
	return fd_take(&fd);
}

static DIR *list(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		fd_close(&fd);
	return d;
}

static bool is_entry(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void end_list(DIR *d)
{
	int saved = errno;

	closedir(d);
	errno = saved;
}

/*
 * Of a directory in `dir`: removes what is no directory, and moves directories up. Each time the tree has
 * less in it or is less deep, whatever its shape, and nothing recurses.
 */
static int lift(int dir, const char *name, unsigned *n)
{
	DIR *d = list(dir, name);
	struct dirent *e;
	char as[24];
	int r = 0;

	if (!d)
		return -1;
	while (r == 0 && (e = readdir(d))) {
		if (!is_entry(e->d_name) || unlinkat(dirfd(d), e->d_name, 0) == 0)
			continue;
		do /* a name that is taken by one that is not empty: the next */
			snprintf(as, sizeof(as), "%u", (*n)++);
		while ((r = renameat(dirfd(d), e->d_name, dir, as)) < 0 &&
		       (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR));
	}
	end_list(d);
	return r;
}

/* Removes what is no directory, and empty ones; lifts what is in others. 1: look again. */
static int empty_once(int dir, unsigned *n)
{
	DIR *d = list(dir, ".");
	struct dirent *e;
	int r = 0;

	if (!d)
		return -1;
	while (r >= 0 && (e = readdir(d))) {
		if (!is_entry(e->d_name) || unlinkat(dir, e->d_name, 0) == 0 ||
		    unlinkat(dir, e->d_name, AT_REMOVEDIR) == 0)
			continue;
		if (errno != ENOTEMPTY && errno != EEXIST)
			r = -1;
		else
			r = lift(dir, e->d_name, n) < 0 ? -1 : 1;
	}
	end_list(d);
	return r;
}

/* All that is in it, or an errno. */
static int empty(const struct state_dir *sd)
{
	CLEANUP_FD dir = open_dir(sd);
	unsigned n = 0;
	int r;

	do
		r = dir < 0 ? -1 : empty_once(dir, &n);
	while (r > 0);
	return r < 0 ? errno : 0;
}

static int empty_call(void *sd)
{
	return empty(sd);
}

/*
 * Of a sandbox with several ids, files may be another's than the caller's, and their modes whatever it likes.
 * Over all of them a caller without rights has some in a user namespace of these ids.
 */
static int empty_whatever_it_takes(struct state_dir *sd, struct diags *dg)
{
	int err = empty(sd), again;
	struct diags quiet;

	if (err != EACCES && err != EPERM)
		return err;
	diags_init(&quiet, dg->arena);
	again = own_ids_call(empty_call, sd, &quiet);
	return again < 0 ? err : again;
}

int notify_dir_remove(struct state_dir *sd, struct diags *dg)
{
	int err;

	if (unlinkat(sd->fd, NOTIFY_DIR, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	err = empty_whatever_it_takes(sd, dg);
	if (err == ENOENT || (err == 0 && unlinkat(sd->fd, NOTIFY_DIR, AT_REMOVEDIR) == 0))
		return 0;
	dir_error(sd, err ? err : errno, "unlinkat", "cannot remove the directory for NOTIFY_SOCKET", dg);
	if (err == EACCES || err == EPERM)
		dg->last->hint = "the sandbox has left files of another of its ids there, and no user namespace has these "
				 "ids now (\"sbrun doctor\": id-ranges): remove them as root, then delete again";
	return -1;
}
