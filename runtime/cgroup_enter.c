/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup_enter.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "facts.h"
#include "fd.h"

#include <fcntl.h>
#include <string.h>

static bool gives_controllers(int dir)
{
	char on[256];

	return cgroup_read(dir, "cgroup.subtree_control", on, sizeof on) > 1;
}

/* Where a process is in cgroup2, if that is `top` or below it: "0::PATH" of /proc/PID/cgroup. */
static const char *path_below(struct arena *a, pid_t pid, const char *top)
{
	char *line = facts_slurp(a, arena_printf(a, "/proc/%d/cgroup", (int)pid));
	size_t n = strlen(top);

	/* at a line's start: a v1 cgroup may be called so */
	while (line && strncmp(line, "0::", 3))
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
	if (!line)
		return NULL;
	line += 3;
	line[strcspn(line, "\n")] = 0;
	return !strncmp(line, top, n) && (line[n] == '/' || !line[n]) ? line : NULL;
}

static int open_v2(struct arena *a, const struct cgroup_place *p, pid_t init)
{
	CLEANUP_FD dir = cgroup_dir(p);
	struct cgroup_place where = *p;

	if (dir < 0 || !init || !gives_controllers(dir))
		return fd_take(&dir);
	where.path = path_below(a, init, p->path);
	return where.path ? cgroup_dir(&where) : -ENOENT;
}

static int open_tasks(const struct cgroup_place *p)
{
	CLEANUP_FD dir = cgroup_dir(p);
	int fd = dir < 0 ? dir : openat(dir, "tasks", O_WRONLY | O_CLOEXEC);

	return dir >= 0 && fd < 0 ? -errno : fd;
}

int cgroup_entry_open(struct arena *a, const struct cgroup *g, pid_t init, int *made,
		      struct cgroup_entry *out, struct diags *dg)
{
	*out = (struct cgroup_entry)CGROUP_ENTRY_NONE;
	out->attach = arena_array(a, g->n + 1, sizeof *out->attach);
	for (size_t i = 0; i < g->n; i++) {
		const struct cgroup_place *p = &g->v[i];
		int fd = made ? fd_take(&made[i]) : -1;

		if (fd < 0)
			fd = p->options ? open_tasks(p) : open_v2(a, p, init);
		if (fd < 0) {
			while (made && ++i < g->n)
				fd_close(&made[i]);
			diag_errno(dg, -fd, "open", arena_printf(a, "/sys/fs/cgroup/%s%s", p->mount, p->path),
				   "can't enter the sandbox's cgroup");
			cgroup_entry_close(out);
			return -1;
		}
		if (p->options)
			out->attach[out->n_attach++] = fd;
		else
			out->into = fd;
	}
	return 0;
}

void cgroup_entry_close(struct cgroup_entry *e)
{
	fd_close(&e->into);
	for (unsigned i = 0; i < e->n_attach; i++)
		fd_close(&e->attach[i]);
	e->n_attach = 0;
}
