/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create and run.
 *
 *   load, check, plan                 nothing of the sandbox is there yet
 *   reserve the ID                    from here on a failure removes it again
 *   begin, conduct until READY        the first process has made the sandbox and waits
 *   record its identity, pid file     status created
 *   create: leave it at the gate      run: let it go, relay, remove
 *
 * A runtime that is killed on the way leaves a state directory without an identity, which
 * `delete --force` removes, and a first process that exits when it sees the connection end.
 */
#include "launch_parts.h"

#include "../spec/arena.h"
#include "account.h"
#include "begin.h"
#include "blake2.h"
#include "bound_devices.h"
#include "cgroup_make.h"
#include "end.h"
#include "externals.h"
#include "fd.h"
#include "guard.h"
#include "hook_site.h"
#include "hygiene.h"
#include "listen_env.h"
#include "log.h"
#include "notify.h"
#include "nsids.h"
#include "pidfile.h"
#include "relay.h"
#include "seccomp.h"
#include "state.h"
#include "stats.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
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

int launch_check_terminal(const struct launch *l, bool foreground, struct diags *dg)
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
	const char *wrong = NULL;

	if ((o->append || o->limit) && !o->out && !o->err)
		wrong = "--append and --output-limit go with --stdout or --stderr";
	else if (o->limit && l->o->detach)
		wrong = "--output-limit and --detach exclude each other: nobody would count";
	if (wrong) {
		diag_error(dg, "%s", wrong);
		return -1;
	}
	if (!l->s->process->terminal || (!o->out && !o->err))
		return 0;
	spec_at(l->s, diag_error(dg, "--stdout and --stderr are for a payload without a terminal"),
		"/process/terminal");
	return -1;
}

static const char *root_path(struct launch *l)
{
	const char *p = l->s->root->path;

	return !p ? l->bundle : *p == '/' ? p : arena_printf(l->a, "%s/%s", l->bundle, p);
}

static void fill_state(struct launch *l)
{
	struct state *st = &l->st;
	char now[RFC3339_SIZE];

	rfc3339_now(now);
	st->id = l->o->id;
	st->oci_version = l->s->oci_version;
	st->bundle = l->bundle;
	st->rootfs = root_path(l);
	st->owner = facts_user_name(l->a, l->facts.uid);
	st->created = arena_strdup(l->a, now);
	st->annotations = l->s->annotations;
	st->namespaces = l->planned.namespaces;
	st->has_init = l->planned.plan->flags & PLAN_INIT;
	st->no_pivot = l->o->no_pivot;
	st->hooks = spec_has_hooks(l->s);
	st->keeps = l->o->on_failure != ON_FAILURE_DELETE;
	st->cgroup = l->planned.cgroup;
	if (!l->s->process->terminal)
		stdio_identify(st->stdio);
}

/*
 * With hooks a state is there before the first of them runs: should we be killed in between,
 * delete must know what their poststop is to be told. With a cgroup it is there before that, so
 * that delete finds whatever was made of it.
 */
static int record_intent(struct launch *l, struct diags *dg)
{
	struct state st = l->st;

	st.created = ""; /* not complete */
	return st.hooks || st.cgroup.n ? state_write(&l->sd, &st, dg) : 0;
}

static int claim_uppers(struct launch *l, struct diags *dg)
{
	const struct str_list *u = &l->planned.uppers;

	l->st.uppers.v = arena_array(l->a, u->n + 1, sizeof(char *));
	for (size_t i = 0; i < u->n; i++) {
		CLEANUP_FD fd = open(u->v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		const char *key = NULL;
		int r = -1;

		if (fd < 0)
			diag_errno(dg, errno, "open", u->v[i], "can't open the overlay's upperdir")->hint =
				"upperdir and workdir must be there before: two empty directories on one file system";
		else
			r = state_claim_upper(&l->sd, l->a, fd, u->v[i], &key, dg);
		if (r < 0) {
			spec_at(l->s, dg->last, l->planned.upper_pointers.v[i]);
			return -1;
		}
		l->st.uppers.v[l->st.uppers.n++] = (char *)key;
	}
	return 0;
}

/* What another sandbox runs in must never be in our state: whoever deletes us would kill it. */
static int claim_cgroup_and_record(struct launch *l, struct diags *dg)
{
	struct cgroup *g = &l->st.cgroup;
	int r = cgroup_survey(g, dg);
	/* systemd takes away what has stopped: its path tells nothing. What is named by the ID is ours. */
	bool look = l->s->linux_->cgroups_path && (r > 0 || g->unit);

	if (r >= 0 && record_intent(l, dg) < 0)
		return -1;
	if (r >= 0 && look)
		r = state_check_cgroup(&l->sd, g, dg);
	if (r >= 0)
		return 0;
	spec_at(l->s, dg->last, "/linux/cgroupsPath");
	g->n = 0;
	return -1;
}

/* The directory is the intent: it is there before anything is made, and delete takes one without a state. */
int launch_reserve(struct launch *l, bool gate, struct diags *dg)
{
	if (state_reserve(&l->sd, l->a, l->o->root, l->o->id, dg) < 0)
		return -1;
	l->reserved = true;
	if (l->o->guard)
		guard_has_dir(l->o->guard, l->sd.fd);
	fill_state(l);
	if (claim_uppers(l, dg) < 0 || claim_cgroup_and_record(l, dg) < 0)
		return -1;
	if (l->notifies && notify_dir_make(&l->sd, dg) < 0)
		return -1;
	if (gate && (l->gate = state_gate_listen(&l->sd, dg)) < 0)
		return -1;
	return 0;
}

/* For the init, which writes down how it ended. */
static int make_record(struct launch *l, struct diags *dg)
{
	if (l->st.has_init && (l->end = end_make(&l->sd, dg)) < 0)
		return -1;
	return l->st.keeps && (l->held_seen = end_hold(&l->sd, &l->held, dg)) < 0 ? -1 : 0;
}

int launch_connect(struct launch *l, struct diags *dg)
{
	const struct launch_opts *o = l->o;
	const char *pidfd = o->pidfd_socket;

	if (!pidfd)
		pidfd = spec_annotation(l->s, "run.oci.pidfd_receiver");
	if (o->console_socket && l->s->process->terminal &&
	    (l->console = console_socket_connect(o->console_socket, dg)) < 0)
		return -1;
	if (pidfd && (l->pidfd_sock = console_socket_connect(pidfd, dg)) < 0)
		return -1;
	return 0;
}

static int hand_over(struct launch *l, struct diags *dg)
{
	if (l->console >= 0) {
		if (console_socket_send(l->console, l->c.master, "/dev/ptmx", dg) < 0)
			return -1;
		fd_close(&l->c.master);
	}
	return l->pidfd_sock >= 0 ? console_socket_send(l->pidfd_sock, l->c.pidfd, "pidfd", dg) : 0;
}

/* The first process is ready: who it is goes into the state, then everybody may know. */
int launch_record(struct launch *l, struct diags *dg)
{
	int r = proc_id_get(&l->st.init, l->c.pid, l->c.pidfd);

	l->st.rdt = l->c.rdt;
	if (r < 0) {
		diag_errno(dg, -r, NULL, NULL, "the sandbox's first process is gone");
		return -1;
	}
	r = l->st.has_init ? 0 : ns_inodes(l->c.pid, l->st.namespaces, l->st.ns_ino);
	/* an ordinary user may not look into a user namespace that was joined: exec then goes by pidfd */
	if (r < 0 && r != -EACCES && r != -EPERM) {
		diag_errno(dg, -r, "stat", NULL, "can't tell the sandbox's namespaces");
		return -1;
	}
	if (r < 0)
		memset(l->st.ns_ino, 0, sizeof l->st.ns_ino);
	if (state_write(&l->sd, &l->st, dg) < 0 || hand_over(l, dg) < 0)
		return -1;
	return l->o->pid_file ? pid_file_write(l->o->pid_file, l->c.pid, dg) : 0;
}

int launch_own_console(struct conduct *c, struct diags *dg)
{
	(void)dg;
	relay_size(c->master);
	return 0;
}

static void ended_early(struct launch *l, struct diags *dg)
{
	struct diag *d;

	if (!l->st.cgroup.n || stats_oom_kills(&l->st.cgroup) <= 0) {
		diag_error(dg, "the sandbox's first process ended before the sandbox was ready");
		return;
	}
	d = diag_error(dg, "the kernel killed the sandbox's first process: it ran out of memory");
	spec_at(l->s, d, "/linux/resources/memory/limit");
	d->hint = "the set-up alone takes some hundred kB; raise the limit";
}

static int make_sandbox(struct launch *l, bool gate, struct diags *dg)
{
	struct begin b = { .gate = -1, .given = SLOT_FDS_NONE, .fail_step = l->o->fail_step };

	l->c = (struct conduct){ .a = l->a,
				 .s = l->s,
				 .p = &l->planned,
				 .watch = l->o->watch,
				 .agent = agent_of(l->s, &l->st, STATUS_CREATED),
				 .cgroup = &l->st.cgroup,
				 .hooks = &l->hooks,
				 .account = l->o->account,
				 .console = l->o->console_socket ? NULL : launch_own_console,
				 CONDUCT_NONE };
	l->hooks =
		(struct hook_site){ .a = l->a, .s = l->s, .st = &l->st, .pidfd = -1, .watch = l->o->watch };
	if (launch_connect(l, dg) < 0 || launch_reserve(l, gate, dg) < 0 || make_record(l, dg) < 0)
		return -1;
	b.gate = l->gate;
	b.given.end = l->end;
	b.given.held = l->held;
	b.stdio = l->output.given ? l->output.stdio : NULL;
	if (begin(&l->c, &b, dg) < 0)
		return -1;
	fd_close(&l->held);
	/* exec's copy of the configuration: there is time for it while the child makes its mounts */
	if (state_write_config(&l->sd, l->s->text, l->s->text_len, dg) < 0)
		return -1;
	switch (conduct(&l->c, dg)) {
	case CONDUCT_READY: return launch_record(l, dg);
	case CONDUCT_GONE: ended_early(l, dg); return -1;
	case CONDUCT_FAILED: break;
	}
	return -1;
}

void launch_init(struct launch *l, struct arena *a, const struct launch_opts *o)
{
	memset(l, 0, sizeof *l);
	l->a = a;
	l->o = o;
	l->sd = (struct state_dir)STATE_DIR_NONE;
	l->gate = l->console = l->pidfd_sock = l->end = -1;
	l->held = l->held_seen = -1;
	l->c = (struct conduct){ CONDUCT_NONE };
	l->notify = (struct notify)NOTIFY_NONE;
	l->output = (struct output)OUTPUT_NONE;
}

void launch_undo(struct launch *l, struct diags *dg)
{
	l->st.rdt = l->c.rdt;
	abort_begun(&l->c);
	if (!l->c.cgroup_made) /* another one may have made it since the survey, and runs there */
		l->st.cgroup.n = 0;
	if (l->reserved)
		state_remove(&l->sd, &l->st, dg);
	if (l->reserved && l->o->pid_file && l->st.init.pid)
		pid_file_remove(l->o->pid_file, l->st.init.pid);
	if (l->hooks.ran) /* runtime.md: on from step 12 */
		hook_site_poststop(&l->hooks, dg);
}

void launch_finish(struct launch *l)
{
	let_go(&l->c);
	fd_close(&l->gate);
	fd_close(&l->console);
	fd_close(&l->pidfd_sock);
	notify_close(&l->notify);
	fd_close(&l->end);
	fd_close(&l->held);
	fd_close(&l->held_seen);
	output_close(&l->output);
	state_close(&l->sd);
}

void launch_hold_signals(sigset_t *before)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGINT);
	sigaddset(&s, SIGTERM);
	sigaddset(&s, SIGHUP);
	sigaddset(&s, SIGQUIT);
	sigprocmask(SIG_BLOCK, &s, before);
}

static int no_answer(struct diags *dg)
{
	diag_errno(dg, errno, "sendto", NULL, "can't let the sandbox's first process go on");
	return -1;
}

/* One that has ended meanwhile is a stopped sandbox, as it would be a moment later. */
static int leave_at_gate(struct launch *l, struct diags *dg)
{
	return conduct_reply(&l->c, REPLY_WAIT_GATE) == 0 || errno == EPIPE ? 0 : no_answer(dg);
}

int launch_create(struct arena *a, const struct launch_opts *o, struct diags *dg)
{
	struct launch l;
	sigset_t before;
	int r;

	launch_init(&l, a, o);
	if (state_check_id(o->id, dg) < 0 || launch_make_plan(&l, true, NULL, false, dg) < 0 ||
	    launch_check_terminal(&l, false, dg) < 0)
		return -1;
	account_mark(o->account, PHASE_PLAN);
	launch_hold_signals(&before);
	r = make_sandbox(&l, true, dg);
	account_mark(o->account, PHASE_SETUP);
	if (r == 0)
		r = leave_at_gate(&l, dg);
	if (r < 0)
		launch_undo(&l, dg);
	launch_finish(&l);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int let_run(struct launch *l, struct diags *dg)
{
	int err;

	if (l->notifies && notify_open(&l->notify, &l->sd, l->o->notify_socket, dg) < 0)
		return -1;
	if (l->o->flush)
		l->o->flush(dg);
	err = conduct_reply(&l->c, REPLY_GO) < 0 ? errno : 0;
	if (conduct(&l->c, dg) != CONDUCT_GONE)
		return -1;
	errno = err;
	return err ? no_answer(dg) : conduct_poststart(&l->c, dg);
}

/*
 * Whoever deletes it meanwhile has the lock, and runs poststop himself. Without the lock another one could
 * be made in its place just before we remove the cgroup, and we would kill what runs there.
 */
int launch_remove(struct launch *l, struct diags *dg)
{
	struct diags quiet;

	if (!l->st.hooks && !l->st.cgroup.n)
		return state_remove(&l->sd, &l->st, dg);
	diags_init(&quiet, l->a);
	if (state_gone(&l->sd) || (state_lock(&l->sd, 10000, &quiet) < 0 && l->sd.missing))
		return 0;
	if (state_remove(&l->sd, &l->st, dg) < 0)
		return -1;
	hook_site_poststop(&l->hooks, dg);
	return 0;
}

/* What the report has of the end: the record's, but the code is what came of it here. */
static void account_end(struct launch *l, const struct relay *relay, int code)
{
	struct account *r = l->o->account;

	account_mark(r, PHASE_PAYLOAD);
	if (!r)
		return;
	r->usage = relay->usage;
	r->has_usage = !relay->kept; /* else the init has told all there is to know */
	end_read(l->end, true, &r->ended);
	if (!r->ended.known) {
		r->ended.known = true;
		r->ended.reason = "payload";
		r->ended.signal = code > 128 ? code - 128 : 0;
	}
	r->ended.code = code;
	output_account(&l->output, r);
	account_cgroup(l->a, r, &l->st.cgroup);
}

/* Before the cgroup goes, and the count with it. */
void launch_tell_oom(const struct launch *l, struct diags *dg)
{
	int kills = l->st.cgroup.n ? stats_oom_kills(&l->st.cgroup) : 0;
	struct diag *d;

	if (kills <= 0)
		return;
	d = diag_warning(dg, "the sandbox ran out of memory: the kernel killed %d of its processes", kills);
	spec_at(l->s, d, "/linux/resources/memory/limit");
	d->hint = "raise the limit, or see what it uses with \"sbrun stats\"";
}

static void tell_kept(const struct launch *l, int code, struct diags *dg)
{
	diag_warning(dg, "the payload failed (exit code %d), and the sandbox is kept as it was", code)->hint =
		arena_printf(l->a, "\"sbrun exec %s sh\" looks into it, \"sbrun delete %s\" ends it",
			     l->o->id, l->o->id);
}

static int run_foreground(struct launch *l, int *exit_code, struct diags *dg)
{
	struct relay relay;
	int r = relay_init(&relay, dg);

	if (r == 0)
		r = make_sandbox(l, false, dg);
	account_mark(l->o->account, PHASE_SETUP);
	if (r == 0)
		r = let_run(l, dg);
	if (r < 0) {
		launch_undo(l, dg);
		relay_finish(&relay);
		account_mark(l->o->account, PHASE_REMOVAL);
		return -1;
	}
	fd_close(&l->c.ctl);
	output_handed_over(&l->output); /* only now is it sure that the child has looked at them */
	relay.held = l->held_seen;
	relay.record = l->end;
	relay.output = l->o->output.limit ? &l->output : NULL;
	state_unlock(&l->sd); /* whoever deletes it meanwhile need not wait for the end */
	relay.notify = l->notify.inside >= 0 ? &l->notify : NULL;
	r = relay_wait(&relay, l->c.pidfd, l->c.master, exit_code, dg);
	relay_finish(&relay);
	account_end(l, &relay, *exit_code);
	launch_tell_oom(l, dg);
	if (relay.kept)
		tell_kept(l, *exit_code, dg);
	else if (!l->o->keep && launch_remove(l, dg) < 0)
		r = -1;
	account_mark(l->o->account, PHASE_REMOVAL);
	return r;
}

static int run_detached(struct launch *l, struct diags *dg)
{
	sigset_t before;
	int r;

	launch_hold_signals(&before);
	r = make_sandbox(l, false, dg);
	if (r == 0)
		r = let_run(l, dg);
	if (r < 0)
		launch_undo(l, dg);
	sigprocmask(SIG_SETMASK, &before, NULL);
	state_unlock(&l->sd); /* it may be long, or never, until the payload is ready */
	if (r == 0)
		notify_wait(&l->notify, l->c.pidfd, l->c.pid, dg);
	return r;
}

int launch_run(struct arena *a, const struct launch_opts *o, int *exit_code, struct diags *dg)
{
	struct launch l;
	int r;

	*exit_code = 0;
	launch_init(&l, a, o);
	if (state_check_id(o->id, dg) < 0 || launch_make_plan(&l, false, NULL, false, dg) < 0 ||
	    launch_check_terminal(&l, !o->detach, dg) < 0)
		return -1;
	account_mark(o->account, PHASE_PLAN);
	if (check_output(&l, dg) < 0 || output_open(&l.output, &o->output, dg) < 0)
		return -1;
	r = o->detach ? run_detached(&l, dg) : run_foreground(&l, exit_code, dg);
	launch_finish(&l);
	return r;
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
