/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tmpfs that is read-only and yet is to hold something: mount points of later mounts, device nodes. It is
 * writable until all of that is in it (podman --read-only has such a /dev), then its mount is made read-only.
 */
#include "planner.h"

#include "../spec/arena.h"
#include "mountopt.h"

#include <linux/mount.h>
#include <string.h>

/* The next name of the path and its length; 0 at the end. "." and repeated slashes are no names. */
static size_t next_name(const char **path)
{
	size_t n;

	do {
		*path += strspn(*path, "/");
		n = strcspn(*path, "/");
		if (n != 1 || **path != '.')
			break;
		*path += n;
	} while (n);
	return n;
}

enum place { ELSEWHERE, SAME, BELOW };

static enum place place_of(const char *path, const char *dir)
{
	for (;;) {
		size_t n = next_name(&path), k = next_name(&dir);

		if (!k)
			return n ? BELOW : SAME;
		if (n != k || strncmp(path, dir, k) != 0)
			return ELSEWHERE;
		path += n;
		dir += k;
	}
}

static bool is_read_only_tmpfs(struct builder *b, const struct spec_mount *m)
{
	struct mount_opts o = { 0 };

	if (!m->type || (strcmp(m->type, "tmpfs") != 0 && strcmp(m->type, "ramfs") != 0))
		return false;
	mount_opts_parse(b->a, &m->options, &o);
	return o.attr_set & MOUNT_ATTR_RDONLY && !o.bind && !o.rbind && !o.remount;
}

bool plan_filled_later(struct builder *b, const struct spec_mount *m)
{
	const struct spec *s = b->s;
	bool filled = place_of("/dev", m->destination) == SAME; /* the default devices */

	if (!is_read_only_tmpfs(b, m))
		return false;
	for (const struct spec_mount *other = m + 1; other < s->mounts.v + s->mounts.n; other++) {
		enum place p = place_of(other->destination, m->destination);

		if (p == SAME)
			return false; /* hidden: at that path there is another mount in the end */
		filled |= p == BELOW;
	}
	for (size_t i = 0; i < s->linux_->devices.n; i++)
		filled |= place_of(s->linux_->devices.v[i].path, m->destination) == BELOW;
	return filled;
}

void plan_filled(struct builder *b)
{
	for (size_t i = 0; i < b->s->mounts.n; i++) {
		const struct spec_mount *m = &b->s->mounts.v[i];

		if (plan_filled_later(b, m))
			plan_make_read_only(b, m->destination, arena_printf(b->a, "/mounts/%zu/options", i));
	}
}
