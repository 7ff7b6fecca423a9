/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts of type cgroup. With a cgroup namespace they show the sandbox's cgroup as the root;
 * without one that cgroup is bound, so that nothing else is seen or written. One that is not the
 * sandbox's own (it has none, or may have to do without) is never writable.
 */
#include "planner.h"

#include "../spec/arena.h"

#include <linux/mount.h>
#include <string.h>

/* Where the sandbox will be in that hierarchy, or where the caller is. */
static const char *path_in(const struct builder *b, const struct cgroup_mount *m)
{
	const struct cgroup *g = &b->out->cgroup;

	for (size_t i = 0; i < g->n && !b->cgroup_optional; i++)
		if (!strcmp(g->v[i].mount, m->name))
			return g->v[i].path;
	return m->path;
}

static void put_controllers(struct builder *b, struct plan_mount *m, const char *options)
{
	struct str_list data = { arena_array(b->a, strlen(options) + 1, sizeof(char *)), 0 };
	char *copy = arena_strdup(b->a, options), *save = NULL;

	for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save))
		data.v[data.n++] = w;
	m->data = put_list(b, &data);
	m->n_data = (uint32_t)data.n;
}

static void cgroup_step(struct builder *b, const struct plan_mount *proto, const struct cgroup_mount *c,
			const char *target, const char *pointer)
{
	struct plan_mount m = *proto;
	const char *host =
		arena_printf(b->a, "/sys/fs/cgroup%s%s%s", *c->name ? "/" : "", c->name, path_in(b, c));

	m.target = put_str(b, target);
	if (!b->new_ns[NS_CGROUP]) {
		m.flags |= PM_BIND;
		m.source = put_str(b, host);
		plan_source_slot(b, &m, host, pointer);
	} else {
		m.type = put_str(b, c->options ? "cgroup" : "cgroup2");
		m.source = put_str(b, "cgroup");
		m.n_data = 0;
		if (c->options)
			put_controllers(b, &m, c->options);
		m.alt = put_str(b, host);
		m.flags |= PM_ALT_RO;
	}
	add_step(b, STEP_MOUNT, "%s", pointer)->s[0] = put_bytes(b, &m, sizeof m);
}

static void force_read_only(struct builder *b, struct plan_mount *m, const char *pointer)
{
	if (b->out->cgroup.n && !b->cgroup_optional)
		return;
	if (!(m->attr_set & MOUNT_ATTR_RDONLY))
		spec_atf(b->s,
			 diag_warning(b->dg, "mounted read-only: the sandbox %s cgroup of its own",
				      b->cgroup_optional ? "may get no" : "has no"),
			 "%s", pointer)
			->hint = "linux.cgroupsPath or linux.resources give it one";
	m->attr_set |= MOUNT_ATTR_RDONLY;
	m->attr_clr &= ~(uint64_t)MOUNT_ATTR_RDONLY;
}

/* The hierarchies of v1 are directories of a tmpfs, as the host has them. */
static void tmpfs_step(struct builder *b, const struct plan_mount *proto, const char *pointer)
{
	struct plan_mount tmp = *proto;

	tmp.type = put_str(b, "tmpfs");
	tmp.source = put_str(b, "tmpfs");
	tmp.data = put_str(b, "mode=0755");
	tmp.n_data = 1;
	tmp.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY; /* mount points are made in it first */
	add_step(b, STEP_MOUNT, "%s", pointer)->s[0] = put_bytes(b, &tmp, sizeof tmp);
}

void plan_make_read_only(struct builder *b, const char *target, const char *pointer)
{
	struct plan_mount ro = { .attr_set = MOUNT_ATTR_RDONLY,
				 .flags = PM_REMOUNT,
				 .source_slot = -1,
				 .idmap_slot = -1,
				 .lower_slot = -1,
				 .target = put_str(b, *target == '/' ? target
								     : arena_printf(b->a, "/%s", target)) };

	add_step(b, STEP_MOUNT, "%s", pointer)->s[0] = put_bytes(b, &ro, sizeof ro);
}

void plan_cgroup_mount(struct builder *b, const struct spec_mount *sm, struct plan_mount *proto,
		       const char *pointer)
{
	const struct cgroup_layout *l = &b->f->cgroups;

	force_read_only(b, proto, pointer);
	if (!l->n) {
		spec_atf(b->s, diag_error(b->dg, "no cgroup file system is mounted on this host"), "%s",
			 pointer)
			->hint = "remove the mount of type cgroup, or mount cgroup2 on /sys/fs/cgroup";
		return;
	}
	if (!*l->v[0].name) {
		cgroup_step(b, proto, &l->v[0], sm->destination, pointer);
		return;
	}
	tmpfs_step(b, proto, pointer);
	for (size_t i = 0; i < l->n; i++)
		cgroup_step(b, proto, &l->v[i], arena_printf(b->a, "%s/%s", sm->destination, l->v[i].name),
			    pointer);
	plan_make_read_only(b, sm->destination, pointer); /* the tmpfs is nobody's to write to */
}
