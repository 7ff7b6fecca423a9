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

#include "account.h"
#include "begin.h"
#include "end.h"
#include "fd.h"
#include "hook_site.h"
#include "listener.h"
#include "pidfile.h"
#include "relay.h"
#include "state.h"
#include "stats.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* For the init, which writes down how it ended. */
static int make_record(struct launch *l, struct diags *dg)
{
	if (l->st.has_init && (l->end = end_make(&l->sd, dg)) < 0)
		return -1;
	return l->st.keeps && (l->held_seen = end_hold(&l->sd, &l->held, dg)) < 0 ? -1 : 0;
}

int launch_own_console(struct conduct *c, struct diags *dg)
{
	(void)dg;
	relay_size(c->master);
	return 0;
}

void launch_ended_early(struct launch *l, struct diags *dg)
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

/*
 * Nothing is to be done between the set-up and the start, or to be heard of it: then the state is written
 * while the child makes its mounts, and its GO is in the socket before it gets to the gate. Neither waits
 * for the other. Without an init that has a record nothing would tell from outside when the payload begins,
 * and an exec could be in the sandbox before its root is; who is handed a pid file, or told that the payload
 * can be ready, may take it that the sandbox is made; and a report is to tell when that was, for which each
 * step has to be heard of.
 */
static bool may_go_ahead(const struct launch *l, bool gate)
{
	const struct launch_opts *o = l->o;

	return !gate && l->st.has_init && !l->st.hooks && !l->notifies && !o->pid_file && l->pidfd_sock < 0 &&
	       (!o->account || o->watch.done) && conduct_unasked(l->planned.plan) && end_can_tell(l->end);
}

/* What goes wrong from now on shows where the end of the connection is waited for. */
static int go_ahead(struct launch *l, struct diags *dg)
{
	if (launch_record(l, dg) < 0)
		return -1;
	if (l->o->flush)
		l->o->flush(dg);
	l->ahead = l->c.released = true;
	return conduct_reply(&l->c, REPLY_GO) == 0 || errno == EPIPE ? 0 : launch_no_answer(dg);
}

int launch_make(struct launch *l, bool gate, struct diags *dg)
{
	enum conduct_end end;
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
	b.net = l->net.begun ? &l->net : NULL;
	b.given.end = l->end;
	b.given.held = l->held;
	b.stdio = l->output.given ? l->output.stdio : NULL;
	if (begin(&l->c, &b, dg) < 0)
		return -1;
	fd_close(&l->held);
	/* there is time for this while the child makes its mounts; the copy of the configuration is exec's */
	if (state_write_config(&l->sd, l->s->text, l->s->text_len, dg) < 0)
		return -1;
	launch_look_ahead(l);
	if (may_go_ahead(l, gate))
		return go_ahead(l, dg);
	end = conduct(&l->c, dg);
	early_net_end(&l->net);
	switch (end) {
	case CONDUCT_READY: return launch_record(l, dg);
	case CONDUCT_GONE: launch_ended_early(l, dg); return -1;
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
	early_net_end(&l->net);
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

int launch_no_answer(struct diags *dg)
{
	diag_errno(dg, errno, "sendto", NULL, "can't let the sandbox's first process go on");
	return -1;
}

/* One that has ended meanwhile is a stopped sandbox, as it would be a moment later. */
static int leave_at_gate(struct launch *l, struct diags *dg)
{
	return conduct_reply(&l->c, REPLY_WAIT_GATE) == 0 || errno == EPIPE ? 0 : launch_no_answer(dg);
}

int launch_create(struct arena *a, const struct launch_opts *o, struct diags *dg)
{
	struct launch l;
	sigset_t before;
	int r;

	launch_init(&l, a, o);
	l.will_run = true;
	if (state_check_id(o->id, dg) < 0 || launch_make_plan(&l, true, NULL, false, dg) < 0 ||
	    launch_stdio(&l, false, dg) < 0) {
		launch_finish(&l); /* a thread may be at work for it */
		return -1;
	}
	account_mark(o->account, PHASE_PLAN);
	launch_hold_signals(&before);
	r = launch_make(&l, true, dg);
	account_mark(o->account, PHASE_SETUP);
	if (r == 0)
		r = leave_at_gate(&l, dg);
	if (r < 0)
		launch_undo(&l, dg);
	launch_finish(&l);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}
