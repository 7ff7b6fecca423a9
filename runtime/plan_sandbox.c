/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of create and run: the order of everything. */
#include "planner.h"

#include "../spec/arena.h"

#include <string.h>

/* Programs that are an init themselves: under them another one would only be in the way. */
static const char *const inits[] = {
	"systemd",    "init",        "openrc-init",      "tini",      "tini-static",   "dumb-init",
	"catatonit",  "docker-init", "podman-init",      "s6-svscan", "s6-linux-init", "runit",
	"runit-init", "runsvdir",    "supervisord-init", "procd",     "launchd",       "busybox-init",
};

static bool is_init(const char *arg)
{
	const char *name = strrchr(arg, '/');

	name = name ? name + 1 : arg;
	for (size_t i = 0; i < sizeof inits / sizeof *inits; i++)
		if (!strcmp(name, inits[i]))
			return true;
	return false;
}

static bool only_one_process(const struct spec *s)
{
	return s->linux_->resources && s->linux_->resources->pids_limit.v == 1;
}

static bool has_time_limit(const struct spec *s, const struct plan_opts *o)
{
	return o->limits.timeout || o->limits.cpu_time || s->sbrun.limits.timeout ||
	       s->sbrun.limits.cpu_time;
}

/* --init, else "sbrun".init or the annotation (the loader has merged them), else auto. */
static bool wants_init(const struct builder *b, const struct plan_opts *o)
{
	enum init_mode mode = o->set_init ? o->init : b->s->sbrun.set_init ? b->s->sbrun.init : INIT_AUTO;

	if (mode == INIT_AUTO && only_one_process(b->s)) /* then it must be the payload */
		return false;
	if (mode == INIT_AUTO && b->new_ns[NS_PID] && has_time_limit(b->s, o))
		return true;
	if (mode == INIT_AUTO)
		return b->new_ns[NS_PID] && !is_init(b->s->process->args.v[0]);
	return mode == INIT_ALWAYS;
}

static void note_namespaces(struct builder *b)
{
	for (size_t i = 0; i < b->s->linux_->namespaces.n; i++) {
		const struct spec_namespace *n = &b->s->linux_->namespaces.v[i];

		b->out->namespaces |= 1u << n->type;
		b->new_ns[n->type] = !n->path;
		if (n->type == NS_USER) {
			b->user_new = !n->path;
			b->user_joined = n->path != NULL;
		}
	}
	/* ids inside can't reach what only root outside can: the parent opens sources then */
	b->sources_by_parent = b->user_new && b->f->uid == 0;
}

/* podman --group-add keep-groups: for access to files by groups that aren't mapped inside */
static bool keeps_groups(const struct spec *s)
{
	const char *value = spec_annotation(s, "run.oci.keep_original_groups");

	return value && strcmp(value, "1") == 0;
}

static void plan_uts(struct builder *b)
{
	if (b->s->hostname)
		add_step(b, STEP_HOSTNAME, "/hostname")->s[0] = put_str(b, b->s->hostname);
	if (b->s->domainname)
		add_step(b, STEP_DOMAINNAME, "/domainname")->s[0] = put_str(b, b->s->domainname);
}

/* "net.ipv4.ip_forward" or "net/ipv4/ip_forward" to a path; the checks have refused everything odd. */
static const char *sysctl_path(struct builder *b, const char *key)
{
	char *path = arena_strdup(b->a, key);
	char *p;

	if (strchr(path, '/') && (!strchr(path, '.') || strchr(path, '/') < strchr(path, '.')))
		return path; /* the first separator is a slash: dots are part of names */
	for (p = path; *p; p++)
		*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	return path;
}

/* A key as a token of a JSON pointer (RFC 6901). */
const char *pointer_token(struct builder *b, const char *key)
{
	char *out = arena_alloc(b->a, strlen(key) * 2 + 1), *p = out;

	for (; *key; key++) {
		*p++ = *key == '/' || *key == '~' ? '~' : *key;
		if (p[-1] == '~')
			*p++ = *key == '/' ? '1' : '0';
	}
	*p = 0;
	return out;
}

static void plan_sysctl(struct builder *b)
{
	for (size_t i = 0; i < b->s->linux_->sysctl.n; i++) {
		const struct kv *kv = &b->s->linux_->sysctl.v[i];
		struct step *s;

		if (!strncmp(kv->key, "net", 3))
			plan_network(b);
		s = add_step(b, STEP_SYSCTL, "/linux/sysctl/%s", pointer_token(b, kv->key));
		s->s[0] = put_str(b, sysctl_path(b, kv->key));
		s->s[1] = put_str(b, kv->value);
	}
}

/* Without a mount namespace of its own there is only a change of root. */
static void plan_file_systems(struct builder *b, const struct plan_opts *o, bool cpu_time)
{
	const char *root = NULL;

	if (!b->new_ns[NS_MOUNT]) {
		if (o->notify_dir)
			diag_error(b->dg, "NOTIFY_SOCKET is set, and without a mount namespace of its own the "
					  "sandbox can't be given a socket")
				->hint = "unset it, or add {\"type\": \"mount\"} to linux.namespaces";
		if (b->s->mounts.n || b->s->root->overlay || b->s->root->readonly)
			spec_at(b->s,
				diag_error(
					b->dg,
					"mounts, an overlay and a read-only root need a new mount namespace"),
				b->s->mounts.n ? "/mounts" : "/root")
				->hint = "add {\"type\": \"mount\"} to linux.namespaces";
		else
			root = host_path(b, b->s->root->path);
		plan_create_hooks(b);
		if (cpu_time)
			add_step(b, STEP_CPU_CLOCK, "/sbrun/cpuTime");
		plan_network(b);
		if (root)
			add_step(b, STEP_CHROOT, "/root/path")->s[0] = put_str(b, root);
		plan_sysctl(b);
		return;
	}
	if (o->no_pivot && (b->user_new || b->user_joined))
		spec_at(b->s, diag_error(b->dg, "--no-pivot leaves the host's root in reach of a user namespace"),
			"/linux/namespaces")
			->hint = "leave out --no-pivot: pivot_root works here";
	plan_root(b, o->no_pivot);
	plan_mounts(b);
	plan_notify(b, o->notify_dir);
	plan_dev(b);
	if (b->s->process->terminal)
		plan_console(b, b->s->process, false);
	if (cpu_time)
		add_step(b, STEP_CPU_CLOCK, "/sbrun/cpuTime");
	plan_create_hooks(b);
	plan_sysctl(b);
	plan_filled(b);
	plan_masks(b);
	plan_network(b);
	add_step(b, STEP_PIVOT, "/root")->n[0] = o->no_pivot;
	plan_root_propagation(b);
}

static uint32_t plan_flags(struct builder *b, const struct plan_opts *o, bool init)
{
	uint32_t flags = 0;

	if (o->report_steps)
		flags |= PLAN_REPORT_STEPS;
	if (init)
		flags |= PLAN_INIT;
	if (b->s->process->terminal)
		flags |= PLAN_TERMINAL;
	if (b->new_ns[NS_PID])
		flags |= PLAN_OWN_PIDNS;
	return flags;
}

static uint32_t listen_flag(const struct str_list *env)
{
	for (size_t i = 0; i < env->n; i++)
		if (!strncmp(env->v[i], "LISTEN_FDS=", 11))
			return PLAN_LISTEN_PID;
	return 0;
}

static void put_process(struct builder *b, const struct spec_process *p, struct plan *head)
{
	head->args = put_list(b, &p->args);
	head->n_args = (uint32_t)p->args.n;
	head->env = put_list(b, &p->env);
	head->n_env = (uint32_t)p->env.n;
	head->cwd = put_str(b, p->cwd);
}

static void finish(struct builder *b, const struct spec_process *p, unsigned preserve, uint32_t first_child,
		   uint32_t flags)
{
	struct plan head = { 0 };
	struct plan *plan;

	put_process(b, p, &head);
	if (!(flags & PLAN_HOOK)) /* whose environment is as it stands */
		flags |= listen_flag(&p->env);
	finish_plan(b, first_child, flags);
	plan = b->out->plan;
	plan->args = head.args;
	plan->n_args = head.n_args;
	plan->env = head.env;
	plan->n_env = head.n_env;
	plan->cwd = head.cwd;
	plan->preserve = (int32_t)preserve;
	plan->ctl_fd = 3 + (int32_t)preserve;
	plan->gate_fd = -1;
	plan->slot_base = plan->ctl_fd + 3; /* ctl, plan, gate */
}

int plan_sandbox(struct arena *a, const struct spec *s, const struct facts *f, const struct plan_opts *o,
		 struct planned *out, struct diags *dg)
{
	struct builder b = {
		.a = a, .s = s, .f = f, .dg = dg, .out = out, .bundle = o->bundle, .filter = o->filter
	};
	unsigned errors = dg->errors;
	uint32_t first_child;
	struct time_limits limits;
	int end_slot = -1, held_slot = -1;
	bool init;

	memset(out, 0, sizeof *out);
	note_namespaces(&b);
	b.keeps_groups = keeps_groups(s);
	b.own_limits = !b.user_new && !b.user_joined && f->uid == 0;
	init = wants_init(&b, o);
	limits = plan_time_limits(&b, o, init);
	plan_cgroup(&b, o);
	plan_namespaces(&b, &first_child);
	plan_uts(&b);
	plan_file_systems(&b, o, limits.cpu_time != 0);
	if (!o->no_new_keyring)
		plan_keyring(&b, s->process);
	plan_before_gate(&b, s->process);
	plan_rdt(&b, s->linux_, o->id);
	if (init)
		end_slot = add_slot(&b, (struct slot){ .kind = SLOT_END });
	if (o->on_failure != ON_FAILURE_DELETE)
		held_slot = plan_on_failure(&b, init);
	add_step(&b, STEP_START_GATE, "/process");
	plan_hooks(&b, HOOK_START_CONTAINER);
	if (init)
		plan_spawn(&b, o, &limits);
	plan_payload(&b, s->process, s->linux_, o->umask);
	plan_hooks(&b, HOOK_POSTSTART);
	plan_hooks(&b, HOOK_POSTSTOP);
	if (dg->errors != errors)
		return -1;
	finish(&b, s->process, o->preserve_fds, first_child, plan_flags(&b, o, init));
	out->plan->end_slot = end_slot;
	out->plan->held_slot = held_slot;
	return 0;
}

int plan_exec(struct arena *a, const struct spec *s, const struct facts *f, const struct plan_exec_opts *o,
	      struct planned *out, struct diags *dg)
{
	struct builder b = { .a = a, .s = s, .f = f, .dg = dg, .out = out, .bundle = "/", .filter = o->filter };
	unsigned errors = dg->errors;
	uint32_t exe, first_child;

	memset(out, 0, sizeof *out);
	out->namespaces = o->namespaces;
	b.setgroups_denied = o->setgroups_denied;
	b.user_joined = o->namespaces >> NS_USER & 1;
	b.exec = !o->hook; /* which the settings of processes are not for */
	plan_join_cgroup(&b, o->cgroup);
	plan_affinity_initial(&b, o->process, add_step(&b, STEP_CLONE, "/process"));
	first_child = (uint32_t)b.n_steps;
	plan_enter(&b, o);
	if (o->namespaces >> NS_PID & 1)
		add_step(&b, STEP_FORK, "/linux/namespaces");
	plan_keyring(&b, o->process);
	if (o->process->terminal)
		plan_console(&b, o->process, true);
	if (o->outside_root) {
		plan_hook_outside(&b, o);
	} else {
		plan_before_gate(&b, o->process);
		plan_rdt(&b, o->linux_, o->id);
		if (o->die_with_parent)
			add_step(&b, STEP_GUARD, "/process");
		plan_payload(&b, o->process, o->linux_, o->umask);
	}
	if (dg->errors != errors)
		return -1;
	exe = o->hook ? put_str(&b, o->hook->path) : 0;
	finish(&b, o->process, o->preserve_fds, first_child,
	       PLAN_EXEC | (o->report_steps ? PLAN_REPORT_STEPS : 0u) |
		       (o->process->terminal ? PLAN_TERMINAL : 0u) | (o->hook ? PLAN_HOOK : 0u));
	out->plan->exe = exe;
	return 0;
}
