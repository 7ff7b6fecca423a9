/* SPDX-License-Identifier: Apache-2.0 */
#include "host_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "facts.h"

enum {
	MAX_ITEMS = 200,
	LAYER_DEPTH = 2, /* of a file system mounted deeper the sandbox may read, as of one of a daemon's */
};

struct point { char *path, *type; };

struct look {
	struct arena *a;
	struct diags *dg;
	struct host_tree *out;
	struct point *points;
	size_t n_points, cap_points;
	bool read_only;
};

static const char *const fresh[] = { "/proc", "/sys", "/dev", "/run", NULL };

/* Whose files overlayfs takes as a layer; of others, as vfat or fuse, it is refused or odd. */
static const char *const layer_types[] = {
	"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "tmpfs", "ramfs", "overlay",
	"erofs", "squashfs", "nfs", "nfs4", "virtiofs", "9p", NULL,
};

static bool listed(const char *const *list, const char *s)
{
	for (; *list; list++)
		if (!strcmp(*list, s))
			return true;
	return false;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (path[n] == '/' || (n == 1 && path[1]));
}

bool host_path_in(const char *path, const char *dir)
{
	return !strcmp(path, dir) || is_below(path, dir);
}

static bool is_fresh(const char *path)
{
	for (const char *const *dir = fresh; *dir; dir++)
		if (host_path_in(path, *dir))
			return true;
	return false;
}

const char *host_tree_own(const struct host_tree *t, const char *path)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].kind == HOST_EMPTY && host_path_in(path, t->v[i].path))
			return t->v[i].path;
	return host_path_in(path, "/run") ? "/run" : host_path_in(path, "/dev/shm") ? "/dev/shm" : NULL;
}

/* "\040" and the like, in place: proc(5). */
static char *unescape(char *s)
{
	char *out = s;

	for (const char *p = s; *p; p++) {
		bool octal = p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] && p[3];

		*out++ = octal ? (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0')) : *p;
		p += octal ? 3 : 0;
	}
	*out = '\0';
	return s;
}

/* "ID PARENT DEV ROOT POINT OPTIONS [FIELD]... - TYPE SOURCE OPTIONS". The last one on a point counts. */
static void add_point(struct look *l, char *line)
{
	char *type = strstr(line, " - "), *path = line;

	for (int i = 0; i < 4 && path; i++)
		path = strchr(path, ' ') ? strchr(path, ' ') + 1 : NULL;
	if (!type || !path)
		return;
	type += 3;
	type[strcspn(type, " ")] = '\0';
	path[strcspn(path, " ")] = '\0';
	unescape(path);
	for (size_t i = 0; i < l->n_points; i++)
		if (!strcmp(l->points[i].path, path)) {
			l->points[i].type = type;
			return;
		}
	l->points = arena_grow(l->a, l->points, &l->cap_points, l->n_points + 1, sizeof(struct point));
	l->points[l->n_points++] = (struct point){ path, type };
}

static int read_points(struct look *l)
{
	char *text = facts_slurp(l->a, "/proc/self/mountinfo"), *save = NULL;

	if (!text) {
		diag_error(l->dg, "can't read /proc/self/mountinfo, which tells what is mounted");
		return -1;
	}
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		add_point(l, line);
	return 0;
}

/* Whether the file system that the path is on can be a layer. */
static bool can_be_layer(const struct look *l, const char *path)
{
	const struct point *on = NULL;

	for (size_t i = 0; i < l->n_points; i++) {
		const struct point *p = &l->points[i];
		bool holds = !strcmp(p->path, path) || is_below(path, p->path);

		if (holds && (!on || strlen(p->path) > strlen(on->path)))
			on = p;
	}
	return on && listed(layer_types, on->type);
}

static bool mounts_below(const struct look *l, const char *dir)
{
	for (size_t i = 0; i < l->n_points; i++)
		if (is_below(l->points[i].path, dir))
			return true;
	return false;
}

static void add_item(struct look *l, enum host_item_kind kind, const char *path)
{
	struct host_tree *t = l->out;

	t->v = arena_grow(l->a, t->v, &t->cap, t->n + 1, sizeof(struct host_item));
	t->v[t->n++] = (struct host_item){ kind, path };
}

static bool is_writable(const struct look *l, const char *path)
{
	return !l->read_only && faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0;
}

static void place_dir(struct look *l, const char *path)
{
	if (faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) < 0)
		return;
	if (!is_writable(l, path))
		add_item(l, HOST_BIND, path);
	else if (!mounts_below(l, path) && can_be_layer(l, path))
		add_item(l, HOST_OVERLAY, path);
	else
		add_item(l, strcmp(path, "/tmp") ? HOST_BIND : HOST_EMPTY, path);
}

static void place(struct look *l, const char *path)
{
	struct stat st;

	if (is_fresh(path) || lstat(path, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		place_dir(l, path);
	else if (S_ISLNK(st.st_mode))
		add_item(l, HOST_LINK, path);
	else if (S_ISREG(st.st_mode))
		add_item(l, HOST_BIND, path);
}

/* In the order of their names: a plan is the same each time. */
static int place_entries(struct look *l)
{
	struct dirent **v;
	int n = scandir("/", &v, NULL, alphasort);

	if (n < 0) {
		diag_errno(l->dg, errno, "scandir", "/", "can't list the machine's root");
		return -1;
	}
	for (int i = 0; i < n; i++) {
		if (strcmp(v[i]->d_name, ".") != 0 && strcmp(v[i]->d_name, "..") != 0)
			place(l, arena_printf(l->a, "/%s", v[i]->d_name));
		free(v[i]);
	}
	free(v);
	return 0;
}

static bool is_own(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == geteuid();
}

static char *parent_of(struct arena *a, const char *path)
{
	return arena_strndup(a, path, (size_t)(strrchr(path, '/') - path));
}

/*
 * An overlay for a directory below the entries of "/", so that it can be written to: at the topmost of
 * its parents that are the caller's own too. None where one is above and all in between are theirs.
 */
static void place_below(struct look *l, const char *dir)
{
	const char *top = dir;

	if (is_fresh(dir) || !is_writable(l, dir) || mounts_below(l, dir) || !can_be_layer(l, dir))
		return;
	for (const char *up = dir;; up = parent_of(l->a, up)) {
		for (size_t i = 0; i < l->out->n; i++)
			if (l->out->v[i].kind == HOST_OVERLAY && !strcmp(l->out->v[i].path, up))
				return;
		if (!*up || !strcmp(up, "/") || !is_own(up) || mounts_below(l, up))
			break;
		top = up;
	}
	add_item(l, HOST_OVERLAY, top);
}

static int depth_of(const char *path)
{
	int n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* Over the whole: other file systems that are files of people's; deep ones are only there to be read. */
static void place_points(struct look *l)
{
	for (size_t i = 0; i < l->n_points; i++) {
		const struct point *p = &l->points[i];
		bool shallow = depth_of(p->path) <= LAYER_DEPTH;
		bool layer = !l->read_only && shallow && listed(layer_types, p->type);
		struct stat st;

		if (!strcmp(p->path, "/") || is_fresh(p->path) || stat(p->path, &st) < 0)
			continue;
		add_item(l, layer && S_ISDIR(st.st_mode) ? HOST_OVERLAY : HOST_BIND, p->path);
	}
}

int host_tree_read(struct arena *a, bool whole, bool read_only, const char *cwd, struct host_tree *out,
		   struct diags *dg)
{
	struct look l = { .a = a, .dg = dg, .out = out, .read_only = read_only };
	const char *home = getenv("HOME");

	*out = (struct host_tree){ 0 };
	if (read_points(&l) < 0)
		return -1;
	out->whole = whole && (read_only || can_be_layer(&l, "/"));
	if (out->whole) {
		place_points(&l);
	} else {
		if (place_entries(&l) < 0)
			return -1;
		if (cwd && *cwd == '/')
			place_below(&l, cwd);
		if (home && *home == '/')
			place_below(&l, home);
		place_below(&l, "/var/tmp");
	}
	if (out->n <= MAX_ITEMS)
		return 0;
	diag_error(dg, "the machine's root has over %d entries, or file systems mounted on it", MAX_ITEMS)->hint =
		"write a bundle with what the task needs of them: see sbrun spec";
	return -1;
}
