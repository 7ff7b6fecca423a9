/* SPDX-License-Identifier: Apache-2.0 */
#include "rdt.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct work {
	struct arena *a;
	const struct rdt_group *g;
	struct str_list *made;
	struct str_list undo; /* made now: innermost first */
	struct diags *dg;
	const char *dir;      /* the group's */
	bool existed;
};

/* The kernel says in its own words what it did not like of the last write. */
static void add_kernel_words(struct work *w, struct diag *d)
{
	CLEANUP_FD fd = open(arena_printf(w->a, "%s/info/last_cmd_status", w->g->root), O_RDONLY | O_CLOEXEC);
	char text[256];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (n <= 0)
		return;
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	if (strcmp(text, "ok"))
		d->hint = arena_printf(w->a, "the kernel says: %s", text);
}

static int failed(struct work *w, int err, const char *call, const char *path, const char *what)
{
	add_kernel_words(w, diag_errno(w->dg, err, call, path, "%s", what));
	return -1;
}

static int write_line(struct work *w, const char *file, const char *line)
{
	const char *path = arena_printf(w->a, "%s/%s", w->dir, file);
	const char *text = arena_printf(w->a, "%s\n", line);
	CLEANUP_FD fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t n = strlen(text);
	ssize_t r = fd < 0 ? -1 : write(fd, text, n);

	if (r == (ssize_t)n)
		return 0;
	return failed(w, r < 0 ? errno : EIO, fd < 0 ? "open" : "write", path,
		      arena_printf(w->a, "resctrl does not take \"%s\"", line));
}

/* The kernel's line may have spaces before the name, zeroes and spaces before a number: "   L3:0=07f", "MB:0= 20". */
static bool same_value(const char *x, size_t xn, const char *y, size_t yn)
{
	while (xn > 1 && (*x == '0' || *x == ' '))
		x++, xn--;
	while (yn > 1 && *y == '0')
		y++, yn--;
	return xn == yn && !strncasecmp(x, y, xn);
}

static bool same_line(const char *there, const char *want)
{
	there += strspn(there, " ");
	while (*there && *want) {
		size_t x = strcspn(there, ":;=\n"), y = strcspn(want, ":;=\n");

		if (!same_value(there, x, want, y) || (there[x] == '\n' ? 0 : there[x]) != want[y])
			return false;
		there += x + (there[x] != 0);
		want += y + (want[y] != 0);
	}
	return !*want && (!*there || there[-1] == '\n');
}

static bool has_line(const char *text, const char *want)
{
	for (const char *p = text; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (*p && same_line(p, want))
			return true;
	return false;
}

/* "if closID directory exists, runtimes MUST compare ... and generate an error if doesn't match" */
static int compare(struct work *w)
{
	const char *path = arena_printf(w->a, "%s/schemata", w->dir);
	CLEANUP_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = arena_alloc(w->a, 1 << 16);
	ssize_t n = fd < 0 ? -1 : read(fd, text, (1 << 16) - 1);

	if (n < 0)
		return failed(w, errno, fd < 0 ? "open" : "read", path, "can't read the group's schemata");
	text[n] = 0;
	for (size_t i = 0; i < w->g->compared; i++)
		if (!has_line(text, w->g->lines.v[i])) {
			diag_error(w->dg, "the RDT group \"%s\" is there already, without the schema \"%s\"", w->g->clos,
				   w->g->lines.v[i])
				->hint = arena_printf(w->a, "see %s; use another closID, or the schema that it has", path);
			return -1;
		}
	return 0;
}

static void prepend(struct arena *a, struct str_list *l, const char *s)
{
	char **v = arena_array(a, l->n + 2, sizeof *v);

	v[0] = (char *)s;
	if (l->n)
		memcpy(v + 1, l->v, l->n * sizeof *v);
	l->v = v;
	l->n++;
}

static int make_dir(struct work *w, const char *path, bool ours)
{
	if (mkdir(path, 0755) < 0)
		return -errno;
	prepend(w->a, &w->undo, path);
	if (ours)
		prepend(w->a, w->made, path);
	return 0;
}

/* Which directory it is, and whether it must be, may be or must not be there. */
static int open_group(struct work *w)
{
	const struct rdt_group *g = w->g;
	bool own = !*g->clos;
	int r;

	w->dir = !strcmp(g->clos, "/") ? g->root : arena_printf(w->a, "%s/%s", g->root, own ? g->id : g->clos);
	w->existed = access(w->dir, F_OK) == 0;
	if (w->existed && own && !g->join_only) {
		diag_error(w->dg, "there is an RDT group \"%s\" already, which is not this sandbox's", g->id);
		return -1;
	}
	if (!w->existed && (g->join_only || (!own && !g->lines.n))) {
		diag_error(w->dg, "there is no RDT group \"%s\" in %s", own ? g->id : g->clos, g->root)->hint =
			"without a schema closID must name a group that is there";
		return -1;
	}
	if (w->existed)
		return g->compared && !g->join_only ? compare(w) : 0;
	r = make_dir(w, w->dir, own);
	return r < 0 ? failed(w, -r, "mkdir", w->dir, "can't make an RDT group") : 0;
}

static int monitor(struct work *w, const char *pid)
{
	const char *dir = arena_printf(w->a, "%s/mon_groups/%s", w->dir, w->g->id);
	int r = w->g->join_only ? 0 : make_dir(w, dir, true);

	if (r < 0)
		return failed(w, -r, "mkdir", dir, "can't make a group for RDT monitoring");
	w->dir = dir;
	return write_line(w, "tasks", pid);
}

static int apply(struct work *w, const char *pid)
{
	const struct rdt_group *g = w->g;
	size_t first = w->existed ? g->compared : 0;

	for (size_t i = first; i < g->lines.n && !g->join_only; i++)
		if (write_line(w, "schemata", g->lines.v[i]) < 0)
			return -1;
	if (write_line(w, "tasks", pid) < 0)
		return -1;
	return g->monitor ? monitor(w, pid) : 0;
}

int rdt_apply(struct arena *a, const struct rdt_group *g, pid_t pid, struct str_list *made, struct diags *dg)
{
	struct work w = { .a = a, .g = g, .made = made, .dg = dg };

	if (open_group(&w) == 0 && apply(&w, arena_printf(a, "%d", pid)) == 0)
		return 0;
	rdt_remove(&w.undo);
	*made = (struct str_list){ 0 };
	return -1;
}

void rdt_remove(const struct str_list *made)
{
	for (size_t i = 0; i < made->n; i++)
		rmdir(made->v[i]);
}
