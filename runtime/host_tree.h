/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sandbox over the machine's own root is made of. Overlayfs takes a layer from one mount only,
 * and the kernel refuses one with mounts below where they are locked, as in every mount namespace that
 * an ordinary user makes (or the layer would show what they cover). What is of other owners such a user's
 * overlay can't copy up either, since their ids aren't mapped. So there are two ways:
 *
 *   whole  one overlay over "/", and one for each other file system that is mounted on it
 *   else   a new root with the entries of "/": what the caller can't write to is bound read-only; the
 *          directories that they can write to are overlays, and so are some below: the working directory,
 *          the home, /var/tmp
 *
 * The kernel's own file systems, /dev and /run are left out: the sandbox gets fresh ones.
 */
#ifndef SBRUN_RUNTIME_HOST_TREE_H
#define SBRUN_RUNTIME_HOST_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct diags;

enum host_item_kind {
	HOST_OVERLAY, /* can be a layer: writes go to an upper */
	HOST_BIND,    /* read-only, with what is mounted below */
	HOST_LINK,    /* a symlink, made again */
	HOST_EMPTY,   /* a directory that can't be a layer and must be writable: an empty one, in memory */
};
struct host_item {
	enum host_item_kind kind;
	const char *path; /* absolute; the same outside and inside */
};
struct host_tree {
	bool whole; /* "/" itself is one layer, and not among the items */
	struct host_item *v;
	size_t n, cap;
};

/* Whether path is dir or somewhere in it, by their names. */
bool host_path_in(const char *path, const char *dir);
/*
 * The directory that the path is in, and that is an empty one of the sandbox's own: "/run" ... NULL: what the machine
 * has there is there, or what the kernel has everywhere.
 */
const char *host_tree_own(const struct host_tree *t, const char *path);

/*
 * Look at this machine: mountinfo and the entries of "/". whole: the mounts aren't locked. read_only:
 * nothing is to be an overlay. cwd may be NULL.
 */
int host_tree_read(struct arena *a, bool whole, bool read_only, const char *cwd, struct host_tree *out,
		   struct diags *dg);

#endif
