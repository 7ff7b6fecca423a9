/* SPDX-License-Identifier: Apache-2.0 */
#include "diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "progress.h"

/* Each directory is reached from the top, so that deep trees cost their depth squared. */
enum { MAX_DEPTH = 2000 };

struct walk {
	const struct diff_layers *l;
	const struct diff_sink *sink;
	struct diags *dg;
	struct arena *a;
	int upper;          /* the layers' tops */
	int *lowers;
	int *now;           /* the directory at hand in each layer that has it, the top one first */
	size_t n_now;
	const char **todo;  /* directories yet to come, the next one last: "/a/b" */
	size_t n_todo, cap_todo;
	size_t looked_at;   /* directories */
	bool odd_whiteouts; /* the directory at hand may have whiteouts that are files */
};

/* ---- marks ---- */

/* The value's length, below size, or -1. By the descriptor's link, since one of O_PATH has no other way. */
static ssize_t mark(const struct walk *w, int fd, const char *name, char *value, size_t size)
{
	char link[40], attr[40];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	snprintf(attr, sizeof attr, "%s.overlay.%s", w->l->userxattr ? "user" : "trusted", name);
	n = getxattr(link, attr, value, size - 1);
	if (n >= 0)
		value[n] = '\0';
	return n;
}

static char opaque(const struct walk *w, int dir)
{
	char value[8];

	return mark(w, dir, "opaque", value, sizeof value) == 1 ? value[0] : 0;
}

static bool is_whiteout(const struct walk *w, int dir, const char *name, const struct stat *st)
{
	CLEANUP_FD fd = -1;
	char value[8];

	if (S_ISCHR(st->st_mode))
		return st->st_rdev == makedev(0, 0);
	if (!w->odd_whiteouts || !S_ISREG(st->st_mode) || st->st_size)
		return false;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && mark(w, fd, "whiteout", value, sizeof value) >= 0;
}

/* ---- going to a directory ---- */

/*
 * Component by component, through directories alone. *covers: layers below have no say there, since this
 * one has an opaque directory on the way, or something else in its place.
 */
static int descend(const struct walk *w, int top, const char *path, int flags, bool *covers)
{
	int at = openat(top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	while (at >= 0 && *path) {
		size_t n = strcspn(++path, "/");
		char name[NAME_MAX + 1];
		int next;

		snprintf(name, sizeof name, "%.*s", (int)n, path);
		path += n;
		next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (covers && (next < 0 ? errno == ENOTDIR : opaque(w, next) == 'y'))
			*covers = true;
		fd_close(&at);
		at = next;
	}
	if (at >= 0 && !(flags & O_PATH)) {
		int readable = openat(at, ".", flags | O_DIRECTORY | O_CLOEXEC);
		int err = errno;

		fd_close(&at);
		errno = err;
		at = readable;
	}
	return at;
}

static void leave(struct walk *w)
{
	while (w->n_now)
		fd_close(&w->now[--w->n_now]);
}

static void enter_lowers(struct walk *w, const char *path)
{
	bool covers = false;

	leave(w);
	for (size_t i = 0; i < w->l->lowers.n && !covers; i++) {
		int fd = descend(w, w->lowers[i], path, O_PATH, &covers);

		if (fd >= 0)
			w->now[w->n_now++] = fd;
	}
}

/* What the layers below have under that name. */
static bool lower_has(const struct walk *w, const char *name, struct stat *st)
{
	for (size_t i = 0; i < w->n_now; i++)
		if (fstatat(w->now[i], name, st, AT_SYMLINK_NOFOLLOW) == 0)
			return !(S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0));
	return false;
}

/* ---- one entry ---- */

static int tell(struct walk *w, struct arena *scratch, struct diff_entry *e)
{
	return w->sink->take(w->sink->arg, scratch, e);
}

static void look_closer(struct walk *w, struct arena *scratch, int dir, const char *name,
			struct diff_entry *e, bool *is_opaque)
{
	CLEANUP_FD fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char value[4096];

	*is_opaque = false;
	if (fd < 0)
		return;
	if (S_ISDIR(e->st.st_mode)) {
		*is_opaque = opaque(w, fd) == 'y';
		if (mark(w, fd, "redirect", value, sizeof value) > 0)
			e->redirect = arena_strdup(scratch, value);
	} else if (S_ISREG(e->st.st_mode)) {
		e->metacopy = mark(w, fd, "metacopy", value, sizeof value) >= 0;
	}
}

static bool same_directory(const struct stat *a, const struct stat *b)
{
	return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

/* 0 and nothing told: a directory that is only on the way to what was changed. */
static int one(struct walk *w, struct arena *scratch, int dir, const char *path, const char *name)
{
	struct diff_entry e = { .path = arena_printf(scratch, "%s%s/%s", w->l->prefix, path, name) };
	bool known = w->l->lowers.n > 0, was, is_opaque;
	struct stat before;

	if (fstatat(dir, name, &e.st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* gone since */
	was = known && lower_has(w, name, &before);
	if (is_whiteout(w, dir, name, &e.st)) {
		memset(&e.st, 0, sizeof e.st);
		e.kind = DIFF_DELETED;
		return was || !known ? tell(w, scratch, &e) : 0;
	}
	look_closer(w, scratch, dir, name, &e, &is_opaque);
	if (S_ISDIR(e.st.st_mode)) {
		w->todo = arena_grow(w->a, w->todo, &w->cap_todo, w->n_todo + 1, sizeof(*w->todo));
		w->todo[w->n_todo++] = arena_printf(w->a, "%s/%s", path, name);
		if (was && !is_opaque && !e.redirect && same_directory(&before, &e.st))
			return 0;
	}
	e.kind = !known ? DIFF_WRITTEN : was ? DIFF_CHANGED : DIFF_ADDED;
	if (is_opaque && (!known || (was && S_ISDIR(before.st_mode))))
		e.kind = DIFF_REPLACED;
	return tell(w, scratch, &e);
}

/* ---- all of them ---- */

static size_t depth_of(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* As the caller knows it: below an upper that has no name, since a sandbox keeps it, the path in there. */
static const char *place_of(const struct walk *w, const char *path)
{
	const char *where = w->l->unnamed ? w->l->prefix : w->l->upper;

	return *where || *path ? arena_printf(w->a, "%s%s", where, path) : "/";
}

/* The entries told, its directories come next, in the order of their names. */
static int one_dir(struct walk *w, const char *path)
{
	struct arena *scratch = arena_create();
	CLEANUP_FD dir = descend(w, w->upper, path, O_RDONLY, NULL);
	size_t first = w->n_todo;
	struct dirent **v = NULL;
	int n = dir < 0 ? -1 : scandirat(dir, ".", &v, NULL, alphasort), r = 0;

	progress_note("%zu directories", ++w->looked_at);
	if (n < 0 && errno != ENOENT && errno != ENOTDIR) { /* not just gone since */
		diag_errno(w->dg, errno, "open", place_of(w, path),
			   "can't look into a directory of the upper layer");
		r = -1;
	}
	if (n >= 0) {
		w->odd_whiteouts = opaque(w, dir) == 'x';
		enter_lowers(w, path);
	}
	for (int i = 0; i < n; i++) {
		const char *name = v[i]->d_name;

		if (r == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			r = one(w, scratch, dir, path, name);
		free(v[i]);
	}
	free(v);
	for (size_t i = first, k = w->n_todo; r == 0 && i + 1 < k; i++, k--) {
		const char *swap = w->todo[i];

		w->todo[i] = w->todo[k - 1];
		w->todo[k - 1] = swap;
	}
	arena_destroy(scratch);
	return r;
}

/* A path of thousands of names is no help: its first ones are the place, as the sandbox has it. */
static int too_deep(struct walk *w, const char *path)
{
	enum { SHOWN = 3, LONGEST = 300 };
	struct diag *e = diag_error(w->dg, "the upper layer has directories more than %d deep", MAX_DEPTH);
	const char *end = path;

	for (int i = 0; i < SHOWN; i++)
		end += 1 + strcspn(end + 1, "/");
	if (end - path > LONGEST)
		end = path + LONGEST;
	e->path = place_of(w, arena_printf(w->a, "%.*s/...", (int)(end - path), path));
	e->hint = "remove that tree: what lies deeper is not looked at";
	return -1;
}

static int walk_all(struct walk *w)
{
	int r = one_dir(w, "");

	while (r == 0 && w->n_todo) {
		const char *path = w->todo[--w->n_todo];

		if (depth_of(path) > MAX_DEPTH)
			return too_deep(w, path);
		r = one_dir(w, path);
	}
	return r;
}

static int open_layers(struct walk *w)
{
	const struct str_list *l = &w->l->lowers;
	struct rlimit files;
	struct diag *e;

	/* two for each layer: 500 of them are more than the usual soft limit */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	w->upper = open(w->l->upper, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->upper < 0) {
		diag_errno(w->dg, errno, "open", place_of(w, ""), "can't open the upper layer");
		return -1;
	}
	for (size_t i = 0; i < l->n; i++) {
		w->lowers[i] = open(l->v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (w->lowers[i] >= 0)
			continue;
		e = diag_errno(w->dg, errno, "open", l->v[i], "can't open a layer below");
		if (e->err == ENOENT && strchr(l->v[i], ':'))
			e->hint = "a colon is part of the name here: give each layer by a --lower of its own";
		return -1;
	}
	return 0;
}

int diff_walk(struct arena *a, const struct diff_layers *l, const struct diff_sink *sink, struct diags *dg)
{
	struct walk w = { .l = l, .sink = sink, .dg = dg, .a = a, .upper = -1 };
	int r;

	w.lowers = arena_array(a, l->lowers.n + 1, sizeof(int));
	w.now = arena_array(a, l->lowers.n + 1, sizeof(int));
	for (size_t i = 0; i < l->lowers.n; i++)
		w.lowers[i] = -1;
	r = open_layers(&w);
	if (r == 0)
		r = walk_all(&w);
	leave(&w);
	for (size_t i = 0; i < l->lowers.n; i++)
		fd_close(&w.lowers[i]);
	fd_close(&w.upper);
	return r;
}
