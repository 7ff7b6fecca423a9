/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: the limits in force are those of the configuration with every update since on top. The
 * latter are kept as one document, ROOT/ID/resources.json, since some values mean something
 * only together with others that are not given again (swap counts the memory limit in).
 */
#include "update.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "cgroup_make.h"
#include "device_set.h"
#include "facts.h"
#include "fd.h"
#include "json_text.h"
#include "limit_write.h"
#include "rdt.h"
#include "state.h"
#include "stored.h"
#include "systemd_scope.h"

#include <jansson.h>
#include <string.h>

struct update {
	struct arena *a;
	const struct update_opts *o;
	struct state_dir sd;
	struct state st;
	struct spec *config, *file; /* as at create; the document, for its places */
	struct spec_resources *given, *merged, *changed;
	char *before; /* earlier updates, as text; NULL: none */
};

static int find(struct update *u, struct diags *dg)
{
	enum status status;

	if (state_open(&u->sd, u->a, u->o->root, u->o->id, dg) < 0 || state_lock(&u->sd, 10000, dg) < 0 ||
	    state_read(&u->sd, u->a, &u->st, dg) < 0)
		return -1;
	status = state_status(&u->sd, &u->st);
	if (status == STATUS_CREATED || status == STATUS_RUNNING || status == STATUS_PAUSED) {
		if (u->st.cgroup.n)
			return 0;
		diag_error(dg, "container \"%s\" has no cgroup of its own to limit", u->o->id)->hint =
			"linux.cgroupsPath or linux.resources give it one when it is created";
		return -1;
	}
	diag_error(dg, "container not running: \"%s\" is %s", u->o->id, status_name(status));
	return -1;
}

/* What is in force: the configuration's, then earlier updates'. */
static int in_force(struct update *u, struct spec_resources **out, struct diags *dg)
{
	struct spec *file;
	struct spec_resources *earlier, *unused;

	if (!(u->config = stored_config(u->a, &u->sd, dg)) ||
	    state_read_resources(&u->sd, u->a, &u->before, dg) < 0)
		return -1;
	*out = u->config->linux_->resources;
	if (!u->before)
		return 0;
	earlier =
		spec_load_resources_text(u->a, u->before, strlen(u->before), "resources.json", 0, &file, dg);
	if (!earlier)
		return -1;
	limits_merge(u->a, *out, earlier, out, &unused);
	return 0;
}

static int load(struct update *u, struct diags *dg)
{
	const struct update_opts *o = u->o;
	unsigned flags = o->strict ? SPEC_STRICT : 0;
	struct spec_resources *stored;

	if (o->file)
		u->given =
			spec_load_resources(u->a, o->file, strcmp(o->file, "-") ? o->file : "standard input",
					    flags, &u->file, dg);
	else
		u->given = spec_load_resources_text(u->a, o->text, strlen(o->text), "options", flags,
						    &u->file, dg);
	if (!u->given || in_force(u, &stored, dg) < 0)
		return -1;
	limits_merge(u->a, stored, u->given, &u->merged, &u->changed);
	return spec_check_resources(u->a, u->file, u->merged, dg);
}

/* The hierarchies that the sandbox is in, for the planner's conversion. */
static struct cgroup_layout layout_of(struct update *u)
{
	struct cgroup_layout l = { .controllers = "" };
	const struct cgroup *g = &u->st.cgroup;

	l.v = arena_array(u->a, g->n + 1, sizeof *l.v);
	for (size_t i = 0; i < g->n; i++) {
		CLEANUP_FD dir = -1;
		char have[4096];

		l.v[l.n++] = (struct cgroup_mount){ g->v[i].mount, g->v[i].options, g->v[i].path };
		if (g->v[i].options || (dir = cgroup_dir(&g->v[i])) < 0 ||
		    cgroup_read(dir, "cgroup.controllers", have, sizeof have) < 0)
			continue;
		have[strcspn(have, "\n")] = 0;
		l.controllers = arena_strdup(u->a, have);
	}
	return l;
}

static int check_usage(struct update *u, struct diags *dg)
{
	const struct cgroup *g = &u->st.cgroup;
	CLEANUP_FD dir = cgroup_dir_of(g, "memory");
	unsigned long long memory = 0, swap = 0;

	if (dir < 0)
		return 0;
	if (cgroup_v1(g, "memory")) {
		cgroup_read_u64(dir, "memory.usage_in_bytes", &memory);
		cgroup_read_u64(dir, "memory.memsw.usage_in_bytes", &swap);
		swap = swap > memory ? swap - memory : 0;
	} else {
		cgroup_read_u64(dir, "memory.current", &memory);
		cgroup_read_u64(dir, "memory.swap.current", &swap);
	}
	return limits_check_usage(u->file, u->changed, memory, swap, dg);
}

/* Frozen meanwhile: v1 takes no two rules at once. */
static int set_devices(struct update *u, struct diags *dg)
{
	const struct cgroup *g = &u->st.cgroup;
	bool freeze = cgroup_v1(g, "devices") && !cgroup_frozen(g) && cgroup_freeze(g, true) == 0;
	int r = device_set(u->a, g, &u->given->devices, true, dg);

	if (freeze)
		cgroup_freeze(g, false);
	return r;
}

static int apply(struct update *u, struct diags *dg)
{
	struct cgroup_layout l = layout_of(u);
	struct limit_list limits;

	if (limits_of(u->a, u->file, u->changed, &l, &limits, dg) < 0)
		return -1;
	if (limits.check_usage && check_usage(u, dg) < 0)
		return -1;
	if (limit_write_all(u->a, &u->st.cgroup, &limits, u->file, dg) < 0)
		return -1;
	if (u->st.cgroup.manager == CGROUP_SYSTEMD) {
		struct property_list p = { 0 };

		systemd_limit_properties(u->a, &limits, &p);
		if (systemd_scope_set(u->st.cgroup.unit, u->st.cgroup.user, &p, dg) < 0)
			return -1;
	}
	return u->given->devices.n ? set_devices(u, dg) : 0;
}

/* The group is the one of create; its directories are known to the state already. */
static int update_rdt(struct update *u, struct diags *dg)
{
	struct str_list made = { 0 };
	struct rdt_group g = { .id = u->o->id, .lines = { arena_array(u->a, 3, sizeof(char *)), 0 } };
	struct facts f;

	if (!u->o->l3_cache && !u->o->mem_bw)
		return 0;
	if (facts_get(u->a, FACTS_RDT, &f, dg) < 0)
		return -1;
	if (!u->config->linux_->intel_rdt || !f.resctrl) {
		diag_error(dg, "container \"%s\" is in no RDT group", u->o->id)->hint =
			"linux.intelRdt gives it one when it is created";
		return -1;
	}
	g.root = f.resctrl;
	g.clos = u->config->linux_->intel_rdt->clos_id ? u->config->linux_->intel_rdt->clos_id : "";
	if (u->o->l3_cache)
		g.lines.v[g.lines.n++] = arena_strdup(u->a, u->o->l3_cache);
	if (u->o->mem_bw)
		g.lines.v[g.lines.n++] = arena_strdup(u->a, u->o->mem_bw);
	return rdt_apply(u->a, &g, u->st.init.pid, &made, dg);
}

/* Objects one into the other, lists as a whole. */
static int keep(struct update *u, struct diags *dg)
{
	json_t *doc = u->before ? json_loads(u->before, 0, NULL) : json_object();
	json_t *given = json_loadb(u->file->text, u->file->text_len, 0, NULL);
	char *text;
	int r = -1;

	if (doc && given && json_object_update_recursive(doc, given) == 0) {
		text = json_document(u->a, json_incref(doc), JSON_COMPACT);
		r = text ? state_write_resources(&u->sd, text, strlen(text), dg) : -1;
	}
	if (r < 0 && !dg->errors)
		diag_error(dg, "the new limits of \"%s\" are set, but can't be kept for the next update",
			   u->o->id);
	json_decref(doc);
	json_decref(given);
	return r;
}

int launch_update(struct arena *a, const struct update_opts *o, struct diags *dg)
{
	struct update u = { .a = a, .o = o, .sd = STATE_DIR_NONE };
	int r = find(&u, dg);

	if (r == 0)
		r = load(&u, dg);
	if (r == 0)
		r = apply(&u, dg);
	if (r == 0)
		r = update_rdt(&u, dg);
	if (r == 0)
		r = keep(&u, dg);
	state_close(&u.sd);
	return r;
}
