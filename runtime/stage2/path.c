/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths inside the root are resolved here and nowhere else: by openat2(2) against the root's
 * mount, never leaving it, never through a magic link, to a descriptor that is used from then
 * on. The root may be changed under us at any time by whoever shares it; a descriptor can't be.
 *
 * Kernels before 5.6 have no openat2: there a walker goes component by component, following
 * nothing. It refuses symlinks altogether, the safe half of what openat2 would allow.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

static const char *skip_slashes(const char *p)
{
	while (*p == '/')
		p++;
	return p;
}

/* One step of the fall-back walk: the directory `dir` is consumed. */
static int walk_into(int dir, const char *p, size_t n, uint64_t flags)
{
	char name[256];
	int fd;

	if (n >= sizeof name)
		return -ENAMETOOLONG;
	memcpy(name, p, n);
	name[n] = 0;
	if (text_eq(name, ".."))
		return -EXDEV;
	fd = (int)SYS(openat, dir, name, (flags | O_NOFOLLOW | O_CLOEXEC), 0);
	return fd;
}

static int is_symlink(int fd)
{
	struct statx st;

	return SYS(statx, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) == 0 &&
	       (st.stx_mode & S_IFMT) == S_IFLNK;
}

static int walk(int base, const char *path, uint64_t flags)
{
	CLEANUP_FD dir = (int)SYS(openat, base, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	const char *p = skip_slashes(path);

	if (dir < 0 || !*p)
		return !*p && dir >= 0 ? (int)SYS(openat, dir, ".", flags | O_CLOEXEC, 0) : dir;
	for (;;) {
		size_t n = 0;
		const char *rest;
		int fd;

		while (p[n] && p[n] != '/')
			n++;
		rest = skip_slashes(p + n);
		if (p[n] == '/' && !*rest) /* a name with a slash behind it is a directory's */
			flags |= O_DIRECTORY;
		fd = walk_into(dir, p, n, *rest ? (uint64_t)(O_PATH) : flags);
		if (fd < 0)
			return fd;
		if (is_symlink(fd) && (*rest || !(flags & O_NOFOLLOW))) {
			close_fd(&fd);
			return -ELOOP;
		}
		if (!*rest)
			return fd;
		close_fd(&dir);
		dir = fd;
		p = rest;
	}
}

/* EAGAIN means that a rename raced with a "..": try again, never another way. */
static int resolve(int dir, const char *path, uint64_t flags, uint64_t how)
{
	struct open_how h = { .flags = flags | O_CLOEXEC, .resolve = how };
	long r = 0;
	int tries;

	if (!*path)
		path = ".";
	for (tries = 0; tries < 128; tries++) {
		r = SYS(openat2, dir, path, &h, sizeof h);
		if (r != -EAGAIN)
			break;
	}
	if (r == -ENOSYS)
		r = walk(dir, path, flags);
	return (int)r;
}

int open_in_root(const char *path, uint64_t flags)
{
	return resolve(g.root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int open_real(const char *path, uint64_t flags)
{
	return resolve(g.root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
}

int open_beneath(int dir, const char *path, uint64_t flags)
{
	return resolve(dir, path, flags,
		       RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

static int open_how(const char *path, int real, uint64_t flags)
{
	return real ? open_real(path, flags) : open_in_root(path, flags);
}

/* The directory `name` in `dir`; whoever makes one there at the same time has made it for us. */
static int make_dir(int dir, const char *name)
{
	int r;

	if (text_eq(name, ".") || text_eq(name, "..")) /* of what went away just now */
		return -ENOENT;
	r = (int)SYS(mkdirat, dir, name, 0755);
	if (r < 0 && r != -EEXIST)
		return r;
	return (int)SYS(openat, dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

/* How long path[0..len) is without its last name and the slashes around that. */
static size_t parent_of(const char *path, size_t len)
{
	while (len && path[len - 1] == '/')
		len--;
	while (len && path[len - 1] != '/')
		len--;
	while (len && path[len - 1] == '/')
		len--;
	return len;
}

/*
 * Make the missing directories of path[0..len) and return the last one. The longest prefix that is there
 * is looked for from the end, since mostly it is the whole. Each is resolved anew from the root, so that
 * symlinks and ".." mean what they mean to the kernel.
 */
static int make_dirs(const char *path, size_t len, int real)
{
	char prefix[4096];
	size_t there = len, at;
	int dir;

	if (len >= sizeof prefix)
		return -ENAMETOOLONG;
	memcpy(prefix, path, len);
	prefix[there] = 0;
	while ((dir = open_how(there ? prefix : "/", real, O_PATH | O_DIRECTORY)) == -ENOENT && there) {
		there = parent_of(path, there);
		prefix[there] = 0;
	}
	for (at = there; dir >= 0 && at < len;) {
		size_t name, end;
		int next = -ENOENT;

		for (name = at; name < len && path[name] == '/'; name++)
			;
		for (end = name; end < len && path[end] != '/'; end++)
			;
		if (end == name)
			break;
		memcpy(prefix, path, end);
		prefix[end] = 0;
		/* the first is known to be missing; what comes then may be a ".." to what is there */
		if (at != there)
			next = open_how(prefix, real, O_PATH | O_DIRECTORY);
		if (next == -ENOENT)
			next = make_dir(dir, prefix + name);
		close_fd(&dir);
		dir = next;
		at = end;
	}
	return dir;
}

/* The length of the path up to its last name, and that name without trailing slashes. */
static size_t split_last(const char *path, char *name, size_t size)
{
	size_t end = text_len(path), start;

	while (end && path[end - 1] == '/')
		end--;
	for (start = end; start && path[start - 1] != '/'; start--)
		;
	if (end - start >= size)
		end = start;
	memcpy(name, path + start, end - start);
	name[end - start] = 0;
	return start;
}

static char last[256];

int open_parent(const char *path, int real, const char **name)
{
	size_t len = split_last(path, last, sizeof last);

	if (!last[0] || text_eq(last, ".") || text_eq(last, ".."))
		return -EINVAL;
	*name = last;
	return make_dirs(path, len, real);
}

/*
 * The directory that something was last made in: the next mount or device is often its neighbour, and then
 * nothing has been mounted since that its path leads through. All zero: there is none.
 */
static struct {
	int there, fd, real;
	size_t len;
	char path[256];
} held;

void let_parent_go(void)
{
	if (held.there)
		close_fd(&held.fd);
	held.there = 0;
}

static int holds(const char *path, size_t len, int real)
{
	return held.there && held.real == real && held.len == len && !memcmp(held.path, path, len);
}

void mounted_on(const char *path)
{
	char name[256];

	if (!holds(path, split_last(path, name, sizeof name), held.real))
		let_parent_go();
}

int borrow_parent(const char *path, int real, const char **name)
{
	size_t len = text_len(path);
	int fd;

	if (holds(path, split_last(path, last, sizeof last), real)) {
		*name = last;
		return last[0] && !text_eq(last, ".") && !text_eq(last, "..") ? held.fd : -EINVAL;
	}
	fd = open_parent(path, real, name);
	if (fd < 0)
		return fd;
	let_parent_go();
	held.there = 1;
	held.fd = fd;
	held.real = real;
	held.len = len < sizeof held.path ? split_last(path, last, sizeof last) : ~(size_t)0; /* no path's */
	if (len < sizeof held.path)
		memcpy(held.path, path, held.len);
	return fd;
}

/* A directory that is or comes in the one that is held. Any other outcome is found by the whole path. */
static int neighbour(const char *path, struct target want, uint64_t flags)
{
	char name[256];
	size_t len = split_last(path, name, sizeof name);
	int fd;

	if (want.kind != TARGET_DIR || !holds(path, len, want.real) || !name[0] || text_eq(name, ".."))
		return -ENOENT;
	fd = resolve(held.fd, name, flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
	return fd == -ENOENT ? make_dir(held.fd, name) : fd;
}

static int make_file(const char *path, int real)
{
	const char *name;
	CLEANUP_FD dir = open_parent(path, real, &name);
	int fd;

	if (dir < 0)
		return dir;
	fd = (int)SYS(openat, dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return fd;
	close_fd(&fd);
	return (int)SYS(openat, dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
}

int make_target(const char *path, struct target want)
{
	uint64_t flags =
		O_PATH | (want.kind == TARGET_DIR ? O_DIRECTORY : 0) | (want.nofollow ? O_NOFOLLOW : 0);
	const char *name;
	int fd = neighbour(path, want, flags), dir;

	if (fd < 0)
		fd = open_how(path, want.real, flags);
	if (fd != -ENOENT)
		return fd;
	if (want.kind == TARGET_FILE)
		return make_file(path, want.real);
	dir = borrow_parent(path, want.real, &name);
	if (dir == -EINVAL) /* its last name is ".." */
		return make_dirs(path, text_len(path), want.real);
	return dir < 0 ? dir : make_dir(dir, name);
}
