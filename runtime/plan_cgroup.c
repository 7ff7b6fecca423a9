/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning the sandbox's cgroup: where it is, what limits it gets.
 *
 * One is made when linux.cgroupsPath or linux.resources ask for it, or the systemd manager is to
 * be used; a short task without limits stays in its caller's, which costs nothing. Without
 * cgroupsPath it is "sbrun-ID" (plan_opts.cgroup_name) below the caller's own, so that what limits
 * the caller limits the sandbox too. In cgroup2 a group with processes of its own (the caller's)
 * can't give controllers to those below it: where these are needed, it comes beside the caller's.
 */
#include "planner.h"

#include "../spec/arena.h"
#include "device_rules.h"
#include "limits.h"
#include "words.h"

#include <linux/capability.h>
#include <string.h>

static bool has_limits(const struct spec_resources *r)
{
	return r && (r->memory || r->cpu || r->pids_limit.set || r->block_io || r->hugepage_limits.n ||
		     r->network || r->rdma.n || r->unified.n);
}

static bool wanted(const struct spec *s, enum cgroup_manager manager)
{
	const struct spec_resources *r = s->linux_->resources;

	return manager == CGROUP_SYSTEMD || s->linux_->cgroups_path || has_limits(r) || (r && r->devices.n);
}

bool plan_wants_cgroup(const struct spec *s, enum cgroup_manager manager)
{
	return manager != CGROUP_DISABLED && wanted(s, manager);
}

/* ---- where ---- */

/* "/a//b/" to "/a/b"; the root is "". */
static char *tidy(struct arena *a, const char *base, const char *path)
{
	char *out = arena_alloc(a, strlen(base) + strlen(path) + 3), *to = out;

	for (const char *part = base; part; part = part == base ? path : NULL)
		for (const char *p = part + strspn(part, "/"); *p; p += strspn(p, "/")) {
			size_t n = strcspn(p, "/");

			*to++ = '/';
			memcpy(to, p, n);
			to += n;
			p += n;
		}
	*to = 0;
	return out;
}

/* The caller's own cgroup may lie outside of what this cgroup namespace shows. */
static const char *own_path(const struct cgroup_mount *m)
{
	return strncmp(m->path, "/..", 3) ? m->path : "";
}

static char *parent_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_strndup(a, path, (size_t)(slash - path)) : arena_strdup(a, "");
}

char *cgroup_near_caller(struct arena *a, const struct cgroup_mount *m, const char *name, bool controllers)
{
	return tidy(a, m->options || !controllers ? own_path(m) : parent_of(a, own_path(m)), name);
}

/* Relative ones are below (or beside, see above) the caller's. */
static char *place(struct builder *b, const struct cgroup_mount *m, const char *name, const char *needed)
{
	const char *path = b->s->linux_->cgroups_path;

	if (b->out->unit.name)
		return tidy(b->a, "", b->out->unit.path);
	if (path && *path == '/')
		return tidy(b->a, "", path);
	return cgroup_near_caller(b->a, m, path ? path : name, *needed);
}

/* "SLICE:PREFIX:NAME" is a scope for systemd; by this manager it would be a directory of that name. */
static void notice_scope(struct builder *b)
{
	const char *path = b->s->linux_->cgroups_path, *colon = path ? strchr(path, ':') : NULL;

	if (b->out->unit.name || !colon || !strchr(colon + 1, ':') || strchr(path, '/'))
		return;
	spec_at(b->s, diag_warning(b->dg, "\"%s\" is systemd's form, and taken as the name of a directory", path),
		"/linux/cgroupsPath")
		->hint = "for a scope: sbrun --cgroup-manager systemd (or --systemd-cgroup)";
}

static void place_all(struct builder *b, const char *name, const char *needed)
{
	const struct cgroup_layout *l = &b->f->cgroups;
	struct cgroup *g = &b->out->cgroup;

	notice_scope(b);
	g->v = arena_array(b->a, l->n + 1, sizeof *g->v);
	for (size_t i = 0; i < l->n; i++) {
		const struct cgroup_mount *m = &l->v[i];
		char *at = place(b, m, name, needed);

		g->v[g->n++] = (struct cgroup_place){ .mount = m->name, .options = m->options, .path = at };
		if (!*at) {
			spec_at(b->s,
				diag_error(b->dg, "the path of the cgroup is the root of the hierarchy"),
				"/linux/cgroupsPath")
				->hint = "give the sandbox a cgroup of its own: \"/sbrun/NAME\"";
			return;
		}
	}
}

/* ---- limits ---- */

/* The controllers of cgroup2 that the limits are for, each once. */
static const char *needed_v2(struct builder *b, const struct limit_list *limits)
{
	const struct cgroup_layout *l = &b->f->cgroups;
	char *words = arena_strdup(b->a, "");

	for (size_t i = 0; i < limits->n; i++) {
		const char *c = limits->v[i].controller;
		const struct cgroup_mount *m = layout_controller(l, c);

		if (m && !m->options && !words_have(words, c, strlen(c)))
			words = arena_printf(b->a, "%s%s%s", words, *words ? " " : "", c);
	}
	return words;
}

static void plan_limits(struct builder *b, const struct limit_list *limits)
{
	for (size_t i = 0; i < limits->n; i++) {
		const struct limit *l = &limits->v[i];
		struct step *s = add_step(b, STEP_LIMIT, "%s", l->pointer);

		s->s[0] = put_str(b, l->file);
		s->s[1] = put_str(b, l->value);
		s->s[2] = put_str(b, l->controller);
		if (l->alt_file)
			s->s[3] = put_str(b, arena_printf(b->a, "%s %s", l->alt_file, l->alt_value));
		s->n[0] = l->flags;
	}
}

/*
 * Where the kernel asks for CAP_SYS_ADMIN outside of any user namespace and the caller lacks it,
 * nothing is lost: neither can the sandbox make device nodes, and those bound into it are the
 * caller's to use.
 */
static void plan_devices(struct builder *b)
{
	const struct spec_resources *r = b->s->linux_->resources;
	struct device_writes unused;
	bool v1 = cgroup_v1(&b->out->cgroup, "devices"), v2 = cgroup_v2(&b->out->cgroup);
	struct diags told;
	struct step *s;

	if (!r || !r->devices.n || !b->f->initial_userns || !caps_has_own(b->f, CAP_SYS_ADMIN))
		return;
	diags_init(&told, b->a);
	if (v1 && !v2 && device_rules_v1(b->a, &r->devices, &unused, &told) < 0) {
		device_rules_v1(b->a, &r->devices, &unused, b->dg);
		spec_at(b->s, b->dg->last,
			b->dg->last->pointer ? b->dg->last->pointer : "/linux/resources/devices");
		return;
	}
	s = add_step(b, STEP_DEVICE_RULES, "/linux/resources/devices");
	s->n[0] = r->devices.n;
	s->n[1] = v1 ? 1 + v2 : 0;
}

/* The names of the hierarchies, for the reader of the plan. */
static char *hierarchies(struct builder *b)
{
	const struct cgroup *g = &b->out->cgroup;
	char *words = arena_strdup(b->a, "");

	for (size_t i = 0; i < g->n; i++)
		words = arena_printf(b->a, "%s%s%s", words, *words ? ", " : "",
				     g->v[i].options ? g->v[i].mount : "cgroup2");
	return words;
}

/*
 * An ordinary user who asked for no limits loses nothing without a cgroup: where none is delegated
 * the sandbox stays in the caller's. (Device rules need none there: a user namespace makes no device.)
 */
static bool may_do_without(const struct builder *b, const struct limit_list *limits)
{
	return !limits->n && !(b->f->initial_userns && caps_has_own(b->f, CAP_SYS_ADMIN));
}

static void no_cgroup(struct builder *b, enum cgroup_manager manager)
{
	const struct spec_resources *r = b->s->linux_->resources;
	struct diag *d;

	if (has_limits(r)) {
		d = spec_at(
			b->s,
			manager == CGROUP_DISABLED
				? diag_error(b->dg,
					     "limits need a cgroup, and --cgroup-manager disabled makes none")
				: diag_error(
					  b->dg,
					  "limits need a cgroup, and no cgroup file system is mounted here"),
			"/linux/resources");
		d->hint = manager == CGROUP_DISABLED ? "remove linux.resources, or use another manager"
						     : "mount -t cgroup2 cgroup2 /sys/fs/cgroup";
	} else if (r && r->devices.n && b->f->initial_userns && !b->user_new &&
		   caps_has_own(b->f, CAP_MKNOD)) {
		spec_at(b->s,
			diag_warning(b->dg, "the rules for devices are not applied: there is no cgroup"),
			"/linux/resources/devices");
	}
}

static bool plan_unit(struct builder *b, const char *id, const struct limit_list *limits)
{
	struct planned *out = b->out;
	struct diag *d;

	if (!b->f->cgroups.systemd) {
		d = diag_error(b->dg, "systemd does not manage this host: it can't be asked for a cgroup");
		spec_at(b->s, d, "/linux/cgroupsPath");
		d->hint = "use --cgroup-manager cgroupfs";
		return false;
	}
	if (systemd_unit_of(b->a, b->s, id, b->f, &out->unit, b->dg) < 0)
		return false;
	systemd_limit_properties(b->a, limits, &out->properties);
	out->cgroup.unit = out->unit.name;
	out->cgroup.user = out->unit.user;
	return systemd_annotation_properties(b->a, b->s, &out->properties, b->dg) == 0;
}

void plan_cgroup(struct builder *b, const struct plan_opts *o)
{
	const struct spec_linux *l = b->s->linux_;
	struct limit_list limits = { 0 };
	const char *needed;
	struct step *s;

	if (!wanted(b->s, o->manager))
		return;
	if (o->manager == CGROUP_DISABLED || !b->f->cgroups.n) {
		no_cgroup(b, o->manager);
		return;
	}
	if (l->resources && limits_of(b->a, b->s, l->resources, &b->f->cgroups, &limits, b->dg) < 0)
		return;
	b->out->cgroup.manager = o->manager;
	if (o->manager == CGROUP_SYSTEMD && !plan_unit(b, o->id, &limits))
		return;
	b->cgroup_optional = o->manager == CGROUP_FS && may_do_without(b, &limits);
	s = add_step(b, STEP_CGROUP, l->cgroups_path ? "/linux/cgroupsPath" : "/linux/resources");
	needed = needed_v2(b, &limits);
	s->s[1] = put_str(b, needed);
	place_all(b, o->cgroup_name, needed);
	s->s[0] = put_str(b, b->out->cgroup.v[0].path);
	s->s[2] = put_str(b, hierarchies(b));
	if (b->out->unit.name)
		s->s[3] = put_str(b, arena_printf(b->a, "%s in %s", b->out->unit.name, b->out->unit.slice));
	s->n[0] = b->cgroup_optional;
	plan_limits(b, &limits);
	plan_devices(b);
	plan_cgroup_owner(b);
}

void plan_join_cgroup(struct builder *b, const struct cgroup *g)
{
	if (!g || !g->n)
		return;
	b->out->cgroup = *g;
	add_step(b, STEP_CGROUP_JOIN, "/linux/cgroupsPath")->s[0] = put_str(b, g->v[0].path);
}

/* ---- type cgroup ---- */

static bool writable_cgroup2(const struct builder *b)
{
	for (size_t i = 0; i < b->s->mounts.n; i++) {
		const struct spec_mount *m = &b->s->mounts.v[i];
		bool ro = false;

		if (!m->type || strncmp(m->type, "cgroup", 6) || strcmp(m->destination, "/sys/fs/cgroup"))
			continue;
		for (size_t k = 0; k < m->options.n; k++)
			ro = !strcmp(m->options.v[k], "ro") || (ro && strcmp(m->options.v[k], "rw"));
		return !ro;
	}
	return false;
}

/* config-linux.md, "Cgroup ownership": the uid outside of process.user, where all of these hold. */
void plan_cgroup_owner(struct builder *b)
{
	const struct id_maps *m = &b->s->linux_->uid_maps;
	uint32_t uid = b->s->process->user.uid;
	const struct cgroup *g = &b->out->cgroup;

	if (!g->n || g->v[0].options || g->n > 1 || !b->user_new || !b->new_ns[NS_CGROUP] ||
	    !writable_cgroup2(b))
		return;
	for (size_t i = 0; i < m->n; i++)
		if (uid >= m->v[i].container && uid - m->v[i].container < m->v[i].size)
			add_step(b, STEP_CGROUP_OWNER, "/linux/uidMappings")->n[0] =
				m->v[i].host + (uid - m->v[i].container);
}
