/* SPDX-License-Identifier: Apache-2.0 */
/* run: what is made is let go at once, attended or left, and in the foreground removed. */
#include "launch_parts.h"

#include "../spec/arena.h"
#include "account.h"
#include "end.h"
#include "fd.h"
#include "hook_site.h"
#include "notify.h"
#include "relay.h"
#include "state.h"
#include "stats.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* It was told to go on before: what is left to hear is whether it got to its payload. */
static int await_run(struct launch *l, struct diags *dg)
{
	enum conduct_end end;

	do /* it may have got to the gate before its answer, and said so */
		end = conduct(&l->c, dg);
	while (end == CONDUCT_READY);
	early_net_end(&l->net);
	if (end == CONDUCT_GONE && !l->c.unread)
		return 0;
	if (end == CONDUCT_GONE)
		launch_ended_early(l, dg);
	account_mark(l->o->account, PHASE_SETUP);
	return -1;
}

static int let_run(struct launch *l, struct diags *dg)
{
	int err;

	if (l->ahead)
		return await_run(l, dg);
	if (l->notifies && notify_open(&l->notify, &l->sd, l->o->notify_socket, dg) < 0)
		return -1;
	if (l->o->flush)
		l->o->flush(dg);
	err = conduct_reply(&l->c, REPLY_GO) < 0 ? errno : 0;
	if (conduct(&l->c, dg) != CONDUCT_GONE)
		return -1;
	errno = err;
	return err ? launch_no_answer(dg) : conduct_poststart(&l->c, dg);
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

/* The init's own step, which has the limits of time; NULL: there is no init. */
static const struct step *spawn_step(const struct plan *p)
{
	for (uint32_t i = p->n_steps; i-- > 0;)
		if (plan_step(p, i)->kind == STEP_SPAWN)
			return plan_step(p, i);
	return NULL;
}

/* In words, the limit of time that ended it; NULL: none did. The init's word only chooses among those set. */
static const char *limit_reached(const struct launch *l, bool *cpu)
{
	const struct step *s = spawn_step(l->planned.plan);
	struct ended e;

	if (!s || (!s->n[0] && !s->n[2]))
		return NULL;
	end_read(l->end, true, &e);
	*cpu = e.known && s->n[2] && !strcmp(e.reason, "cpu-time");
	if (*cpu)
		return arena_printf(l->a, "the limit of %.12gs of processor time", (double)s->n[2] / 1e9);
	return e.known && s->n[0] && !strcmp(e.reason, "timeout")
		       ? arena_printf(l->a, "the time limit of %.12gs", (double)s->n[0] / 1e9)
		       : NULL;
}

/* An exit code of 124 may be the payload's own; and what was kept is told how to be looked at. */
static void tell_end(const struct launch *l, int code, bool kept, struct diags *dg)
{
	bool cpu = false;
	const char *limit = limit_reached(l, &cpu);
	struct diag *d;

	if (limit)
		d = diag_warning(dg, "%s was reached%s", limit,
				 kept ? ", and the sandbox is kept as it was" : ": the payload was ended");
	else if (kept)
		d = diag_warning(dg, "the payload failed (exit code %d), and the sandbox is kept as it was",
				 code);
	else
		return;
	if (limit && !(cpu ? l->o->limits.cpu_time : l->o->limits.timeout))
		spec_at(l->s, d, cpu ? "/sbrun/cpuTime" : "/sbrun/timeout");
	if (kept)
		d->hint =
			arena_printf(l->a, "\"sbrun exec %s sh\" looks into it, \"sbrun delete %s\" ends it",
				     l->o->id, l->o->id);
}

static int run_attached(struct launch *l, int *exit_code, struct diags *dg)
{
	struct relay relay;
	int r = relay_init(&relay, dg);

	if (r == 0)
		r = launch_make(l, false, dg);
	if (!l->ahead)
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
	tell_end(l, *exit_code, relay.kept, dg);
	if (!relay.kept && !l->o->keep && launch_remove(l, dg) < 0)
		r = -1;
	account_mark(l->o->account, PHASE_REMOVAL);
	return r;
}

static int run_detached(struct launch *l, struct diags *dg)
{
	sigset_t before;
	int r;

	launch_hold_signals(&before);
	r = launch_make(l, false, dg);
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
	l.will_run = true;
	if (state_check_id(o->id, dg) < 0 || launch_make_plan(&l, false, NULL, false, dg) < 0 ||
	    launch_stdio(&l, !o->detach, dg) < 0) {
		launch_finish(&l); /* a thread may be at work for it */
		return -1;
	}
	account_mark(o->account, PHASE_PLAN);
	r = o->detach ? run_detached(&l, dg) : run_attached(&l, exit_code, dg);
	launch_finish(&l);
	return r;
}
