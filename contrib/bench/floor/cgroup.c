/* SPDX-License-Identifier: Apache-2.0 */
/* A control group of its own in each hierarchy that the host has. */
#include "floor.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void copy_from_above(const char *dir, const char *file)
{
	char from[PATH_MAX], to[PATH_MAX], text[256];
	ssize_t n;
	int fd;

	snprintf(from, sizeof(from), "%s/../%s", dir, file);
	snprintf(to, sizeof(to), "%s/%s", dir, file);
	fd = access(to, F_OK) == 0 ? open(from, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return; /* not the cpuset hierarchy */
	n = read(fd, text, sizeof(text) - 1);
	check(n, from);
	text[n] = '\0';
	close(fd);
	write_file(to, text, to);
}

static void allow_devices(const char *dir)
{
	static const char *const allowed[] = { "c *:* m",   "b *:* m",    "c 1:3 rwm", "c 1:5 rwm",
					       "c 1:7 rwm", "c 1:8 rwm",  "c 1:9 rwm", "c 5:0 rwm",
					       "c 5:2 rwm", "c 136:* rwm" };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/devices.deny", dir);
	if (access(path, F_OK) < 0)
		return;
	write_file(path, "a", path);
	snprintf(path, sizeof(path), "%s/devices.allow", dir);
	for (size_t i = 0; i < COUNT(allowed); i++)
		write_file(path, allowed[i], path);
}

static void make_cgroup(const char *dir)
{
	check(mkdir(dir, 0755), dir);
	copy_from_above(dir, "cpuset.cpus");
	copy_from_above(dir, "cpuset.mems");
	allow_devices(dir);
}

static void join_cgroup(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	write_file(path, "0", path);
}

static void remove_cgroup(const char *dir)
{
	check(rmdir(dir), dir);
}

static void with_cgroups(void (*act)(const char *dir))
{
	char pattern[256], dir[PATH_MAX];
	glob_t hierarchies;

	if (!want.cgroup)
		return;
	snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup/%scgroup.procs",
		 access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "" : "*/");
	if (glob(pattern, 0, NULL, &hierarchies) != 0)
		die(pattern);
	for (size_t i = 0; i < hierarchies.gl_pathc; i++) {
		const char *path = hierarchies.gl_pathv[i];

		snprintf(dir, sizeof(dir), "%.*s/%s", (int)(strlen(path) - strlen("/cgroup.procs")), path,
			 want.cgroup);
		act(dir);
	}
	globfree(&hierarchies);
}

void cgroups_make(void)
{
	with_cgroups(make_cgroup);
}

void cgroups_join(void)
{
	with_cgroups(join_cgroup);
}

void cgroups_remove(void)
{
	with_cgroups(remove_cgroup);
}
