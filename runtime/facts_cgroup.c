/* SPDX-License-Identifier: Apache-2.0 */
/* How this host's control groups are laid out: cgroups(7), Documentation/admin-guide/cgroup-v2.rst. */
#include "facts.h"

#include "../spec/arena.h"
#include "fd.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static void add(struct arena *a, struct cgroup_layout *l, size_t *cap, struct cgroup_mount c)
{
	l->v = arena_grow(a, l->v, cap, l->n + 1, sizeof *l->v);
	l->v[l->n++] = c;
}

/* "ID:CONTROLLERS:PATH" of /proc/self/cgroup, cgroups(7); v2 has ID 0 and no controllers. */
static bool parse_line(char *line, char **controllers, char **path)
{
	*controllers = strchr(line, ':');
	*path = *controllers ? strchr(*controllers + 1, ':') : NULL;
	if (!*path)
		return false;
	*(*controllers)++ = 0;
	*(*path)++ = 0;
	if (!strcmp(*path, "/"))
		*path += 1;
	return true;
}

/* Where systemd and everybody after it mounts a hierarchy: its controllers' names, or its own. */
static const char *directory_of(const char *controllers)
{
	return !*controllers ? "unified" : !strncmp(controllers, "name=", 5) ? controllers + 5 : controllers;
}

static int by_name(const void *x, const void *y)
{
	return strcmp(((const struct cgroup_mount *)x)->name, ((const struct cgroup_mount *)y)->name);
}

/* The root's are all there are; in a cgroup namespace its root is what was delegated to us. */
static const char *v2_controllers(struct arena *a, const struct cgroup_mount *v2)
{
	char *text = !v2         ? NULL
		     : *v2->name ? facts_slurp(a, "/sys/fs/cgroup/unified/cgroup.controllers")
				 : facts_slurp(a, "/sys/fs/cgroup/cgroup.controllers");

	if (text)
		text[strcspn(text, "\n")] = 0;
	return text ? text : "";
}

/*
 * A directory alone may be left where a hierarchy was unmounted: one that is mounted is another file system.
 * One that can't be looked at, by either of two ways, is no fact that there is none: what comes of it is told
 * by who uses it.
 */
static bool is_mounted(int dir, dev_t outside, const char *name)
{
	struct stat st;
	int r = fstatat(dir, name, &st, 0);

	if (r < 0 && errno != ENOENT && errno != ENOTDIR) {
		CLEANUP_FD fd = openat(dir, name, O_PATH | O_CLOEXEC);

		r = fd < 0 ? -1 : fstat(fd, &st);
	}
	return r == 0 ? st.st_dev != outside : errno != ENOENT && errno != ENOTDIR;
}

void facts_cgroups(struct arena *a, struct cgroup_layout *l)
{
	CLEANUP_FD dir = open("/sys/fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *text, *save = NULL, *controllers, *path;
	struct statfs fs;
	struct stat outside;
	size_t cap = 0;
	bool v2;

	if (dir < 0 || fstatfs(dir, &fs) < 0 || fstat(dir, &outside) < 0) {
		if (dir >= 0 || (errno != ENOENT && errno != EACCES))
			facts_trouble("/sys/fs/cgroup", errno);
		return;
	}
	text = facts_slurp(a, "/proc/self/cgroup");
	if (!text)
		return;
	v2 = fs.f_type == CGROUP2_SUPER_MAGIC;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!parse_line(line, &controllers, &path))
			continue;
		if (v2 && !*controllers)
			add(a, l, &cap, (struct cgroup_mount){ "", NULL, path });
		else if (!v2 && is_mounted(dir, outside.st_dev, directory_of(controllers)))
			add(a, l, &cap,
			    (struct cgroup_mount){ directory_of(controllers),
						   *controllers ? controllers : NULL, path });
	}
	qsort(l->v, l->n, sizeof *l->v, by_name);
	l->controllers = v2_controllers(a, layout_v2(l));
	l->systemd = access("/run/systemd/system", F_OK) == 0;
}

const struct cgroup_mount *layout_v2(const struct cgroup_layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].options)
			return &l->v[i];
	return NULL;
}

const struct cgroup_mount *layout_controller(const struct cgroup_layout *l, const char *controller)
{
	size_t n = strlen(controller);

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].options && words_have(l->v[i].options, controller, n))
			return &l->v[i];
	return words_have(l->controllers, controller, n) ? layout_v2(l) : NULL;
}

const char *layout_name(const struct cgroup_layout *l)
{
	const struct cgroup_mount *v2 = layout_v2(l);

	return !l->n ? "none" : !v2 ? "v1" : *v2->name ? "hybrid" : "v2";
}
