/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While a hook runs: one poll over its end, its two pipes and our signals, so that no side
 * waits for the other whatever the hook reads or writes.
 */
#include "run.h"

#include "../spec/arena.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct attendance {
	struct hook_pipes *p;
	struct hook_result *r;
	const char *todo; /* of the state */
	size_t n_todo;
	char *buf; /* twice what is kept: when full, the last half moves to the front */
	int signals, pidfd;
	pid_t pid;
	uint64_t deadline; /* usec; 0: none */
};

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A hook that does not read, or no longer, is no error. */
static void feed(struct attendance *t)
{
	ssize_t n = write(t->p->stdin_near, t->todo, t->n_todo);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		t->todo += n;
		t->n_todo -= (size_t)n;
	}
	if (n < 0 || !t->n_todo)
		close_end(&t->p->stdin_near);
}

/* Read what is there, at most what a pipe can hold: one that writes on and on must not keep us here. */
static void listen_to(struct attendance *t)
{
	enum { PIPE_MOST = 1 << 20 };
	struct hook_result *r = t->r;
	size_t total = 0;
	ssize_t n = 1;

	while (total < PIPE_MOST) {
		if (r->n_output == (size_t)2 * HOOK_OUTPUT_KEPT) {
			memmove(t->buf, t->buf + HOOK_OUTPUT_KEPT, HOOK_OUTPUT_KEPT);
			r->n_output = HOOK_OUTPUT_KEPT;
			r->dropped += HOOK_OUTPUT_KEPT;
		}
		n = read(t->p->output_near, t->buf + r->n_output, (size_t)2 * HOOK_OUTPUT_KEPT - r->n_output);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		r->n_output += (size_t)n;
		total += (size_t)n;
	}
	if (n == 0)
		close_end(&t->p->output_near);
}

static void end_by(struct attendance *t, enum hook_end end, int code)
{
	t->r->end = end;
	t->r->code = code;
	kill(-t->pid, SIGKILL);
	syscall(SYS_pidfd_send_signal, t->pidfd, SIGKILL, NULL, 0); /* one that left its group too */
	t->deadline = 0;
	close_end(&t->signals);
}

/* Milliseconds, rounded up, so that it is over when poll comes back for it. */
static int time_left(const struct attendance *t)
{
	uint64_t now = now_usec(), ms;

	if (!t->deadline)
		return -1;
	if (now >= t->deadline)
		return 0;
	ms = (t->deadline - now + 999) / 1000;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* One turn; false: it has ended. */
static bool serve(struct attendance *t)
{
	enum { END, IN, OUT, SIGNALS };
	struct pollfd f[] = {
		[END] = { .fd = t->pidfd, .events = POLLIN },
		[IN] = { .fd = t->p->stdin_near, .events = POLLOUT },
		[OUT] = { .fd = t->p->output_near, .events = POLLIN },
		[SIGNALS] = { .fd = t->signals, .events = POLLIN },
	};
	struct signalfd_siginfo si;

	if (poll(f, sizeof f / sizeof *f, time_left(t)) < 0)
		return errno == EINTR;
	if (f[OUT].revents)
		listen_to(t);
	if (f[IN].revents)
		feed(t);
	if (f[END].revents)
		return false;
	if (f[SIGNALS].revents && read(t->signals, &si, sizeof si) == (ssize_t)sizeof si)
		end_by(t, HOOK_INTERRUPTED, (int)si.ssi_signo);
	else if (t->deadline && now_usec() >= t->deadline)
		end_by(t, HOOK_TIMED_OUT, SIGKILL);
	return true;
}

static void reap(struct attendance *t)
{
	siginfo_t si = { 0 };
	int r;

	/* It has ended. What others trace stays a zombie as long as they like: that is not waited for. */
	do
		r = waitid((idtype_t)3 /* P_PIDFD */, (id_t)t->pidfd, &si, WEXITED | WNOHANG);
	while (r < 0 && errno == EINTR);
	if (r == 0 && !si.si_pid) {
		r = -1;
		errno = EBUSY;
	}
	if (t->r->end != HOOK_EXITED)
		return;
	if (r < 0) {
		t->r->end = HOOK_LOST;
		t->r->err = errno;
		return;
	}
	t->r->end = si.si_code == CLD_EXITED ? HOOK_EXITED : HOOK_SIGNALED;
	t->r->code = si.si_status;
}

static void block_signals(struct attendance *t, sigset_t *before, void (**pipe_before)(int))
{
	static const int ours[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		sigaddset(&set, ours[i]);
	sigprocmask(SIG_BLOCK, &set, before);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	*pipe_before = signal(SIGPIPE, SIG_IGN);
}

void hook_attend(struct arena *a, const struct hook_order *o, struct hook_pipes *p, pid_t pid, int pidfd,
		 struct hook_result *r)
{
	struct attendance t = { .p = p,
				.r = r,
				.todo = o->state,
				.n_todo = strlen(o->state),
				.buf = arena_alloc(a, (size_t)2 * HOOK_OUTPUT_KEPT + 1),
				.pid = pid,
				.pidfd = pidfd };
	uint64_t start = now_usec();
	void (*pipe_before)(int);
	sigset_t before;
	size_t excess;

	*r = (struct hook_result){ .end = HOOK_EXITED };
	close_end(&p->stdin_far);
	close_end(&p->output_far);
	if (o->hook->timeout.set)
		t.deadline = start + (uint64_t)o->hook->timeout.v * 1000000;
	block_signals(&t, &before, &pipe_before);
	while (serve(&t))
		;
	if (p->output_near >= 0)
		listen_to(&t);
	reap(&t);
	hook_pipes_close(p);
	close_end(&t.signals);
	signal(SIGPIPE, pipe_before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	excess = r->n_output > HOOK_OUTPUT_KEPT ? r->n_output - HOOK_OUTPUT_KEPT : 0;
	r->output = t.buf + excess;
	r->n_output -= excess;
	r->dropped += excess;
	r->output[r->n_output] = 0;
	r->usec = now_usec() - start;
}
