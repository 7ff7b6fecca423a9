/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup_make.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "cgroup_members.h"
#include "fd.h"
#include "words.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum { ATTEMPTS = 8, LIST_SIZE = 4096 };

static int open_mount(const struct cgroup_place *p)
{
	struct cgroup_place root = { .mount = p->mount, .options = p->options, .path = "" };

	return cgroup_dir(&root);
}

/* The next component of a path into name; NULL at the end. */
static const char *component(const char *path, char name[NAME_MAX + 1])
{
	size_t n;

	path += strspn(path, "/");
	n = strcspn(path, "/");
	if (!n || n > NAME_MAX)
		return NULL;
	memcpy(name, path, n);
	name[n] = 0;
	return path + n;
}

static int any_process(void *unused, int dir)
{
	char pids[32];

	(void)unused;
	return cgroup_read(dir, "cgroup.procs", pids, sizeof pids) > 0;
}

/* Below it too: v1 has no count of those. */
static bool populated(const struct cgroup_place *p, int leaf)
{
	unsigned long long n = 0;

	if (!p->options)
		return cgroup_read_key(leaf, "cgroup.events", "populated", &n) == 0 && n;
	return cgroup_walk_from(leaf, any_process, NULL) == 1;
}

static int in_use(const struct cgroup_place *p, struct diags *dg)
{
	diag_error(dg, "the cgroup /sys/fs/cgroup/%s%s is in use: processes run in it", p->mount, p->path)
		->hint = "each sandbox needs one of its own: give another linux.cgroupsPath";
	return -1;
}

bool cgroup_is_systemds(const struct cgroup *g, const struct cgroup_place *p)
{
	return g->manager == CGROUP_SYSTEMD && (!p->options || !strcmp(p->options, "name=systemd"));
}

/*
 * A parent that we made is marked, or the second of two sandboxes in it would take it for one that was
 * there before, and nobody would remove it. v1 has no attributes but root's; without a mark, parents stay.
 */
static void mark(int dir)
{
	if (fsetxattr(dir, "user.sbrun.made", "", 0, 0) < 0)
		fsetxattr(dir, "trusted.sbrun.made", "", 0, 0);
}

bool cgroup_is_ours(int dir)
{
	return fgetxattr(dir, "user.sbrun.made", NULL, 0) >= 0 ||
	       fgetxattr(dir, "trusted.sbrun.made", NULL, 0) >= 0;
}

/* What there is of the path, by `keep`; the innermost, -1 where it is missing. */
static int survey(struct cgroup_place *p)
{
	CLEANUP_FD at = open_mount(p);
	const char *rest = p->path;
	char name[NAME_MAX + 1];
	unsigned depth = 0;

	while (at >= 0 && (rest = component(rest, name))) {
		int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		fd_close(&at);
		at = next;
		depth++;
		if (next >= 0 && (!*rest || !cgroup_is_ours(next)))
			p->keep = depth;
	}
	return fd_take(&at);
}

/* The usual one: directly below the mount, and not there. One call tells. */
static bool nothing_there(const struct cgroup_place *p)
{
	struct cgroup_at at;

	return !strchr(p->path + 1, '/') && cgroup_locate(p, &at) == 0 &&
	       faccessat(at.dir, at.path, F_OK, 0) < 0 && errno == ENOENT;
}

int cgroup_survey(const struct cgroup *g, struct diags *dg)
{
	int there = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct cgroup_place *p = &g->v[i];
		CLEANUP_FD at = -1;

		p->keep = 0;
		if (nothing_there(p))
			continue;
		at = survey(p);
		if (at >= 0 && !cgroup_is_systemds(g, p) && populated(p, at))
			return in_use(p, dg);
		there |= at >= 0;
	}
	return there;
}

/* ---- the controllers of cgroup2 ---- */

/*
 * In such a one, but for the root, the kernel refuses most controllers for those below it; and of cpu
 * and pids it makes a threaded tree, in which no process can be started below it any more. The root
 * is the one without a type.
 */
static bool has_own_processes(int dir)
{
	char text[32];

	return cgroup_read(dir, "cgroup.type", text, sizeof text) > 0 &&
	       cgroup_read(dir, "cgroup.procs", text, sizeof text) > 0;
}

/*
 * All of them for those below `dir`. One write if all goes well, else one by one. What is needed is
 * looked at in the end.
 */
static void switch_on(int dir)
{
	char have[LIST_SIZE], on[LIST_SIZE], all[LIST_SIZE] = "", one[64];
	size_t n = 0;

	if (cgroup_read(dir, "cgroup.controllers", have, sizeof have) <= 0 ||
	    cgroup_read(dir, "cgroup.subtree_control", on, sizeof on) < 0)
		return;
	for (const char *p = have; *p; p += strcspn(p, " \n"), p += strspn(p, " \n")) {
		size_t len = strcspn(p, " \n");

		if (!words_have(on, p, len) && n + len + 3 < sizeof all)
			n += (size_t)snprintf(all + n, sizeof all - n, "+%.*s ", (int)len, p);
	}
	if (!n || has_own_processes(dir) || cgroup_write(dir, "cgroup.subtree_control", all) == 0)
		return;
	for (const char *p = all; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
		snprintf(one, sizeof one, "%.*s", (int)strcspn(p, " "), p);
		cgroup_write(dir, "cgroup.subtree_control", one);
	}
}

static int check_needed(struct arena *a, int leaf, const struct cgroup_place *p, const char *needed,
			struct diags *dg)
{
	char have[LIST_SIZE];

	if (*needed && cgroup_read(leaf, "cgroup.controllers", have, sizeof have) < 0)
		have[0] = 0;
	for (const char *w = needed; *w; w += strcspn(w, " "), w += strspn(w, " ")) {
		int len = (int)strcspn(w, " ");
		struct diag *d;

		if (words_have(have, w, (size_t)len))
			continue;
		d = diag_error(dg, "no delegated cgroup v2 controller \"%.*s\": cgroup %s does not get it",
			       len, w, p->path);
		d->hint = arena_printf(
			a,
			"a cgroup above it has processes of its own, or the administrator did not delegate "
			"the controller; try \"systemd-run --user --scope -p Delegate=yes sbrun ...\", or "
			"Delegate=%.*s for user@.service",
			len, w);
		return -1;
	}
	return 0;
}

/* ---- directories ---- */

/* "A cpuset without processors takes no process": cpuset(7). A new one begins without. */
static int inherit_cpuset(int parent, int dir, bool new)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	char value[LIST_SIZE];

	for (int i = 0; i < 2; i++) {
		ssize_t n = new ? 0 : cgroup_read(dir, files[i], value, sizeof value);
		int r = 0;

		if (n > 1)
			continue;
		if (n >= 0)
			n = cgroup_read(parent, files[i], value, sizeof value);
		if (n > 1)
			r = cgroup_write(dir, files[i], value);
		else if (n < 0 && n != -ENOENT) /* or it takes nobody, and says ENOSPC then */
			r = (int)n;
		if (r < 0)
			return r;
	}
	return 0;
}

/* What became of a place. */
struct made {
	bool new;  /* the innermost is ours */
	int leaf;  /* its directory; -1: nothing is to be done there but to enter it */
	int entry; /* where that was wanted: v1's tasks, or -1 */
};

static int open_tasks(int dir, const char *name)
{
	char path[NAME_MAX + sizeof "/tasks"];

	snprintf(path, sizeof path, "%s/tasks", name);
	return openat(dir, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
}

/*
 * 0 or -errno. ENOENT, ENODEV: another one removed a parent meanwhile. EBUSY: another one made the innermost
 * since the survey, for a sandbox of its own.
 */
static int make_path(const struct cgroup_place *p, bool enter, struct made *m)
{
	unsigned depth = 0;
	bool v1 = p->options, cpuset = v1 && words_have(p->options, "cpuset", 6);
	CLEANUP_FD at = open_mount(p);
	char name[NAME_MAX + 1];
	const char *rest = p->path;

	if (at < 0)
		return at;
	while ((rest = component(rest, name))) {
		CLEANUP_FD up = fd_take(&at);
		bool new;
		int r = 0;

		if (!v1)
			switch_on(up);
		depth++;
		new = mkdirat(up, name, 0755) == 0;
		if (!new && (errno != EEXIST || (!*rest && depth > p->keep)))
			return errno == EEXIST ? -EBUSY : -errno;
		m->new = new && !*rest;
		if (enter && v1 && !*rest)
			m->entry = open_tasks(up, name);
		if (m->new && m->entry >= 0 && !cpuset)
			return 0;
		at = openat(up, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (at < 0)
			return -errno;
		if (new && *rest)
			mark(at);
		if (cpuset && (r = inherit_cpuset(up, at, new)) < 0)
			return r;
	}
	m->leaf = fd_take(&at);
	return 0;
}

static bool not_ours_to_make(int err)
{
	return err == EACCES || err == EPERM || err == EROFS;
}

static int make_one(struct arena *a, const struct cgroup_place *p, const char *needed, bool enter,
		    struct made *m, struct diags *dg)
{
	int r = -ENOENT;

	for (int i = 0; i < ATTEMPTS && cgroup_is_gone(-r); i++) {
		fd_close(&m->entry);
		r = make_path(p, enter, m);
	}
	if (r < 0 && not_ours_to_make(-r))
		return r;
	if (r == -EBUSY)
		return in_use(p, dg);
	if (r < 0) {
		diag_errno(dg, -r, "mkdirat", arena_printf(a, "/sys/fs/cgroup/%s%s", p->mount, p->path),
			   "can't make the cgroup");
		return -1;
	}
	if (!m->new && populated(p, m->leaf))
		return in_use(p, dg);
	return p->options ? 0 : check_needed(a, m->leaf, p, needed, dg);
}

static int use_scope(struct arena *a, const struct cgroup_place *p, const char *needed, bool enter,
		     struct made *m, struct diags *dg)
{
	m->leaf = cgroup_dir(p);
	if (m->leaf >= 0 && enter && p->options)
		m->entry = openat(m->leaf, "tasks", O_WRONLY | O_CLOEXEC);
	if (m->leaf >= 0)
		return p->options ? 0 : check_needed(a, m->leaf, p, needed, dg);
	diag_errno(dg, -m->leaf, "open", arena_printf(a, "/sys/fs/cgroup/%s%s", p->mount, p->path),
		   "the scope's cgroup is not where systemd says it is");
	return -1;
}

int cgroup_make(struct arena *a, const struct cgroup *g, const char *needed, int *entries, struct diags *dg)
{
	struct made *m = arena_array(a, g->n + 1, sizeof *m);
	mode_t mask = umask(022); /* the sandbox's own root and whoever watches it may look into it */
	bool enter = entries;
	size_t n = 0;
	int r = 0;

	for (; n < g->n && r == 0; n++) {
		m[n].leaf = m[n].entry = -1;
		r = cgroup_is_systemds(g, &g->v[n]) ? use_scope(a, &g->v[n], needed, enter, &m[n], dg)
						    : make_one(a, &g->v[n], needed, enter, &m[n], dg);
	}
	umask(mask);
	for (size_t i = 0; i < n; i++) {
		if (r == 0 && enter)
			entries[i] = fd_take(g->v[i].options ? &m[i].entry : &m[i].leaf);
		fd_close(&m[i].leaf);
		fd_close(&m[i].entry);
		if (r < 0 && !cgroup_is_systemds(g, &g->v[i]))
			cgroup_unmake(&g->v[i], m[i].new);
	}
	return r;
}
