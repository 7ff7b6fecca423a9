/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an overlay's upper layer says was changed, told by its marks as the kernel leaves them
 * (Documentation/filesystems/overlayfs.rst): a whiteout is a character device 0:0, or in a directory whose
 * attribute overlay.opaque is "x" an empty file with the attribute overlay.whiteout; overlay.opaque "y"
 * hides what the layers below have in a directory; overlay.redirect and overlay.metacopy name where the
 * rest of a directory or file is.
 *
 * All of it is whatever the sandbox made: names of any bytes, links, devices, trees of any size and depth,
 * and it may be changing. Files are never opened, links never followed; a handful of descriptors is open
 * at a time, and one for each layer or two.
 */
#ifndef SBRUN_RUNTIME_DIFF_H
#define SBRUN_RUNTIME_DIFF_H

#include "../spec/spec.h"

#include <sys/stat.h>

enum diff_kind {
	DIFF_ADDED,
	DIFF_CHANGED,  /* it was there: other content, owner, mode or type */
	DIFF_DELETED,
	DIFF_REPLACED, /* a directory: what it had before is gone, what it has now is told by itself */
	DIFF_WRITTEN,  /* added or changed: no layer below is known */
};
struct diff_entry {
	enum diff_kind kind;
	const char *path;     /* with the prefix */
	struct stat st;       /* zero for DIFF_DELETED */
	bool metacopy;        /* of the file, only its owner, mode or times */
	const char *redirect; /* a directory that was renamed: from where; NULL: it wasn't */
};
struct diff_layers {
	const char *upper;      /* a directory; it itself is no entry */
	bool unnamed;           /* that is only /proc/self/fd/N: errors name the path with the prefix */
	struct str_list lowers; /* the first is the top one; none: they aren't known */
	const char *prefix;     /* before each path: "" or the mount's destination */
	bool userxattr;         /* marks are user.overlay.*, as in a user namespace; else trusted.overlay.* */
};

/* Each entry in turn, a directory before what is in it, names sorted. Strings live for the call only. */
struct diff_sink {
	int (*take)(void *arg, struct arena *scratch, const struct diff_entry *e); /* -1: stop */
	void *arg;
};
int diff_walk(struct arena *a, const struct diff_layers *l, const struct diff_sink *sink, struct diags *dg);

#endif
