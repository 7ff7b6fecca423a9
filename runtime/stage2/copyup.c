/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpcopyup: what the root has at the target is copied into the new tmpfs. The tree is hostile:
 * nothing is followed, only directories, regular files and symlinks are copied, depth is bounded.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

enum { MAX_DEPTH = 32 };

struct k_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* own: PM_OWN_*, what it has of its own and keeps */
static int same_owner_but(int to, const struct statx *st, uint32_t own)
{
	int r = own & PM_OWN_OWNER ? 0 : (int)SYS(fchown, to, st->stx_uid, st->stx_gid);

	if (r == -EINVAL || r == -EPERM) /* not mapped here: ours */
		r = 0;
	return r < 0 || own & PM_OWN_MODE ? r : (int)SYS(fchmod, to, st->stx_mode & 07777);
}

static int same_owner(int to, const struct statx *st)
{
	return same_owner_but(to, st, 0);
}

/* Who shares the root may have put something else in its place since it was looked at. */
static int is_same(int fd, const struct statx *seen)
{
	struct statx st;

	return SYS(statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) == 0 &&
	       st.stx_mode == seen->stx_mode && st.stx_ino == seen->stx_ino &&
	       st.stx_dev_major == seen->stx_dev_major && st.stx_dev_minor == seen->stx_dev_minor;
}

static int copy_file(int from, int to, const char *name, const struct statx *st)
{
	CLEANUP_FD in = (int)SYS(openat, from, name, O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	CLEANUP_FD out = -1;
	long n = in;

	if (in >= 0 && !is_same(in, st))
		return -ESTALE;
	if (in >= 0)
		n = out = (int)SYS(openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				   0600);
	while (out >= 0 && (n = SYS(sendfile, out, in, NULL, 1 << 20)) > 0)
		;
	return n < 0 ? (int)n : same_owner(out, st);
}

static int copy_link(int from, int to, const char *name)
{
	char target[4096];
	long n = SYS(readlinkat, from, name, target, sizeof target - 1);

	if (n < 0)
		return (int)n;
	target[n] = 0;
	return (int)SYS(symlinkat, target, to, name);
}

static int copy_dir(int from, int to, int depth);

static int copy_sub(int from, int to, const char *name, const struct statx *st, int depth)
{
	CLEANUP_FD in = (int)SYS(openat, from, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	CLEANUP_FD out = -1;
	int r = in < 0 ? in : (int)SYS(mkdirat, to, name, 0700);

	if (r >= 0)
		r = out = (int)SYS(openat, to, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (r >= 0)
		r = copy_dir(in, out, depth + 1);
	return r < 0 ? r : same_owner(out, st);
}

static int copy_entry(int from, int to, const char *name, int depth)
{
	struct statx st;
	int r = (int)SYS(statx, from, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st);

	if (r < 0)
		return r;
	switch (st.stx_mode & S_IFMT) {
	case S_IFREG: return copy_file(from, to, name, &st);
	case S_IFLNK: return copy_link(from, to, name);
	case S_IFDIR: return depth < MAX_DEPTH ? copy_sub(from, to, name, &st, depth) : -ELOOP;
	default: return 0; /* sockets, devices, fifos stay behind */
	}
}

static int copy_dir(int from, int to, int depth)
{
	char buf[2048] __attribute__((aligned(8)));
	long n, at;
	int r;

	while ((n = SYS(getdents64, from, buf, sizeof buf)) > 0) {
		for (at = 0; at < n; at += ((struct k_dirent *)(buf + at))->len) {
			const char *name = ((struct k_dirent *)(buf + at))->name;

			if (text_eq(name, ".") || text_eq(name, ".."))
				continue;
			r = copy_entry(from, to, name, depth);
			if (r < 0)
				return about(r, name);
		}
	}
	return (int)n;
}

int copy_up(int from, int to, uint32_t own)
{
	struct statx st;
	CLEANUP_FD dir = (int)SYS(openat, to, ".", O_DIRECTORY | O_CLOEXEC, 0); /* a mount's is O_PATH */
	int r = dir < 0 ? dir : (int)SYS(statx, from, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);

	if (r >= 0)
		r = same_owner_but(dir, &st, own);
	return r < 0 ? r : copy_dir(from, dir, 0);
}
