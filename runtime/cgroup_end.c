/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing a cgroup, whatever the sandbox has made of it. One that could write to its part of
 * the tree may have made cgroups below it, as deep and as many as it liked: the way down and up
 * holds one descriptor at a time.
 */
#include "cgroup_make.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "cgroup_members.h"
#include "fd.h"
#include "progress.h"
#include "systemd_scope.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { REMOVE_TIMEOUT_MS = 10 * 1000 };

/* kernfs counts the directories in the links of the one that they are in. */
static bool has_children(int parent, const char *name)
{
	struct stat st;

	return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 2;
}

/* 0: nothing is left in it; 1: `name` has others in it; -EBUSY: something still runs in one. */
static int remove_children(int dir, char name[NAME_MAX + 1])
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!d) {
		fd_close(&copy);
		return -errno;
	}
	while (r != 1 && (e = readdir(d))) {
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (unlinkat(dir, e->d_name, AT_REMOVEDIR) == 0 || cgroup_is_gone(errno))
			continue;
		r = -errno;
		if (has_children(dir, e->d_name)) {
			snprintf(name, NAME_MAX + 1, "%s", e->d_name);
			r = 1;
		}
	}
	closedir(d);
	return r;
}

static int remove_below(int leaf)
{
	CLEANUP_FD at = openat(leaf, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	size_t depth = 0;

	while (at >= 0) {
		int r = remove_children(at, name), next;

		if (r < 0 || (r == 0 && depth == 0))
			return r;
		next = openat(at, r == 1 ? name : "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		depth += r == 1 ? 1 : (size_t)-1;
		fd_close(&at);
		at = next;
	}
	return -errno;
}

static bool is_ours(const struct cgroup_at *at)
{
	CLEANUP_FD dir = openat(at->dir, at->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return dir >= 0 && cgroup_is_ours(dir);
}

/*
 * What was made for it, from the inside out; what is not empty, or was there before, stays. A create that was
 * killed may have made the outer ones only. One that another create had made and not yet marked when this one
 * looked is none that was there before: the mark is there by now.
 */
static void remove_parents(const struct cgroup_place *p)
{
	struct cgroup_at at;
	unsigned depth = 0;

	if (cgroup_locate(p, &at) < 0)
		return;
	for (const char *c = p->path; *c; c++)
		depth += *c == '/';
	while (depth-- > 1) {
		*strrchr(at.path, '/') = 0;
		if (depth <= p->keep && !is_ours(&at))
			return;
		if (unlinkat(at.dir, at.path, AT_REMOVEDIR) < 0 && !cgroup_is_gone(errno))
			return;
	}
}

void cgroup_unmake(const struct cgroup_place *p, bool leaf)
{
	struct cgroup_at at;

	if (cgroup_locate(p, &at) == 0 && (!leaf || unlinkat(at.dir, at.path, AT_REMOVEDIR) == 0))
		remove_parents(p);
}

/*
 * 0, or -errno; one that is not there is removed. `below`: those in it too. -EBUSY: something runs there, or
 * something that did has changed the tree meanwhile.
 */
static int remove_place(const struct cgroup_place *p, bool below)
{
	struct cgroup_at at;
	CLEANUP_FD leaf = -1;
	int r = cgroup_locate(p, &at);

	if (r < 0)
		return r;
	if (unlinkat(at.dir, at.path, AT_REMOVEDIR) == 0 || cgroup_is_gone(errno)) {
		remove_parents(p);
		return 0;
	}
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	if (!below)
		return -EBUSY;
	leaf = cgroup_dir(p);
	if (leaf < 0)
		return leaf == -ENOENT ? 0 : leaf;
	r = remove_below(leaf);
	if (r == 0 && unlinkat(at.dir, at.path, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0)
		remove_parents(p);
	return cgroup_is_gone(-r) || r == -ENOTEMPTY ? -EBUSY : r;
}

static void sleep_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static int cannot_remove(const struct cgroup_place *p, int err, struct diags *dg)
{
	char pid[32] = "";
	CLEANUP_FD leaf = cgroup_dir(p);
	struct diag *d = diag_errno(dg, err, "rmdir",
				    arena_printf(dg->arena, "/sys/fs/cgroup/%s%s", p->mount, p->path),
				    "can't remove the sandbox's cgroup");

	if (leaf >= 0 && cgroup_read(leaf, "cgroup.procs", pid, sizeof pid) > 0)
		d->hint = arena_printf(
			dg->arena,
			"process %.*s is still in it %d seconds after SIGKILL; delete again once it ended",
			(int)strcspn(pid, "\n"), pid, REMOVE_TIMEOUT_MS / 1000);
	return -1;
}

int cgroup_remove(const struct cgroup *g, struct diags *dg)
{
	if (g->n && g->manager == CGROUP_SYSTEMD && g->unit && systemd_scope_stop(g->unit, g->user, dg) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++) {
		int r, waited = 0, ms = 1;

		/*
		 * A killed process leaves its cgroup a moment after it was reaped. What lives is killed
		 * before anything below is removed: it could make cgroups for ever as fast as they go.
		 */
		while ((r = remove_place(&g->v[i], waited > 0)) == -EBUSY && waited < REMOVE_TIMEOUT_MS) {
			cgroup_kill(g);
			if (progress_due())
				progress_note("%zu processes left", cgroup_count(g));
			sleep_ms(ms);
			waited += ms;
			ms = ms < 50 ? ms * 2 : ms;
		}
		if (r < 0)
			return cannot_remove(&g->v[i], -r, dg);
	}
	return 0;
}
