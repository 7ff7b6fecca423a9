/* SPDX-License-Identifier: Apache-2.0 */
/* From a bundle to its plan: nothing of the sandbox is there yet. */
#include "launch_parts.h"

#include "../spec/arena.h"
#include "account.h"
#include "blake2.h"
#include "bound_devices.h"
#include "hygiene.h"
#include "listen_env.h"
#include "notify.h"
#include "seccomp.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct spec *launch_load(struct arena *a, const struct launch_opts *o, struct diags *dg)
{
	const char *name = o->config ? o->config : "config.json";
	const char *path =
		o->config && strchr(o->config, '/') ? o->config : arena_printf(a, "%s/%s", o->bundle, name);
	unsigned flags = o->strict ? SPEC_STRICT : 0;
	struct spec *s = o->text ? spec_load_text(a, o->text, o->text_len, name, flags, dg)
				 : spec_load(a, path, name, flags, dg);

	if (s)
		listen_env_give(a, &o->listen, s->process);
	else if (dg->last && dg->last->err == ENOENT)
		dg->last->hint =
			"a bundle is a directory with a config.json: \"sbrun spec\" writes one to begin with, --bundle says where it is";
	return s;
}

static unsigned wanted_facts(const struct spec *s, enum cgroup_manager manager)
{
	unsigned want = spec_namespace(s, NS_USER) ? FACTS_IDS : 0;

	if (plan_wants_cgroup(s, manager))
		want |= FACTS_CGROUPS;
	for (size_t i = 0; i < s->mounts.n; i++)
		if (s->mounts.v[i].type && !strncmp(s->mounts.v[i].type, "cgroup", 6))
			want |= FACTS_CGROUPS;
	if (lsm_wants_facts(s, s->process))
		want |= FACTS_LSM;
	return want | (s->linux_->intel_rdt ? FACTS_RDT : 0);
}

static const char *absolute(struct arena *a, const char *dir, struct diags *dg)
{
	char *path = realpath(dir, NULL), *copy;

	if (!path) {
		diag_errno(dg, errno, "realpath", dir, "can't open the bundle");
		return NULL;
	}
	copy = arena_strdup(a, path);
	free(path);
	return copy;
}

/* IDs are unique in a state root: with another one than the default, that is in the name too. */
static const char *cgroup_name(struct arena *a, const char *root, const char *id)
{
	struct diags quiet;
	const char *usual;
	struct blake2 b;
	unsigned char digest[BLAKE2_SIZE];

	diags_init(&quiet, a);
	usual = state_default_root(a, &quiet);
	if (usual && !strcmp(usual, root))
		return arena_printf(a, "sbrun-%s", id);
	blake2_init(&b);
	blake2_add(&b, root, strlen(root));
	blake2_end(&b, digest);
	return arena_printf(a, "sbrun-%s-%02x%02x%02x%02x", id, digest[0], digest[1], digest[2], digest[3]);
}

static bool mounts_sysfs(const struct spec *s)
{
	for (size_t i = 0; i < s->mounts.n; i++)
		if (s->mounts.v[i].type && !strcmp(s->mounts.v[i].type, "sysfs"))
			return true;
	return false;
}

int launch_make_plan(struct launch *l, bool gate, const char *facts_file, bool dry, struct diags *dg)
{
	const struct launch_opts *o = l->o;
	struct plan_opts po = {
		.id = o->id ? o->id : "<id>",
		.preserve_fds = o->preserve_fds,
		.no_pivot = o->no_pivot,
		.no_new_keyring = o->no_new_keyring,
		.gate = gate,
		.report_steps = o->watch.done != NULL,
		.set_init = o->set_init,
		.init = o->init,
		.limits = o->limits,
		.die_with_parent = o->guard != NULL,
		.on_failure = (enum on_failure)o->on_failure,
		.umask = sbrun_umask,
		.manager = o->manager,
		.cgroup_name = cgroup_name(l->a, o->root, o->id ? o->id : "<id>"),
	};

	if (!(l->s = launch_load(l->a, o, dg)) || !(l->bundle = absolute(l->a, o->bundle, dg)))
		return -1;
	account_mark(o->account, PHASE_LOAD);
	if (l->will_run && early_net_fits(l->s))
		early_net_begin(&l->net, mounts_sysfs(l->s));
	po.bundle = l->bundle;
	l->notifies = notify_wanted(l->s, o->notify_socket);
	if (l->notifies) {
		notify_give(l->a, l->s);
		po.notify_dir = notify_source(l->a, o->root, po.id);
	}
	if ((facts_file ? facts_load(l->a, facts_file, &l->facts, dg)
			: facts_get(l->a, wanted_facts(l->s, o->manager), &l->facts, dg)) < 0)
		return -1;
	if (seccomp_prepare(l->a, l->s, o->root, dry ? 0 : SECCOMP_STORE, &po.filter, dg) < 0)
		return -1;
	if (plan_sandbox(l->a, l->s, &l->facts, &po, &l->planned, dg) < 0)
		return -1;
	if (!facts_file)
		bound_devices_warn(l->s, &l->facts, &l->planned, dg);
	return 0;
}

static int check_terminal(const struct launch *l, bool foreground, struct diags *dg)
{
	struct diag *d;

	if (!l->s->process->terminal || foreground || l->o->console_socket)
		return 0;
	d = diag_error(dg, "a terminal is asked for, and nobody would hold it");
	spec_at(l->s, d, "/process/terminal");
	d->hint = "give --console-socket, run in the foreground, or set process.terminal to false";
	return -1;
}

static int check_output(const struct launch *l, struct diags *dg)
{
	const struct output_opts *o = &l->o->output;
	bool terminal = l->s->process->terminal && (o->out || o->err);

	if (output_check(o, l->o->detach, terminal, dg) == 0)
		return 0;
	if (terminal)
		spec_at(l->s, dg->last, "/process/terminal");
	return -1;
}

int launch_stdio(struct launch *l, bool foreground, struct diags *dg)
{
	if (check_terminal(l, foreground, dg) < 0 || check_output(l, dg) < 0)
		return -1;
	return output_open(&l->output, &l->o->output, dg);
}

int launch_foresee(struct arena *a, const struct launch_opts *o, const char *facts_file, struct spec **s,
		   struct planned *out, struct diags *dg)
{
	struct launch l;
	int r;

	launch_init(&l, a, o);
	r = launch_make_plan(&l, true, facts_file, true, dg);
	*s = l.s;
	*out = l.planned;
	return r;
}
