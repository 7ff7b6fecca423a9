/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X1: the walk that stage-2 takes on kernels without openat2(2), compared with that call on random trees
 * full of links, and while names are exchanged. It may refuse more, and must never end elsewhere.
 * L1: what a file of procfs is covered by is not taken for it.
 */
#include <sys/stat.h>

#include "../../runtime/stage2/path.c"

#include <linux/fs.h>
#include <linux/magic.h>
#include <stdlib.h>

#include "tap.h"

/* What path.c takes from the rest of stage-2. */
struct regs g = { .root = -1 };

long note_call(long nr, long ret)
{
	g.call = (uint32_t)nr;
	return ret;
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		raw6(__NR_close, *fd, 0, 0, 0, 0, 0);
	*fd = -1;
}

size_t text_len(const char *s)
{
	return strlen(s);
}

int text_eq(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* ---- a tree: outside/ beside root/, with the same names in both */

enum { NAMES = 6, PATHS = 20000, RACES = 20000 };
static const char *const names[NAMES] = { "a", "b", "c", "d", "lnk", "f" };

static const char *const targets[] = {
	"a",   "../a",  "../../../outside", "/outside/a", "/a/b", ".", "..",
	"lnk", "b/lnk", "/proc/self/root",  "../b/../c",  "",
};

static int open_dir(int at, const char *name)
{
	return (int)SYS(openat, at, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

static void fill(int dir, int depth)
{
	for (int i = 0; i < NAMES; i++) {
		const char *target = targets[rand() % (int)(sizeof targets / sizeof *targets)];
		int kind = rand() % 4, fd;

		if (kind == 0 && *target) {
			SYS(symlinkat, target, dir, names[i]);
		} else if (kind == 1 || depth == 3) {
			fd = (int)SYS(openat, dir, names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
			close_fd(&fd);
		} else {
			SYS(mkdirat, dir, names[i], 0755);
			fd = open_dir(dir, names[i]);
			if (fd >= 0)
				fill(fd, depth + 1);
			close_fd(&fd);
		}
	}
}

static void remove_tree(int at, const char *name)
{
	int fd = (int)SYS(openat, at, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC, 0);

	for (int i = 0; fd >= 0 && i < NAMES; i++)
		remove_tree(fd, names[i]);
	close_fd(&fd);
	if (SYS(unlinkat, at, name, 0) < 0)
		SYS(unlinkat, at, name, AT_REMOVEDIR);
}

static void random_path(char *path, size_t size)
{
	int parts = 1 + rand() % 5;

	path[0] = 0;
	for (int i = 0; i < parts; i++) {
		int r = rand() % 12;
		const char *part = r < NAMES ? names[r]
				   : r == 6  ? ".."
				   : r == 7  ? "."
				   : r == 8  ? ""
					     : names[r % NAMES];

		if (i || rand() % 2)
			strncat(path, "/", size - strlen(path) - 1);
		strncat(path, part, size - strlen(path) - 1);
	}
}

struct id {
	uint64_t ino, dev;
};

static struct id id_of(int fd)
{
	struct statx st;

	if (SYS(statx, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_INO, &st) < 0)
		return (struct id){ 0, 0 };
	return (struct id){ st.stx_ino, (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor };
}

static bool same_id(struct id a, struct id b)
{
	return a.ino == b.ino && a.dev == b.dev;
}

static bool has_dots(const char *path)
{
	return strstr(path, "..") != NULL;
}

static int by_openat2(int root, const char *path, uint64_t flags, uint64_t more)
{
	struct open_how h = { .flags = flags | O_CLOEXEC,
			      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | more };

	return (int)SYS(openat2, root, *path ? path : ".", &h, sizeof h);
}

/* 0: as it should be; 1: elsewhere; 2: refused though there is neither link nor "..". */
static int compare(int root, const char *path, uint64_t flags)
{
	int theirs = by_openat2(root, path, flags, 0);
	int plain = by_openat2(root, path, flags, RESOLVE_NO_SYMLINKS);
	int ours = walk(root, path, flags);
	int verdict = 0;

	if (ours >= 0 && (theirs < 0 || !same_id(id_of(ours), id_of(theirs))))
		verdict = 1;
	else if (ours < 0 && plain >= 0 && !has_dots(path))
		verdict = 2;
	close_fd(&theirs);
	close_fd(&plain);
	close_fd(&ours);
	return verdict;
}

static void compare_trees(int base)
{
	static const uint64_t flags[] = { O_PATH, O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY };
	int found[3] = { 0 };
	char path[256];

	for (int tree = 0; tree < 20; tree++) {
		int root;

		SYS(mkdirat, base, "a", 0755);
		root = open_dir(base, "a");
		fill(root, 0);
		for (int i = 0; i < PATHS / 20; i++) {
			int verdict;

			random_path(path, sizeof path);
			verdict = compare(root, path, flags[rand() % 3]);
			if (verdict && found[verdict]++ < 5)
				printf("# %s: \"%s\"\n", verdict == 1 ? "elsewhere" : "refused", path);
		}
		close_fd(&root);
		remove_tree(base, "a");
	}
	ok(found[1] == 0, "X1: the walk never ends elsewhere than openat2");
	ok(found[2] == 0, "X1: nor does it refuse what has no link in it");
}

/* ---- while a directory is exchanged for a link out of the root */

static long exchange_for_ever(int root)
{
	long pid = raw6(__NR_clone, 17 /* SIGCHLD */, 0, 0, 0, 0, 0);

	while (pid == 0)
		SYS(renameat2, root, "a", root, "lnk", RENAME_EXCHANGE);
	return pid;
}

static void race(int base)
{
	int root, out, dir, fd, elsewhere = 0, arrived = 0;
	struct id precious;
	long pid;

	SYS(mkdirat, base, "a", 0755);
	SYS(mkdirat, base, "b", 0755);
	root = open_dir(base, "a");
	out = open_dir(base, "b");
	SYS(mkdirat, root, "a", 0755);
	SYS(symlinkat, "../b", root, "lnk");
	dir = open_dir(root, "a");
	fd = (int)SYS(openat, dir, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	close_fd(&fd);
	fd = (int)SYS(openat, out, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	precious = id_of(fd);
	close_fd(&fd);
	pid = exchange_for_ever(root);
	for (int i = 0; i < RACES; i++) {
		fd = i % 2 ? walk(root, "a/f", O_PATH)
			   : resolve(root, "/a/f", O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		arrived += fd >= 0;
		elsewhere += fd >= 0 && same_id(id_of(fd), precious);
		close_fd(&fd);
	}
	raw6(__NR_kill, pid, 9, 0, 0, 0, 0);
	raw6(__NR_wait4, pid, 0, 0, 0, 0, 0);
	ok(elsewhere == 0, "X1: neither leaves the root while names are exchanged");
	ok(arrived > 0, "X1: and both arrive");
	close_fd(&dir);
	close_fd(&out);
	close_fd(&root);
	remove_tree(base, "a");
	remove_tree(base, "b");
}

/* ---- a procfs in which a file is covered by another of its own */

static void covered_file(void)
{
	char own[64], path[80], covered[96], cover[80];
	int proc, fd;

	/* CLONE_NEWUSER | CLONE_NEWNS */
	if (SYS(unshare, 0x10020000) < 0) {
		printf("ok %d - L1 # SKIP no user namespaces here\n", ++tap_count);
		return;
	}
	proc = open_dir(AT_FDCWD, "/proc");
	snprintf(own, sizeof own, "%ld", raw6(__NR_getpid, 0, 0, 0, 0, 0, 0));
	snprintf(path, sizeof path, "%s/oom_score_adj", own);
	snprintf(covered, sizeof covered, "/proc/%s", path);
	snprintf(cover, sizeof cover, "/proc/%s/comm", own);
	fd = open_beneath(proc, path, O_WRONLY);
	ok(fd >= 0, "L1: a file of procfs is opened");
	close_fd(&fd);
	ok(open_beneath(proc, "self/oom_score_adj", O_WRONLY) == -ELOOP, "L1: not through a link");
	ok(SYS(mount, cover, covered, NULL, 4096 /* MS_BIND */, NULL) == 0,
	   "L1: it is covered by another one");
	ok(open_beneath(proc, path, O_WRONLY) == -EXDEV, "L1: that is not taken for it");
	close_fd(&proc);
}

int main(void)
{
	char dir[] = "/tmp/sbrun-walk.XXXXXX";
	int base;

	srand(20241);
	if (!mkdtemp(dir) || (base = open_dir(AT_FDCWD, dir)) < 0)
		return 1;
	if (by_openat2(base, ".", O_PATH, 0) < 0)
		printf("ok %d - X1 # SKIP there is no openat2 to compare with\n", ++tap_count);
	else {
		compare_trees(base);
		race(base);
	}
	close_fd(&base);
	SYS(unlinkat, AT_FDCWD, dir, AT_REMOVEDIR);
	covered_file();
	return tap_end();
}
