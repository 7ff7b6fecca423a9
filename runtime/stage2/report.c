/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking to the runtime: reports go out as datagrams, replies come back as one byte. When
 * the runtime is gone before it has let us go on, nobody knows of this sandbox: exit.
 */
#include "stage2.h"

#include <linux/signal.h>
#include <linux/socket.h>

/* bits of <sys/socket.h>, which is the libc's */
enum { K_MSG_NOSIGNAL = 0x4000, K_SOL_SOCKET = 1, K_SCM_RIGHTS = 1 };
struct k_iovec {
	void *base;
	size_t len;
};
struct k_msghdr {
	void *name;
	int namelen;
	struct k_iovec *iov;
	size_t iovlen;
	void *control;
	size_t controllen;
	unsigned flags;
};
struct k_cmsg {
	size_t len;
	int level, type;
	int fd[2];
};

void quit(int code)
{
	for (;;) {
		raw6(__NR_exit_group, code, 0, 0, 0, 0, 0);
		__builtin_trap(); /* a seccomp filter refused it */
	}
}

long note_call(long nr, long ret)
{
	if (ret < 0 && ret > -4096)
		g.call = (uint32_t)nr;
	return ret;
}

int about(int err, const char *what)
{
	if (err < 0) {
		g.part = 0;
		g.detail[0] = 0;
		if (text_add(g.detail, sizeof g.detail, what) < 0) {
			memcpy(g.detail, what, sizeof g.detail - 1);
			g.detail[sizeof g.detail - 1] = 0;
		}
	}
	return err;
}

static void send_msg(const struct plan_msg *m, int fd, int fd2)
{
	struct k_iovec iov = { (void *)m, sizeof *m };
	struct k_cmsg c = { .len = sizeof(size_t) + (fd2 >= 0 ? 4 : 3) * sizeof(int),
			    .level = K_SOL_SOCKET,
			    .type = K_SCM_RIGHTS,
			    .fd = { fd, fd2 } };
	long r;
	struct k_msghdr h = { .iov = &iov, .iovlen = 1 };

	if (g.ctl < 0)
		return;
	if (fd >= 0) {
		h.control = &c;
		h.controllen = sizeof c;
	}
	do
		r = raw6(__NR_sendmsg, g.ctl, (long)&h, K_MSG_NOSIGNAL, 0, 0, 0);
	while (r == -EINTR);
	/* What is a mere report may get lost; what asks for an answer would wait for it forever. */
	if (r >= 0 || m->type == MSG_DONE || m->type == MSG_FAIL)
		return;
	if (m->type == MSG_FORKED)
		raw6(__NR_kill, (long)m->value, SIGKILL, 0, 0, 0, 0);
	quit(125);
}

void report_fds(enum msg_type type, uint32_t step, int fd, int fd2)
{
	struct plan_msg m;

	memset(&m, 0, sizeof m);
	m.type = type;
	m.step = step;
	send_msg(&m, fd, fd2);
}

/* Stage-2 takes the time itself: the runtime may be reading a queue of these. */
void report_done(uint32_t step)
{
	struct {
		int64_t sec, nsec;
	} t = { 0, 0 };

	if (!(g.plan->flags & PLAN_REPORT_STEPS) || g.filtered)
		return;
	SYS(clock_gettime, 1 /* CLOCK_MONOTONIC */, &t);
	report(MSG_DONE, step, (uint64_t)t.sec * 1000000 + (uint64_t)t.nsec / 1000);
}

void report(enum msg_type type, uint32_t step, uint64_t value)
{
	struct plan_msg m;

	memset(&m, 0, sizeof m);
	m.type = type;
	m.step = step;
	m.value = value;
	send_msg(&m, -1, -1);
}

void fail(int err)
{
	struct plan_msg m;

	memset(&m, 0, sizeof m);
	m.type = MSG_FAIL;
	m.step = g.plan ? g.step : ~0u;
	m.err = -err;
	m.call = g.call;
	m.part = g.part;
	m.exit_code = g.exit_code;
	m.value = g.plan ? g.plan->n_steps : 0;
	memcpy(m.detail, g.detail, sizeof m.detail);
	if (g.filtered)
		filtered_failure(&m);
	send_msg(&m, -1, -1);
	quit(g.exit_code);
}

char await_reply(void)
{
	char c = 0;
	long r;

	do
		r = raw6(__NR_read, g.ctl, (long)&c, 1, 0, 0, 0);
	while (r == -EINTR);
	if (r < 0)
		fail((int)note_call(__NR_read, r));
	if (r == 0) /* the runtime is gone */
		quit(125);
	return c;
}
