/* SPDX-License-Identifier: Apache-2.0 */
#include "conduct_steps.h"

#include "../spec/arena.h"
#include "account.h"
#include "child.h"
#include "fd.h"
#include "hook_site.h"
#include "message.h"
#include "procid.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

uint64_t watch_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void step_done(struct conduct *c, uint32_t i, uint64_t now)
{
	struct step_note note;

	c->told = i + 1;
	if (!c->watch.done)
		return;
	if (!now)
		now = watch_now();
	note = (struct step_note){ .text = plan_step_text(c->a, c->p, i),
				   .pointer = plan_step_pointer(c->p, i),
				   .who = plan_step_by(c->p, i),
				   .usec = c->since && now > c->since ? now - c->since : 0,
				   .at = now };
	c->watch.done(c->watch.arg, &note);
	c->since = now;
}

#define ROW_PARENT(kind, fn) [STEP_##kind] = step_##fn,
#define ROW_CHILD(kind, fn)  [STEP_##kind] = NULL,
static int (*const run[STEP__COUNT])(struct conduct *, const struct step *,
				     struct diags *) = { PLAN_STEPS(ROW_PARENT, ROW_CHILD, ROW_CHILD) };

int conduct_steps(struct conduct *c, uint32_t first, uint32_t end, struct diags *dg)
{
	for (uint32_t i = first; i < end; i++) {
		const struct step *s = plan_step(c->p->plan, i);
		struct diag *d;

		if (!run[s->kind])
			break;
		if (i == c->p->plan->fail_step)
			diag_errno(dg, EIO, NULL, NULL, "failed on purpose (--fail-step)");
		if (i == c->p->plan->fail_step || run[s->kind](c, s, dg) < 0) {
			d = dg->last;
			d->step = plan_step_text(c->a, c->p, i);
			spec_at(c->s, d, plan_step_pointer(c->p, i));
			return -1;
		}
		c->ours = i + 1;
		step_done(c, i, 0);
	}
	return 0;
}

static bool is_poststart(const struct plan *p, uint32_t i)
{
	const struct step *s = plan_step(p, i);

	return s->kind == STEP_HOOK && s->n[0] == HOOK_POSTSTART;
}

int conduct_poststart(struct conduct *c, struct diags *dg)
{
	const struct plan *p = c->p->plan;
	uint32_t first = 0, end;

	while (first < p->n_steps && !is_poststart(p, first))
		first++;
	for (end = first; end < p->n_steps && is_poststart(p, end);)
		end++;
	return conduct_steps(c, first, end, dg);
}

/* ---- messages ---- */

/* The last step that the sandbox itself does; its end is the connection's. */
static uint32_t exec_step(const struct plan *p)
{
	uint32_t i = p->n_steps - 1;

	while (i > 0 && plan_step(p, i)->kind != STEP_EXEC)
		i--;
	return i;
}

/* Something that must come before the payload has not been: the fork, or a step of ours that it asks for. */
static bool cut_off(const struct conduct *c)
{
	const struct plan *p = c->p->plan;
	uint32_t end = exec_step(p);

	for (uint32_t i = p->first_child_step; i < end; i++) {
		if (plan_step(p, i)->kind == STEP_FORK && !c->forked)
			return true;
		if (run[plan_step(p, i)->kind] && i >= c->ours)
			return true;
	}
	return false;
}

bool conduct_unasked(const struct plan *p)
{
	for (uint32_t i = p->first_child_step; i < p->n_steps; i++) {
		uint32_t kind = plan_step(p, i)->kind;

		if (kind == STEP_START_GATE)
			return true;
		if (run[kind] || kind == STEP_FORK || kind == STEP_CONSOLE)
			return false;
	}
	return false;
}

int conduct_reply(struct conduct *c, char byte)
{
	return message_reply(c->ctl, byte);
}

/* Another process carries on: it was forked with CLONE_PARENT, so it is our child, or it is not believed. */
static int forked(struct conduct *c, pid_t pid, struct diags *dg)
{
	siginfo_t info;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), code;

	if (pidfd < 0 ||
	    waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
		diag_errno(dg, errno, pidfd < 0 ? "pidfd_open" : "waitid", NULL,
			   "the process in the pid namespace is gone");
		if (pidfd >= 0)
			close(pidfd);
		return -1;
	}
	pidfd_reap(c->pidfd, &code, NULL);
	close(c->pidfd);
	c->pid = pid;
	c->pidfd = pidfd;
	c->forked = true;
	return conduct_reply(c, REPLY_GO);
}

/* A process under a filter: what it has to say from now on is in the verdict. */
static int filtered(struct conduct *c, int fds[MESSAGE_FDS], struct diags *dg)
{
	struct plan_msg m;
	int r = 0;

	if (c->verdict >= 0)
		close(c->verdict);
	c->verdict = fd_take(&fds[0]);
	if (fds[1] >= 0)
		r = listener_hand_over(c->a, &c->agent, c->ctl, fds[1], &m, dg);
	if (r < 0)
		spec_at(c->s, dg->last, "/linux/seccomp/listenerPath");
	if (r == 1 && m.type == MSG_FAIL)
		conduct_failure(c->a, c->s, c->p, &m, dg);
	return r == 0 ? 0 : -1;
}

static int one_message(struct conduct *c, const struct plan_msg *m, int fds[MESSAGE_FDS], struct diags *dg)
{
	uint32_t n = c->p->plan->n_steps;

	switch (m->type) {
	case MSG_DONE:
		if (m->step < n)
			step_done(c, m->step, m->value);
		if (m->step < n && plan_step(c->p->plan, m->step)->kind == STEP_START_GATE)
			account_mark(c->account, PHASE_SETUP);
		return 0;
	case MSG_NEED:
		if (m->step >= n || conduct_steps(c, m->step, n, dg) < 0)
			return -1;
		return conduct_reply(c, REPLY_GO);
	case MSG_FORKED: return forked(c, (pid_t)m->value, dg);
	case MSG_CONSOLE:
		if (c->master >= 0)
			close(c->master);
		c->master = fd_take(&fds[0]);
		if (c->console && c->console(c, dg) < 0)
			return -1;
		return conduct_reply(c, REPLY_GO);
	case MSG_FILTER: return filtered(c, fds, dg);
	case MSG_FAIL: conduct_failure(c->a, c->s, c->p, m, dg); return -1;
	}
	return 0;
}

/*
 * The connection ended: the payload has been exec'd, which is the last step's report and that of
 * those that could not speak any more; or one of them has left word that it failed.
 */
static enum conduct_end at_end(struct conduct *c, struct diags *dg)
{
	struct plan_msg m;

	if (c->child && c->child->failed) {
		diag_errno(dg, c->child->err, c->child->call, NULL, "%s", c->child->failed)->step =
			plan_step_text(c->a, c->p, plan_clone_index(c->p->plan));
		return CONDUCT_FAILED;
	}
	if (verdict_failure(c->verdict, &m)) {
		conduct_failure(c->a, c->s, c->p, &m, dg);
		return CONDUCT_FAILED;
	}
	if (c->p->plan->flags & PLAN_EXEC && cut_off(c)) {
		diag_error(dg, "the process that was to become the command ended on the way");
		return CONDUCT_FAILED;
	}
	if ((c->released && !c->unread) || c->p->plan->flags & PLAN_EXEC)
		for (uint32_t i = c->told; i <= exec_step(c->p->plan); i++)
			step_done(c, i, 0);
	return CONDUCT_GONE;
}

/* It waits at the gate; our steps just before that it has asked for in the same message. */
static enum conduct_end ready(struct conduct *c, const struct plan_msg *m, struct diags *dg)
{
	uint32_t n = c->p->plan->n_steps;

	if (m->value && conduct_steps(c, m->value < n ? (uint32_t)m->value : n, n, dg) < 0)
		return CONDUCT_FAILED;
	c->released = true;
	return CONDUCT_READY;
}

/*
 * The connection's end says that the process is gone, unless another one has it: somebody in the sandbox's
 * pid namespace may kill the one that speaks between a fork and its report. The copy waits for an answer
 * then, for ever. Or it is stopped, and we are asked to end: message_receive knows what to do about that.
 */
static void wait_for_word(struct conduct *c)
{
	struct pollfd p[] = { { .fd = c->ctl, .events = POLLIN }, { .fd = c->pidfd, .events = POLLIN } };

	while (poll(p, 2, MESSAGE_PATIENCE_S * 1000) <= 0)
		if (message_asked_to_end())
			return;
	/* what it said before its end is still to be heard; then nothing comes any more */
	if (p[1].revents && !(p[0].revents & POLLIN))
		shutdown(c->ctl, SHUT_RDWR);
}

enum conduct_end conduct(struct conduct *c, struct diags *dg)
{
	struct plan_msg m;
	int fds[MESSAGE_FDS], r;

	for (;;) {
		unsigned errors = dg->errors;

		wait_for_word(c);
		r = message_receive(c->ctl, &m, fds);
		if (r == 0 && errno == ECONNRESET && !c->unread) {
			c->unread = true; /* that comes before what it said last */
			continue;
		}
		if (r == 0)
			return at_end(c, dg);
		if (r > 0 && m.type == MSG_READY)
			return ready(c, &m, dg);
		if (r > 0) {
			r = one_message(c, &m, fds, dg) == 0 ? 1 : -1;
			for (int i = 0; i < MESSAGE_FDS; i++)
				fd_close(&fds[i]);
			if (r > 0)
				continue;
			errno = EPIPE;
		}
		if (dg->errors == errors && errno == EINTR)
			diag_error(dg, "given up after a signal: the sandbox's first process does not answer")
				->hint = "a process that it shares a pid namespace with may have stopped it";
		else if (dg->errors == errors)
			diag_errno(dg, errno, "recvmsg", NULL,
				   "lost the connection to the sandbox's first process");
		return CONDUCT_FAILED;
	}
}
