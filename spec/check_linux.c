/* SPDX-License-Identifier: Apache-2.0 */
/* The smaller fields of `linux`. */
#include <string.h>

#include "check.h"
#include "words.h"

static void check_paths(struct check *c, const struct str_list *list, const char *field)
{
	if (list->n)
		check_need_ns(check_at(c, "/linux/%s", field), NS_MOUNT, field);
	for (size_t i = 0; i < list->n; i++)
		check_absolute(check_at(c, "/linux/%s/%zu", field, i), list->v[i]);
}

static bool has_dotdot(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += n + (path[n] == '/');
	}
	return false;
}

static void check_cgroups_path(struct check *c)
{
	const char *path = c->s->linux_->cgroups_path;

	if (path && has_dotdot(path))
		check_refuse(check_at(c, "/linux/cgroupsPath"), "\"..\" in the path of a cgroup");
}

static bool is_schema(const char *s, const char *begin)
{
	return !strncmp(s, begin, strlen(begin));
}

/* The names that resctrl has for itself in its root are no groups either. */
static bool is_group_name(const char *s)
{
	static const char *const own[] = { ".", "..", "info", "mon_groups", "mon_data" };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (!strcmp(s, own[i]))
			return false;
	return !strpbrk(s, "/\n");
}

static void check_intel_rdt(struct check *c)
{
	const struct spec_intel_rdt *r = c->s->linux_->intel_rdt;

	if (!r)
		return;
	if (r->clos_id && strcmp(r->clos_id, "/") && !is_group_name(r->clos_id))
		check_refuse(check_at(c, "/linux/intelRdt/closID"),
			     "\"%s\" can't be the name of a directory in resctrl", r->clos_id);
	if (r->l3_cache_schema && strchr(r->l3_cache_schema, '\n'))
		check_refuse(check_at(c, "/linux/intelRdt/l3CacheSchema"), "a schema is one line");
	if (r->mem_bw_schema && strchr(r->mem_bw_schema, '\n'))
		check_refuse(check_at(c, "/linux/intelRdt/memBwSchema"), "a schema is one line");
	if (r->l3_cache_schema && !is_schema(r->l3_cache_schema, "L3"))
		check_refuse(check_at(c, "/linux/intelRdt/l3CacheSchema"),
			     "an L3 cache schema begins with \"L3\"");
	if (r->mem_bw_schema && !is_schema(r->mem_bw_schema, "MB:"))
		check_refuse(check_at(c, "/linux/intelRdt/memBwSchema"),
			     "a memory bandwidth schema begins with \"MB:\"");
	for (size_t i = 0; i < r->schemata.n; i++)
		if (strchr(r->schemata.v[i], '\n') || !strchr(r->schemata.v[i], ':'))
			check_refuse(check_at(c, "/linux/intelRdt/schemata/%zu", i),
				     "a schema is one line, as in \"MB:0=20;1=70\"");
}

static void check_memory_policy(struct check *c)
{
	const struct spec_memory_policy *p = c->s->linux_->memory_policy;
	bool without;

	if (!p || !p->mode)
		return;
	without = !strcmp(p->mode, "MPOL_DEFAULT") || !strcmp(p->mode, "MPOL_LOCAL");
	check_at(c, "/linux/memoryPolicy/nodes");
	if (without && p->nodes)
		check_refuse(c, "%s has no nodes", p->mode);
	else if (!without && !p->nodes)
		check_refuse(c, "%s needs nodes", p->mode);
	else if (p->nodes && !check_is_cpu_list(p->nodes))
		check_refuse(c, "\"%s\" is not a list of nodes", p->nodes)->hint = "write it as in \"0-3,7\"";
	if (str_listed(&p->flags, "MPOL_F_STATIC_NODES") && str_listed(&p->flags, "MPOL_F_RELATIVE_NODES"))
		check_refuse(check_at(c, "/linux/memoryPolicy/flags"),
			     "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
}

void check_linux(struct check *c)
{
	const struct spec_linux *l = c->s->linux_;

	if (l->rootfs_propagation)
		check_need_ns(check_at(c, "/linux/rootfsPropagation"), NS_MOUNT, "rootfsPropagation");
	check_paths(c, &l->masked_paths, "maskedPaths");
	check_paths(c, &l->readonly_paths, "readonlyPaths");
	check_cgroups_path(c);
	check_devices(c);
	check_sysctl(c);
	check_resources(c, c->s->linux_->resources, false);
	check_seccomp(c);
	check_intel_rdt(c);
	check_memory_policy(c);
}
