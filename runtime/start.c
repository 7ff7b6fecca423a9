/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start: connect to the gate, say go, and hear whether the payload could be executed. The step
 * that failed is put into words from a plan made again out of the stored configuration; it is
 * the same plan, since it depends on nothing else that could have changed.
 *
 * With hooks: startContainer's when stage-2 asks for them on its way to the payload, poststart's
 * once that runs. One that fails ends the sandbox and removes it.
 */
#include "launch.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "conduct.h"
#include "fd.h"
#include "hook_site.h"
#include "hygiene.h"
#include "listener.h"
#include "message.h"
#include "notify.h"
#include "procid.h"
#include "seccomp.h"
#include "state.h"
#include "stored.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static int not_startable(const char *id, enum status st, struct diags *dg)
{
	struct diag *d = diag_error(dg, "cannot start container \"%s\": it is %s", id, status_name(st));

	d->hint = st == STATUS_STOPPED ? "a sandbox runs once: delete it and create it again"
				       : "only a created one can be started";
	return -1;
}

/* The message names a step by its number: only the plan knows what that is. */
static void explain(struct arena *a, struct state_dir *sd, const struct state *st, const struct plan_msg *m,
		    struct diags *dg)
{
	struct spec *s = stored_config(a, sd, dg);
	struct facts f;
	struct planned p;
	struct plan_opts o = { .bundle = st->bundle,
			       .gate = true,
			       .no_pivot = st->no_pivot,
			       .umask = sbrun_umask,
			       .manager = st->cgroup.manager,
			       .cgroup_name = st->id, /* nothing is made: any name will do */
			       .set_init = true,
			       .init = st->has_init ? INIT_ALWAYS : INIT_NEVER };
	struct plan_msg here = *m;
	struct diags quiet;

	diags_init(&quiet, a);
	if (!s || facts_get(a, FACTS_IDS | FACTS_CGROUPS, &f, &quiet) < 0 ||
	    seccomp_prepare(a, s, sd->root, SECCOMP_QUIET, &o.filter, &quiet) < 0 ||
	    plan_sandbox(a, s, &f, &o, &p, &quiet) < 0) {
		diag_errno(dg, m->err, NULL, m->detail, "the payload could not be started")->exit_code =
			m->exit_code;
		return;
	}
	/* Counted from the end: what create alone was told (--no-new-keyring) lies before the gate. */
	here.step += p.plan->n_steps - (uint32_t)m->value;
	conduct_failure(a, s, &p, &here, dg);
}

struct start {
	struct arena *a;
	struct state_dir sd;
	struct state st;
	int gate, pidfd;
	struct notify notify;
	struct hook_site hooks; /* .s NULL: it has none */
	bool hook_failed;
	bool asked; /* the gate has got its answer: nobody can start it any more */
};

/*
 * Under a filter the process leaves its last words in the verdict. The agent of a filter that
 * notifies is told by us: create is long gone. m is what came last, maybe a failure.
 */
static int filtered(struct start *s, int fds[MESSAGE_FDS], int *verdict, struct plan_msg *m, struct diags *dg)
{
	struct agent agent;
	struct spec *config;
	int r;

	fd_close(verdict);
	*verdict = fd_take(&fds[0]);
	if (fds[1] < 0)
		return 0;
	if (!(config = stored_config(s->a, &s->sd, dg)))
		return -1;
	agent = agent_of(config, &s->st, STATUS_CREATED);
	r = listener_hand_over(s->a, &agent, s->gate, fds[1], m, dg);
	if (r < 0)
		spec_at(config, dg->last, "/linux/seccomp/listenerPath");
	return r < 0 ? -1 : 0;
}

/* The only steps of the runtime's behind the gate are the startContainer hooks. */
static int run_hooks(struct start *s, struct diags *dg)
{
	if (!s->hooks.s)
		return 0;
	if (hook_site_run_all(&s->hooks, HOOK_START_CONTAINER, dg) < 0) {
		s->hook_failed = true;
		return -1;
	}
	message_reply(s->gate, REPLY_GO); /* if it is gone, the next receive says so */
	return 0;
}

static int hear(struct start *s, struct diags *dg)
{
	CLEANUP_FD verdict = -1;
	struct plan_msg m;
	int fds[MESSAGE_FDS];
	int r = message_reply(s->gate, REPLY_GO) == 0 ? 1 : -1;
	bool failed = false;

	s->asked = r > 0;

	while (r > 0 && !failed && (r = message_receive(s->gate, &m, fds)) > 0) {
		if (m.type == MSG_FILTER)
			r = filtered(s, fds, &verdict, &m, dg);
		else if (m.type == MSG_NEED)
			r = run_hooks(s, dg);
		fd_close(&fds[0]);
		fd_close(&fds[1]);
		if (r < 0)
			return -1;
		failed = m.type == MSG_FAIL;
		r = 1;
	}
	if (r == 0 && errno == ECONNRESET && verdict < 0)
		r = -1; /* it ended before it knew */
	if (r < 0) {
		diag_errno(dg, errno, NULL, NULL, "the sandbox's first process does not answer")->hint =
			"\"sbrun state\" tells whether its payload runs";
		return -1;
	}
	if (!failed && !verdict_failure(verdict, &m))
		return 0;
	explain(s->a, &s->sd, &s->st, &m, dg);
	return -1;
}

static int find_hooks(struct start *s, struct step_watch watch, struct diags *dg)
{
	if (!s->st.hooks)
		return 0;
	s->hooks = (struct hook_site){ .a = s->a, .st = &s->st, .pid = s->st.init.pid, .watch = watch };
	s->hooks.pidfd = s->pidfd = proc_id_open(&s->st.init);
	s->hooks.s = stored_config(s->a, &s->sd, dg);
	return s->hooks.s ? 0 : -1;
}

/* A hook failed: stop it and take it away, as runtime.md has it for every hook of start. */
static void destroy(struct start *s, struct diags *dg)
{
	enum { LONGEST_MS = 10000 };

	if (s->pidfd >= 0) {
		syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
		pidfd_wait(s->pidfd, LONGEST_MS);
	}
	if (state_remove(&s->sd, &s->st, dg) == 0)
		hook_site_poststop(&s->hooks, dg);
}

static int start_created(struct start *s, struct step_watch watch, struct diags *dg)
{
	const char *caller;
	int r;

	if (find_hooks(s, watch, dg) < 0 || notify_caller(&caller, dg) < 0 ||
	    notify_open(&s->notify, &s->sd, caller, dg) < 0)
		return -1;
	s->gate = state_gate_connect(&s->sd, dg);
	r = s->gate < 0 ? -1 : hear(s, dg);
	if (s->asked) /* it answers once: whatever came of it, this is over */
		state_gate_remove(&s->sd);
	if (r == 0 && s->hooks.s) {
		r = hook_site_run_all(&s->hooks, HOOK_POSTSTART, dg);
		s->hook_failed = r < 0;
	}
	if (s->hook_failed)
		destroy(s, dg);
	return r;
}

/* Without the lock: until then it may be long, and others may want to end or delete the sandbox. */
static void wait_ready(struct start *s, struct diags *dg)
{
	if (s->notify.inside < 0)
		return;
	if (s->pidfd < 0)
		s->pidfd = proc_id_open(&s->st.init);
	if (s->pidfd >= 0)
		notify_wait(&s->notify, s->pidfd, s->st.init.pid, dg);
	else
		diag_warning(dg, "the payload ended without READY=1 to NOTIFY_SOCKET");
}

int launch_start(struct arena *a, const char *root, const char *id, struct step_watch watch, struct diags *dg)
{
	struct start s = {
		.a = a, .sd = STATE_DIR_NONE, .gate = -1, .pidfd = -1, .notify = NOTIFY_NONE
	};
	enum status status;
	int r = -1;

	if (state_open(&s.sd, a, root, id, dg) < 0)
		return -1;
	if (state_lock(&s.sd, 10000, dg) == 0 && state_read(&s.sd, a, &s.st, dg) == 0) {
		status = state_status(&s.sd, &s.st);
		r = status == STATUS_CREATED ? start_created(&s, watch, dg) : not_startable(id, status, dg);
	}
	fd_close(&s.gate);
	state_unlock(&s.sd);
	if (r == 0)
		wait_ready(&s, dg);
	notify_close(&s.notify);
	fd_close(&s.pidfd);
	state_close(&s.sd);
	return r;
}
