/* SPDX-License-Identifier: Apache-2.0 */
#include "leftovers.h"

#include <ctype.h>
#include <dirent.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct lines {
	char **v;
	size_t n, room;
};

static const char *bundles_dir, *root_dir, *cgroup_parent;
static struct lines *filling;

static void add(const char *text)
{
	struct lines *l = filling;

	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 256;
		l->v = reallocarray(l->v, l->room, sizeof *l->v);
		if (!l->v)
			abort();
	}
	if (!(l->v[l->n++] = strdup(text)))
		abort();
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void empty(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	l->n = 0;
}

/* ---- what is looked at ---- */

/* Zombies are over; whose parent we are is reaped. */
static void processes(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	char path[300], line[512], *name, *end;

	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
	while (proc && (e = readdir(proc))) {
		FILE *f;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
		f = fopen(path, "re");
		if (f && fgets(line, sizeof line, f) && (name = strchr(line, '(')) &&
		    (end = strrchr(line, ')')) && end[2] != 'Z' && end[2] != 'X') {
			end[1] = '\0';
			add(line);
		}
		if (f)
			fclose(f);
	}
	if (proc)
		closedir(proc);
}

static void whole_file(const char *path, const char *(*part)(char *))
{
	char line[4096];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof line, f)) {
		const char *text;

		line[strcspn(line, "\n")] = '\0';
		text = part(line);
		if (text)
			add(text);
	}
	if (f)
		fclose(f);
}

static const char *all_of_it(char *line)
{
	return line;
}

static void mounts(void)
{
	whole_file("/proc/self/mountinfo", all_of_it);
}

/* Those with a name, by it. */
static const char *socket_name(char *line)
{
	char *slash = strchr(line, '/'), *at = strchr(line, '@');

	return slash ? slash : at;
}

static void sockets(void)
{
	whole_file("/proc/net/unix", socket_name);
}

/* Outputs of the commands, the directory of claims, and the cache of filters stay. */
static int one_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *name = path + at->base;

	(void)st;
	(void)type;
	if (!strcmp(name, ".uppers") || !strncmp(name, ".seccomp", 8))
		return FTW_SKIP_SUBTREE;
	if (strcmp(name, "out") && strcmp(name, "err") && strcmp(name, "log"))
		add(path);
	return FTW_CONTINUE;
}

static void files(void)
{
	nftw(bundles_dir, one_file, 16, FTW_PHYS | FTW_ACTIONRETVAL);
	nftw(root_dir, one_file, 16, FTW_PHYS | FTW_ACTIONRETVAL);
	nftw("/dev/shm", one_file, 16, FTW_PHYS | FTW_ACTIONRETVAL);
}

static void cgroups_in(const char *hierarchy)
{
	char path[600];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%s", hierarchy, cgroup_parent);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.') {
			char found[900];

			snprintf(found, sizeof found, "%s/%s", path, e->d_name);
			add(found);
		}
	if (dir)
		closedir(dir);
}

static void cgroups(void)
{
	static const char top[] = "/sys/fs/cgroup";
	DIR *dir = opendir(top);
	struct dirent *e;
	char path[300];

	cgroups_in(top);
	while (dir && (e = readdir(dir)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.') {
			snprintf(path, sizeof path, "%s/%s", top, e->d_name);
			cgroups_in(path);
		}
	if (dir)
		closedir(dir);
}

static struct {
	const char *what;
	void (*look)(void);
	struct lines before, now;
} things[] = {
	{ "process", processes, { 0 }, { 0 } }, { "mount", mounts, { 0 }, { 0 } },
	{ "file", files, { 0 }, { 0 } },        { "cgroup", cgroups, { 0 }, { 0 } },
	{ "socket", sockets, { 0 }, { 0 } },
};

enum { THINGS = sizeof things / sizeof *things };

static void look(int i, struct lines *into)
{
	empty(into);
	filling = into;
	things[i].look();
	if (into->n)
		qsort(into->v, into->n, sizeof *into->v, by_text);
}

int leftovers_init(const char *bundles, const char *root, const char *cgroup)
{
	bundles_dir = bundles;
	root_dir = root;
	cgroup_parent = cgroup;
	if (unshare(CLONE_NEWNET) == 0 && mount("none", "/dev/shm", "tmpfs", 0, NULL) == 0)
		return 0;
	perror("faults: unshare, mount /dev/shm");
	return -1;
}

void leftovers_remember(void)
{
	for (int i = 0; i < THINGS; i++)
		look(i, &things[i].before);
}

/*
 * A mount that goes with its directory: another's, who was there before us, and has a mount namespace
 * of their own.
 */
static bool went_with_directory(const char *mountinfo)
{
	char path[1024];

	return sscanf(mountinfo, "%*s %*s %*s %*s %1023s", path) == 1 && access(path, F_OK) < 0;
}

void leftovers_finish(void)
{
	umount("/dev/shm");
}

/* Both are sorted. */
static void differ(int i, char *text, size_t size)
{
	const struct lines *b = &things[i].before, *n = &things[i].now;
	size_t x = 0, y = 0;

	while (x < b->n || y < n->n) {
		int order = x == b->n ? 1 : y == n->n ? -1 : strcmp(b->v[x], n->v[y]);
		size_t used = strlen(text);

		if (order < 0 && things[i].look == mounts && went_with_directory(b->v[x]))
			;
		else if (order)
			snprintf(text + used, size - used, " %s %s: %s;", things[i].what,
				 order < 0 ? "gone" : "left", order < 0 ? b->v[x] : n->v[y]);
		x += order <= 0;
		y += order >= 0;
	}
}

bool leftovers_none(char *text, size_t size)
{
	static const struct timespec nap = { .tv_nsec = 2000000 };
	enum { NAPS = 1500 };

	for (int naps = 0;; naps++) {
		text[0] = '\0';
		for (int i = 0; i < THINGS && !text[0]; i++) {
			look(i, &things[i].now);
			differ(i, text, size);
		}
		if (!text[0])
			return true;
		if (naps == NAPS)
			return false;
		nanosleep(&nap, NULL);
	}
}
