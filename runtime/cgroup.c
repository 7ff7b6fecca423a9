/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup.h"

#include "fd.h"
#include "words.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

const struct cgroup_place *cgroup_v2(const struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (!g->v[i].options)
			return &g->v[i];
	return NULL;
}

const struct cgroup_place *cgroup_v1(const struct cgroup *g, const char *controller)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].options && words_have(g->v[i].options, controller, strlen(controller)))
			return &g->v[i];
	return NULL;
}

bool cgroup_was_there(const struct cgroup_place *p)
{
	unsigned depth = 0;

	for (const char *c = p->path; *c; c++)
		depth += *c == '/';
	return p->keep >= depth;
}

int cgroup_locate(const struct cgroup_place *p, struct cgroup_at *at)
{
	static int top = -1;
	int n;

	if (top < 0)
		top = open("/sys/fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
	at->dir = top < 0 ? AT_FDCWD : top;
	n = snprintf(at->path, sizeof at->path, "%s%s%s", top < 0 ? "/sys/fs/cgroup/" : "./", p->mount,
		     p->path);
	return n < 0 || (size_t)n >= sizeof at->path ? -ENAMETOOLONG : 0;
}

int cgroup_dir(const struct cgroup_place *p)
{
	struct cgroup_at at;
	CLEANUP_FD fd = -1;
	struct statfs fs;
	int r = cgroup_locate(p, &at);

	if (r < 0)
		return r;
	fd = openat(at.dir, at.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != (p->options ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
		return -ENODEV;
	return fd_take(&fd);
}

int cgroup_dir_of(const struct cgroup *g, const char *controller)
{
	const struct cgroup_place *p = cgroup_v1(g, controller);

	if (!p)
		p = cgroup_v2(g);
	return p ? cgroup_dir(p) : -ENOENT;
}

ssize_t cgroup_read(int dir, const char *file, char *buf, size_t size)
{
	CLEANUP_FD fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t r = 1;

	if (fd < 0)
		return -errno;
	while (r > 0 && n < size - 1) {
		r = read(fd, buf + n, size - 1 - n);
		if (r < 0 && errno == EINTR)
			r = 1;
		else if (r < 0)
			return -errno;
		else
			n += (size_t)r;
	}
	buf[n] = 0;
	return (ssize_t)n;
}

int cgroup_write(int dir, const char *file, const char *value)
{
	CLEANUP_FD fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return -errno;
	return 0;
}

int cgroup_read_u64(int dir, const char *file, unsigned long long *v)
{
	char buf[64], *end;
	ssize_t n = cgroup_read(dir, file, buf, sizeof buf);

	if (n < 0)
		return (int)n;
	if (!strcmp(buf, "max\n")) {
		*v = UINT64_MAX;
		return 0;
	}
	*v = strtoull(buf, &end, 10);
	return end == buf ? -EINVAL : 0;
}

int cgroup_read_key(int dir, const char *file, const char *key, unsigned long long *v)
{
	char buf[16384] = "";
	size_t k = strlen(key);
	ssize_t n = cgroup_read(dir, file, buf, sizeof buf);

	if (n < 0)
		return (int)n;
	for (const char *line = buf; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (!strncmp(line, key, k) && line[k] == ' ') {
			*v = strtoull(line + k + 1, NULL, 10);
			return 0;
		}
	return -ENODATA;
}
