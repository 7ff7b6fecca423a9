/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device nodes and the usual links of /dev. Nodes are made on a directory that was reached
 * without a symlink, and one that was there is looked at before it counts; in a user namespace, where
 * mknod(2) is not allowed, the host's node is bound instead.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

static uint64_t make_dev(uint32_t major, uint32_t minor)
{
	return ((uint64_t)(major & 0xfffu) << 8) | (minor & 0xffu) | ((uint64_t)(minor & ~0xffu) << 12) |
	       ((uint64_t)(major & ~0xfffu) << 32);
}

/* Whether name in dir is the node of s: its type and number. 1, 0, or -errno. */
static int is_node(int dir, const char *name, const struct step *s)
{
	struct statx st;
	int r = (int)SYS(statx, dir, name, AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH), STATX_TYPE,
			 &st);

	if (r < 0)
		return r;
	if ((st.stx_mode & S_IFMT) != (s->n[0] & S_IFMT))
		return 0;
	return (s->n[0] & S_IFMT) == S_IFIFO ||
	       (st.stx_rdev_major == s->n[1] >> 32 && st.stx_rdev_minor == (uint32_t)s->n[1]);
}

/*
 * What was there is looked at before it counts, and what gets the owner is what was looked at: by then the
 * name may be another file's.
 */
static int make_node(int dir, const char *name, const struct step *s)
{
	int r = (int)SYS(mknodat, dir, name, s->n[0], make_dev((uint32_t)(s->n[1] >> 32), (uint32_t)s->n[1]));
	CLEANUP_FD node = -1;

	if ((r < 0 && r != -EEXIST) || (r >= 0 && !s->n[2]))
		return r;
	r = node = (int)SYS(openat, dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (r >= 0 && (r = is_node(node, "", s)) == 0)
		r = -EEXIST;
	if (r >= 0 && s->n[2])
		r = (int)SYS(fchownat, node, "", s->n[2] >> 32, (uint32_t)s->n[2], AT_EMPTY_PATH);
	return r < 0 ? r : 0;
}

static int bind_node(int dir, const char *name, const struct step *s)
{
	CLEANUP_FD tree = clone_tree(AT_FDCWD, str(s->s[0]), 0, 1);
	CLEANUP_FD target = -1;
	int fd, r;

	if (tree < 0)
		return tree;
	if ((r = is_node(tree, "", s)) != 1)
		return r < 0 ? r : -ENODEV;
	fd = (int)SYS(openat, dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0 && fd != -EEXIST)
		return fd;
	close_fd(&fd);
	target = (int)SYS(openat, dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	return target < 0 ? target : attach(tree, target);
}

int step_device(const struct step *s)
{
	const char *path = str(s->s[0]), *name;
	int dir = borrow_parent(path, 1, &name), r;

	if (dir < 0)
		return about(dir, path);
	if (s->n[3] == 1)
		return about(bind_node(dir, name, s), path);
	r = make_node(dir, name, s);
	if (r == -EPERM)
		r = bind_node(dir, name, s);
	return about(r, path);
}

static const struct {
	const char *name, *to;
} links[] = {
	{ "fd", "/proc/self/fd" },       { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" }, { "ptmx", "pts/ptmx" },
};

/* What the root brought itself stays as it is. */
int step_dev_links(const struct step *s)
{
	CLEANUP_FD dev = make_target("/dev", (struct target){ .kind = TARGET_DIR, .real = 1 });
	size_t i;

	(void)s;
	if (dev < 0)
		return about(dev, "/dev");
	for (i = 0; i < sizeof links / sizeof *links; i++) {
		int r = (int)SYS(symlinkat, links[i].to, dev, links[i].name);

		if (r < 0 && r != -EEXIST)
			return about(r, links[i].name);
	}
	return 0;
}
