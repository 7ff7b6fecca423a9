/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: another process in a sandbox. It goes where the init is (one setns by its pidfd) and
 * takes the payload's security context: identity, capabilities, limits, no_new_privs, umask
 * and environment are those of the configuration unless asked otherwise.
 */
#include "launch.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "begin.h"
#include "end.h"
#include "exec_cgroup.h"
#include "fd.h"
#include "hygiene.h"
#include "listen_env.h"
#include "pidfile.h"
#include "relay.h"
#include "seccomp.h"
#include "state.h"
#include "stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

struct exec {
	struct arena *a;
	const struct exec_opts *o;
	struct state_dir sd;
	struct state st;
	struct spec *config; /* as at create */
	struct spec *s;      /* the file that diagnostics point into */
	struct spec_process process;
	struct facts facts;
	struct planned planned;
	int init, root, console, pidfd_sock;
	struct output output;
	struct conduct c;
};

/* ---- what to run ---- */

static struct str_list joined(struct arena *a, const struct str_list *x, const struct str_list *y)
{
	struct str_list l = { arena_array(a, x->n + y->n + 1, sizeof(char *)), 0 };

	for (size_t i = 0; i < x->n; i++)
		l.v[l.n++] = x->v[i];
	for (size_t i = 0; i < y->n; i++)
		l.v[l.n++] = y->v[i];
	return l;
}

/* "--env K=V" takes the place of the configuration's K. */
static struct str_list merged_env(struct arena *a, const struct str_list *base, const struct str_list *more)
{
	struct str_list l = { arena_array(a, base->n + more->n + 1, sizeof(char *)), 0 };

	for (size_t i = 0; i < base->n; i++) {
		size_t key = strcspn(base->v[i], "=");
		bool replaced = false;

		for (size_t k = 0; k < more->n && !replaced; k++)
			replaced = !strncmp(more->v[k], base->v[i], key) && more->v[k][key] == '=';
		if (!replaced)
			l.v[l.n++] = base->v[i];
	}
	for (size_t k = 0; k < more->n; k++)
		l.v[l.n++] = more->v[k];
	return l;
}

static int check_env(const struct str_list *env, struct diags *dg)
{
	for (size_t i = 0; i < env->n; i++) {
		const char *eq = strchr(env->v[i], '=');

		if (eq && eq != env->v[i])
			continue;
		diag_error(dg, "--env \"%s\" is not NAME=VALUE", env->v[i])->hint =
			"nothing is taken from the caller's environment";
		return -1;
	}
	return 0;
}

/* A capability added by --cap: usable, but never inheritable (CVE-2022-29162 and its kin). */
static void add_caps(struct exec *e)
{
	static const struct spec_caps none;
	struct spec_caps *c;

	if (!e->o->caps.n)
		return;
	c = arena_memdup(e->a, e->process.capabilities ? e->process.capabilities : &none, sizeof *c);
	c->bounding = joined(e->a, &c->bounding, &e->o->caps);
	c->permitted = joined(e->a, &c->permitted, &e->o->caps);
	c->effective = joined(e->a, &c->effective, &e->o->caps);
	e->process.capabilities = c;
}

static int from_flags(struct exec *e, struct diags *dg)
{
	const struct exec_opts *o = e->o;
	struct spec_process *p = &e->process;

	if (check_env(&o->env, dg) < 0)
		return -1;
	*p = *e->config->process;
	p->terminal = o->tty;
	p->console_size.set = false; /* that was the payload's; this one has the caller's size */
	p->args.n = 0;
	while (o->args[p->args.n])
		p->args.n++;
	p->args.v = (char **)o->args;
	if (o->cwd)
		p->cwd = arena_strdup(e->a, o->cwd);
	p->env = merged_env(e->a, &p->env, &o->env);
	if (o->set_user || o->set_gid) {
		/* another user has none of the configured one's groups */
		p->user.uid = o->set_user ? o->uid : p->user.uid;
		p->user.gid = o->set_gid ? o->gid : p->user.gid;
		p->user.additional_gids = (struct u32_list){ 0 };
	}
	if (o->additional_gids.n)
		p->user.additional_gids = o->additional_gids;
	p->no_new_privileges |= o->no_new_privs;
	add_caps(e);
	return 0;
}

/* What the document does not say is the configuration's; no_new_privs is never taken away. */
static int from_file(struct exec *e, struct diags *dg)
{
	const struct spec_process *base = e->config->process;
	struct spec_process *p = spec_load_process(e->a, e->o->process_file, e->o->process_file,
						   e->o->strict ? SPEC_STRICT : 0, &e->s, dg);

	if (!p)
		return -1;
	e->process = *p;
	if (!p->capabilities)
		e->process.capabilities = base->capabilities;
	if (!p->rlimits.n)
		e->process.rlimits = base->rlimits;
	if (!p->oom_score_adj.set)
		e->process.oom_score_adj = base->oom_score_adj;
	if (!p->user.umask.set)
		e->process.user.umask = base->user.umask;
	if (!p->scheduler)
		e->process.scheduler = base->scheduler;
	if (!p->io_priority)
		e->process.io_priority = base->io_priority;
	if (!p->exec_cpu_affinity)
		e->process.exec_cpu_affinity = base->exec_cpu_affinity;
	e->process.no_new_privileges |= base->no_new_privileges || e->o->no_new_privs;
	e->process.terminal |= e->o->tty;
	add_caps(e);
	return 0;
}

static int check_terminal(const struct exec *e, struct diags *dg)
{
	if (!e->process.terminal || !e->o->detach || e->o->console_socket)
		return 0;
	diag_error(dg, "a terminal is asked for, and nobody would hold it")->hint =
		"give --console-socket, or leave out --detach or --tty";
	return -1;
}

/* ---- where ---- */

static bool may_join(struct exec *e, enum status status)
{
	return status == STATUS_RUNNING || status == STATUS_CREATED ||
	       (status == STATUS_PAUSED && e->o->ignore_paused) ||
	       (status == STATUS_STOPPED && end_kept(&e->sd, &e->st));
}

static int find_sandbox(struct exec *e, struct diags *dg)
{
	enum status status;
	char path[64];

	if (state_open(&e->sd, e->a, e->o->root, e->o->id, dg) < 0 ||
	    state_read(&e->sd, e->a, &e->st, dg) < 0)
		return -1;
	status = state_status(&e->sd, &e->st);
	e->init = may_join(e, status) ? state_init(&e->st, dg) : -ESRCH;
	if (e->init == -ESRCH)
		diag_error(dg, "cannot exec in container \"%s\": container not running (it is %s)", e->o->id,
			   status_name(may_join(e, status) ? STATUS_STOPPED : status))
			->hint = status == STATUS_PAUSED ? "sbrun resume it first, or use --ignore-paused" : NULL;
	if (e->init < 0)
		return -1;
	if (e->st.no_pivot || !(e->st.namespaces >> NS_MOUNT & 1)) {
		snprintf(path, sizeof path, "/proc/%d/root", e->st.init.pid);
		e->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (e->root < 0 || pidfd_ended(e->init)) {
			diag_errno(dg, errno, "open", path, "can't reach the sandbox's root");
			return -1;
		}
	}
	return 0;
}

/* Whether setgroups(2) was given up in the sandbox's user namespace: user_namespaces(7). */
static bool setgroups_denied(const struct exec *e)
{
	char path[64], word[8] = "";
	CLEANUP_FD fd = -1;

	if (!(e->st.namespaces >> NS_USER & 1))
		return false;
	snprintf(path, sizeof path, "/proc/%d/setgroups", e->st.init.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, word, sizeof word - 1) > 0 && !strncmp(word, "deny", 4);
}

/* --apparmor and --process-label come before the document and the configuration. */
static void set_labels(struct exec *e)
{
	const struct spec_process *base = e->config->process;
	struct spec_process *p = &e->process;

	if (e->o->apparmor)
		p->apparmor_profile = arena_strdup(e->a, e->o->apparmor);
	else if (!p->apparmor_profile)
		p->apparmor_profile = base->apparmor_profile;
	if (e->o->process_label)
		p->selinux_label = arena_strdup(e->a, e->o->process_label);
	else if (!p->selinux_label)
		p->selinux_label = base->selinux_label;
}

/* ---- debug ---- */

/* /proc has it in every kernel and sandbox, and nothing that anybody would look for is in it. */
#define TOOLS_PLACE "/proc/driver"
#define TOOLS_ROOT_PLACE "/mnt"

static const char *tools_path(struct exec *e, const char *prefix)
{
	static const char *const dirs[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
					    "/sbin", "/bin", "" };
	const char *old = "", *path = "PATH=";

	for (size_t i = 0; i < e->process.env.n; i++)
		if (!strncmp(e->process.env.v[i], "PATH=", 5))
			old = e->process.env.v[i] + 5;
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (*prefix || *dirs[i])
			path = arena_printf(e->a, "%s%s%s:", path, prefix, dirs[i]);
	return arena_printf(e->a, "%s%s", path, old);
}

static struct str_list with_word(struct arena *a, const struct str_list *l, char *word)
{
	struct str_list one = { &word, 1 };

	return joined(a, l, &one);
}

static bool looks_into_others(const struct str_list *caps)
{
	bool does = false;

	for (size_t i = 0; i < caps->n; i++)
		does |= !strcmp(caps->v[i], "CAP_SYS_PTRACE") || !strcmp(caps->v[i], "CAP_WAKE_ALARM");
	return does;
}

/*
 * Through /proc/PID/root a process can look into another one of the same user if it has all its
 * capabilities: one more than the payload's, which allows nothing that matters, shuts the tools off from it.
 */
static void keep_tools_to_ourselves(struct exec *e, struct diags *dg)
{
	static const struct spec_caps none;
	struct spec_caps *c = arena_memdup(
		e->a, e->process.capabilities ? e->process.capabilities : &none, sizeof *c);
	enum { N_SETS = 5 };
	struct str_list *sets[N_SETS] = { &c->bounding, &c->permitted, &c->effective, &c->inheritable,
					  &c->ambient };
	/* root's next execve, or that of a file with capabilities, gives all that is not bounded */
	bool bounded = e->config->process->no_new_privileges || !looks_into_others(&c->bounding);

	if (!bounded || looks_into_others(&c->permitted))
		diag_warning(dg, "with its capabilities the payload can read the tools too, while this runs")
			->hint = "give --tools a directory that has only what the sandbox may see";
	for (size_t i = 0; i < N_SETS; i++)
		*sets[i] = with_word(e->a, sets[i], arena_strdup(e->a, "CAP_WAKE_ALARM"));
	e->process.capabilities = c;
}

static int bring_tools(struct exec *e, struct plan_exec_opts *po, struct diags *dg)
{
	struct str_list path = { 0 };
	bool root = e->o->tools_are_root;
	char *var;

	if (!e->o->tools)
		return 0;
	if (e->root >= 0) {
		diag_error(dg, "tools can't be brought into a sandbox without a root of its own mount namespace")
			->hint = "sbrun exec works there";
		return -1;
	}
	var = (char *)tools_path(e, root ? "" : TOOLS_PLACE);
	path.v = &var;
	path.n = 1;
	e->process.env = merged_env(e->a, &e->process.env, &path);
	if (root)
		e->process.cwd = arena_printf(e->a, "%s%s", TOOLS_ROOT_PLACE, e->process.cwd);
	keep_tools_to_ourselves(e, dg);
	po->tools = e->o->tools;
	po->tools_are_root = root;
	po->tools_place = root ? TOOLS_ROOT_PLACE : TOOLS_PLACE;
	return 0;
}

static int prepare(struct exec *e, struct diags *dg)
{
	struct plan_exec_opts po = {
		.process = &e->process,
		.by_root_fd = e->root >= 0,
		.report_steps = e->o->watch.done != NULL,
		.die_with_parent = e->o->guard != NULL,
		.preserve_fds = e->o->preserve_fds,
		.umask = sbrun_umask,
	};

	if (exec_cgroup(e->a, &e->st.cgroup, &e->o->cgroups, dg) < 0)
		return -1;
	if (!(e->config = stored_config(e->a, &e->sd, dg)))
		return -1;
	e->s = e->config;
	if ((e->o->process_file ? from_file(e, dg) : from_flags(e, dg)) < 0 || check_terminal(e, dg) < 0)
		return -1;
	if (bring_tools(e, &po, dg) < 0)
		return -1;
	set_labels(e);
	listen_env_give(e->a, &e->o->listen, &e->process);
	po.linux_ = e->config->linux_;
	po.id = e->o->id;
	po.cgroup = &e->st.cgroup;
	po.namespaces = e->st.namespaces;
	po.init_pid = e->st.init.pid;
	for (int t = 0; t < NS__COUNT; t++) /* known where the payload is PID 1 */
		if (e->st.ns_ino[t])
			po.ns_ino = e->st.ns_ino;
	po.setgroups_denied = setgroups_denied(e);
	if (facts_get(e->a,
		      (lsm_wants_facts(NULL, &e->process) ? FACTS_LSM : 0) |
			      (e->config->linux_->intel_rdt ? FACTS_RDT : 0),
		      &e->facts, dg) < 0)
		return -1;
	/* what is to be warned of was said at create */
	if (seccomp_prepare(e->a, e->config, e->o->root, SECCOMP_STORE | SECCOMP_QUIET, &po.filter, dg) < 0)
		return -1;
	return plan_exec(e->a, e->s, &e->facts, &po, &e->planned, dg);
}

/* ---- doing it ---- */

static int connect_sockets(struct exec *e, struct diags *dg)
{
	if (e->o->console_socket && e->process.terminal &&
	    (e->console = console_socket_connect(e->o->console_socket, dg)) < 0)
		return -1;
	if (e->o->pidfd_socket && (e->pidfd_sock = console_socket_connect(e->o->pidfd_socket, dg)) < 0)
		return -1;
	return 0;
}

/* Before the command runs: whoever gets it may set its size first. */
static int console(struct conduct *c, struct diags *dg)
{
	struct exec *e = c->owner;

	if (e->console < 0) {
		relay_size(c->master);
		return 0;
	}
	if (console_socket_send(e->console, c->master, "/dev/ptmx", dg) < 0)
		return -1;
	fd_close(&c->master);
	return 0;
}

static int hand_over(struct exec *e, struct diags *dg)
{
	if (e->pidfd_sock >= 0 && console_socket_send(e->pidfd_sock, e->c.pidfd, "pidfd", dg) < 0)
		return -1;
	return e->o->pid_file ? pid_file_write(e->o->pid_file, e->c.pid, dg) : 0;
}

/* What the command line gave has no place in the stored configuration. */
static void forget_place(const struct exec *e, struct diags *dg)
{
	struct diag *d = dg->last;

	if (e->o->process_file || !d || !d->pointer || strncmp(d->pointer, "/process/", 9) != 0)
		return;
	d->file = d->pointer = NULL;
	d->line = d->col = 0;
}

static int start(struct exec *e, struct diags *dg)
{
	struct begin b = { .gate = -1,
			   .given = { e->init, e->root, -1, -1 },
			   .stdio = e->output.given ? e->output.stdio : NULL };

	e->c = (struct conduct){ .a = e->a,
				 .s = e->s,
				 .p = &e->planned,
				 .watch = e->o->watch,
				 .agent = agent_of(e->config, &e->st, STATUS_RUNNING),
				 .cgroup = &e->st.cgroup,
				 .init = e->st.init.pid,
				 .console = console,
				 .owner = e,
				 .guard = e->o->guard,
				 CONDUCT_NONE };
	if (connect_sockets(e, dg) < 0 || begin(&e->c, &b, dg) < 0)
		return -1;
	if (conduct(&e->c, dg) != CONDUCT_GONE || hand_over(e, dg) < 0) {
		forget_place(e, dg);
		abort_begun(&e->c);
		return -1;
	}
	output_handed_over(&e->output); /* only now is it sure that the child has looked at them */
	return 0;
}

static int open_output(struct exec *e, struct diags *dg)
{
	const struct output_opts *o = &e->o->output;

	return output_check(o, e->o->detach, e->process.terminal, dg) < 0 ? -1
									  : output_open(&e->output, o, dg);
}

static int run(struct exec *e, int *exit_code, struct diags *dg)
{
	struct relay relay = { .signal_fd = -1, .master = -1, .held = -1, .record = -1 };
	int r;

	if (e->o->detach)
		return start(e, dg);
	r = relay_init(&relay, dg);
	if (r == 0)
		r = start(e, dg);
	if (r == 0) {
		fd_close(&e->c.ctl);
		relay.output = e->o->output.limit ? &e->output : NULL;
		r = relay_wait(&relay, e->c.pidfd, e->c.master, exit_code, dg);
	}
	relay_finish(&relay);
	output_tell_dropped(&e->output, dg);
	return r;
}

int launch_exec(struct arena *a, const struct exec_opts *o, int *exit_code, struct diags *dg)
{
	struct exec e = {
		.a = a, .o = o, .sd = STATE_DIR_NONE, .init = -1, .root = -1, .console = -1, .pidfd_sock = -1,
		.output = OUTPUT_NONE, .c = { CONDUCT_NONE },
	};
	int r;

	*exit_code = 0;
	r = find_sandbox(&e, dg);
	if (r == 0)
		r = prepare(&e, dg);
	if (r == 0)
		r = open_output(&e, dg);
	if (r == 0)
		r = run(&e, exit_code, dg);
	let_go(&e.c);
	output_close(&e.output);
	fd_close(&e.init);
	fd_close(&e.root);
	fd_close(&e.console);
	fd_close(&e.pidfd_sock);
	state_close(&e.sd);
	return r;
}
