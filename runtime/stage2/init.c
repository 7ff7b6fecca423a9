/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start gate and the init.
 *
 *   waiting --(GO on ctl, or a client of the gate)--> started --(payload ends)--> exit
 *      |                                                 |
 *      +--(a deadly signal)--> exit 128+n                +-- reaps orphans, hands signals on
 *
 * The payload is forked, takes its own steps, and waits before what is not ours runs in it (its filter, its
 * program) until the init has given up what it no longer needs: identity and capabilities, descriptors
 * (stdio becomes /dev/null, or every reader of the payload's pipes would wait for us), the plan's memory. So
 * it never meets a PID 1 with more rights than its own. The payload's end of the connection then tells the
 * runtime by a report or by closing at execve how it went.
 */
#include "stage2.h"

#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/stat.h>
#include <linux/wait.h>

#define SIG_BIT(s) (1ull << ((s)-1))
/* signals whose default action is to ignore or to stop: they end nothing that waits */
#define HARMLESS                                                                                        \
	(SIG_BIT(SIGCHLD) | SIG_BIT(SIGURG) | SIG_BIT(SIGWINCH) | SIG_BIT(SIGCONT) | SIG_BIT(SIGTSTP) | \
	 SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))

/* What waits for start holds no descriptor of a directory or file, the sandbox's or the host's. */
static void close_setup_fds(void)
{
	close_slots();
	close_fd(&g.root);
	close_fd(&g.proc);
	close_fd(&g.pts);
	close_fd(&g.null_dev);
	close_fd(&g.mask_dir);
}

/* PID 1 is not killed by a signal's default action, so the signals come through a descriptor. */
static void wait_for_client(int gate, int signals)
{
	struct pollfd p[2] = { { .fd = gate, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	uint32_t info[32]; /* struct signalfd_siginfo: the number comes first */

	for (;;) {
		p[0].revents = p[1].revents = 0;
		if (SYS(ppoll, p, 2, NULL, NULL, 8) < 0)
			continue;
		if (p[1].revents && SYS(read, signals, info, sizeof info) > 0 &&
		    !(HARMLESS & SIG_BIT(info[0]))) {
			end_note(END_UNSTARTED, (int)info[0], 0);
			quit(128 + (int)info[0]);
		}
		if (p[0].revents)
			return;
	}
}

static void wait_at_gate(void)
{
	uint64_t all = ~0ull;
	CLEANUP_FD gate = g.plan->gate_fd;
	CLEANUP_FD signals = (int)SYS(signalfd4, -1, &all, sizeof all, O_CLOEXEC);
	char c = 0;
	long r;

	close_fd(&g.ctl);
	while (c != REPLY_GO) {
		wait_for_client(gate, signals);
		g.ctl = (int)SYS(accept4, gate, NULL, NULL, O_CLOEXEC);
		if (g.ctl == -EINTR || g.ctl == -ECONNABORTED || g.ctl == -EAGAIN)
			continue;
		if (g.ctl < 0) /* RLIMIT_NOFILE leaves no room for the connection */
			quit(125);
		while ((r = SYS(read, g.ctl, &c, 1)) == -EINTR)
			;
		if (r != 1 || c != REPLY_GO)
			close_fd(&g.ctl); /* it asked and went away: the next one */
	}
}

/*
 * With a terminal the standard descriptors are its; those we were started with belong to whoever called
 * create and waits for their end.
 */
static void stdio_to_terminal(void)
{
	for (int i = 0; i < 3 && g.tty >= 0; i++)
		SYS(dup3, g.tty, i, 0);
}

/*
 * `run` with nothing left to do in between has sent its GO long ago. That it is still there shows in the same
 * call: a runtime that has died since lets nobody go.
 */
static int let_go_ahead(void)
{
	struct pollfd p = { .fd = g.ctl, .events = POLLIN };
	int64_t zero[2] = { 0, 0 };

	if (SYS(ppoll, &p, 1, zero, NULL, 8) <= 0)
		return 0;
	if (p.revents & POLLHUP)
		quit(125);
	return await_reply() == REPLY_GO;
}

int step_start_gate(const struct step *s)
{
	(void)s;
	/* Who ends the sandbox by its process group must not mean the caller's: conmon's time limit does. */
	SYS(setsid);
	stdio_to_terminal();
	close_setup_fds();
	if (let_go_ahead())
		return 0;
	report(MSG_READY, g.step, g.asked);
	if (await_reply() != REPLY_GO)
		wait_at_gate();
	return 0;
}

/* In the child, a copy of us. */
__attribute__((noreturn)) static void payload_main(void)
{
	run_steps(find_step(STEP_SPAWN) + 1, g.plan->n_steps);
	quit(125);
}

void await_init(void)
{
	char c;
	long r;

	if (g.released < 0)
		return;
	do
		r = SYS(read, g.released, &c, 1);
	while (r == -EINTR);
	if (r != 1) /* an init that could not go on has said why, or could not even write */
		fail(about(r < 0 ? (int)r : -EPIPE, "the init"));
	close_fd(&g.released);
}

static int is_null(int fd)
{
	struct statx st;

	return SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 && (st.stx_mode & S_IFMT) == S_IFCHR &&
	       st.stx_rdev_major == 1 && st.stx_rdev_minor == 3;
}

/* The sandbox's null device if it has one: looked at before it is opened, a stranger's open may do things. */
static int open_null(void)
{
	CLEANUP_FD seen = -1;

	g.root = (int)SYS(openat, AT_FDCWD, "/", 010000000 /* O_PATH */ | O_DIRECTORY | O_CLOEXEC, 0);
	seen = open_real("/dev/null", 010000000 /* O_PATH */ | O_NOFOLLOW);
	if (seen < 0 || !is_null(seen))
		return -1;
	return open_real("/dev/null", O_RDWR | O_NOFOLLOW | O_NONBLOCK);
}

static void close_between(int first, int last)
{
	/* an older kernel's ENOSYS, or whatever a filter around us answers */
	if (first <= last && SYS(close_range, first, last, 0) < 0)
		for (; first <= last && first < 1024; first++)
			raw6(__NR_close, first, 0, 0, 0, 0, 0);
}

static void sort(int *v, int n)
{
	int i, k, t;

	for (i = 1; i < n; i++)
		for (k = i; k > 0 && v[k - 1] > v[k]; k--) {
			t = v[k];
			v[k] = v[k - 1];
			v[k - 1] = t;
		}
}

/* stdio becomes the null device, or nothing at all; everything else but these is closed; -1 is none. */
static void let_go_of_fds(int *keep, int n)
{
	int null = open_null(), i, from = 3;
	int is_it = null >= 0 && is_null(null);

	for (i = 0; i < 3; i++) {
		if (is_it)
			SYS(dup3, null, i, 0);
		else
			raw6(__NR_close, i, 0, 0, 0, 0, 0);
	}
	sort(keep, n);
	for (i = 0; i < n; i++) {
		close_between(from, keep[i] - 1);
		from = keep[i] < from ? from : keep[i] + 1;
	}
	close_between(from, 0x7fffffff);
	g.root = g.ctl = g.tty = -1;
}

/* What the init still has to do with, or somebody else with it. */
static void keep_fds(int released)
{
	int keep[3 + EPH_KEPT] = { released, g.cpu_proc, g.held }, n = 3;

	for (int i = 0; i < g.n_eph_kept; i++)
		keep[n++] = g.eph_kept[i];
	let_go_of_fds(keep, n);
}

/* The plan, what the payload's execve needs, and the stack below us that the set-up used: 64 KiB is ample. */
static void let_go_of_memory(void)
{
	enum { PAGE = 4096, DEEP = 64 << 10, RED_ZONE = 128 };
	uintptr_t here = ((uintptr_t)__builtin_frame_address(0) - 1024 - RED_ZONE) & -(uintptr_t)PAGE;

	SYS(munmap, g.plan, g.plan->size);
	SYS(munmap, g.room, g.room_size);
	g.plan = NULL;
	g.room = NULL;
	SYS(madvise, here - DEEP, DEEP, MADV_DONTNEED);
}

static int keep_only_kill(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	int r = (int)SYS(capget, &h, d);
	uint32_t kill_bit = d[0].permitted & 1u << CAP_KILL;

	if (r < 0)
		return r;
	memset(d, 0, sizeof d);
	d[0].effective = d[0].permitted = kill_bit;
	r = (int)SYS(capset, &h, d);
	if (r >= 0)
		r = (int)SYS(capget, &h, d);
	return r >= 0 && (d[0].permitted != kill_bit || d[1].permitted) ? -EPERM : r;
}

/*
 * From here on the init is the payload's user with CAP_KILL alone (to hand a signal on to a
 * payload that changed its user), if it had that.
 */
static int let_go_of_rights(const struct step *user)
{
	int r = (int)SYS(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);

	if (r >= 0 && user->n[3] != ~0ull && (r = (int)SYS(setgroups, 0, NULL)) == -EPERM)
		r = 0; /* denied in a joined user namespace */
	if (r >= 0)
		r = (int)SYS(setresgid, user->n[1], user->n[1], user->n[1]);
	if (r >= 0)
		r = (int)SYS(setresuid, user->n[0], user->n[0], user->n[0]);
	if (r >= 0)
		r = keep_only_kill();
	if (r >= 0)
		r = (int)SYS(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (r >= 0)
		r = (int)SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	return about(r, "the init's own rights");
}

/* Wait status to exit code: the payload's own, or 128 + signal. */
static int exit_code(int status)
{
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/*
 * In a pid namespace all ends with us, but what the kernel then ends it keeps no account of. So we do it, and
 * wait for it: not long, for it may be stuck, or not ours to kill. Mostly there is nothing; that is seen by
 * our having no child, since kill(-1) walks through all processes of the machine.
 */
static void end_the_rest(void)
{
	struct k_timespec longest = { 0, 100000000 };
	uint64_t child = SIG_BIT(SIGCHLD);
	int64_t until;
	long r;

	if (!g.pid1) {
		raw6(__NR_kill, -g.payload, SIGKILL, 0, 0, 0, 0);
		return;
	}
	if (raw6(__NR_wait4, -1, 0, WNOHANG | __WALL, 0, 0, 0) == -ECHILD ||
	    raw6(__NR_kill, -1, SIGKILL, 0, 0, 0, 0) < 0)
		return;
	/* what isn't ours to kill may go on making children that come to us: the whole has an end */
	until = now(MONOTONIC) + longest.nsec;
	while ((r = raw6(__NR_wait4, -1, 0, WNOHANG | __WALL, 0, 0, 0)) != -ECHILD && now(MONOTONIC) < until)
		if (r == 0)
			raw6(__NR_rt_sigtimedwait, (long)&child, 0, (long)&longest, sizeof child, 0, 0);
}

/* status: the payload's */
void init_end(int status)
{
	enum end_reason why = limits_reached();
	int code = why == END_BY_ITSELF ? exit_code(status) : 124;

	if (code && g.on_failure)
		init_stay(why, status, code);
	end_the_rest();
	end_note(why, status, 0);
	quit(code);
}

/*
 * The payload failed, and somebody wants to see how things stand: they stay. What still runs is stopped by
 * signal where it is to be frozen: a frozen cgroup would hold us and every exec too, and there may be none.
 * The sandbox then ends by a signal from outside, which is one without a sender that we could see.
 */
void init_stay(enum end_reason why, int status, int code)
{
	uint64_t all = ~0ull;
	siginfo_t from;

	if (g.on_failure & SPAWN_FREEZE)
		raw6(__NR_kill, -1, SIGSTOP, 0, 0, 0, 0);
	raw6(__NR_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0, 0);
	end_note(why, status, 1);
	close_fd(&g.held);
	for (;;) {
		long sig = raw6(__NR_rt_sigtimedwait, (long)&all, (long)&from, 0, sizeof all, 0, 0);

		while (raw6(__NR_wait4, -1, 0, WNOHANG | __WALL, 0, 0, 0) > 0)
			;
		if (sig > 0 && !(HARMLESS & SIG_BIT(sig)) && from.si_code <= 0 && from.si_pid == 0)
			quit(code);
	}
}

/* Reap all there is; when the payload was among it, end. */
static void reap(void)
{
	int status;
	long pid;

	do {
		pid = raw6(__NR_wait4, -1, (long)&status, WNOHANG | __WALL, 0, 0, 0);
		if (pid > 0 && pid == g.payload)
			init_end(status);
	} while (pid > 0 || pid == -EINTR);
}

/* The signal that is to be handed on; 0: it was a word of the runtime's to us. */
static long to_hand_on(long sig, const siginfo_t *from)
{
	/* a SIGCHLD of the kernel's is the init's own; one that somebody sent is the payload's */
	if (sig <= 0 || (sig == SIGCHLD && from->si_code > 0))
		return 0;
	if (sig == END_LET_GO && from->si_code == SI_QUEUE && from->si_int == INIT_HANDS_ON_STOP)
		return SIGSTOP;
	return end_let_go((int)sig, from->si_code, from->si_int) ? 0 : sig;
}

void init_loop(void)
{
	uint64_t all = ~0ull;
	struct k_timespec t;
	siginfo_t from;

	for (;;) {
		long sig = raw6(__NR_rt_sigtimedwait, (long)&all, (long)&from, (long)limits_wait(&t),
				sizeof all, 0, 0);

		if (sig == SIGCHLD)
			reap();
		if ((sig = to_hand_on(sig, &from)) != 0)
			raw6(__NR_kill, g.payload, sig, 0, 0, 0, 0);
		limits_check();
	}
}

/* A change of identity would take it back: so it comes after those. Who is gone by now shows on ctl. */
static void die_with_runtime(void)
{
	struct pollfd p = { .fd = g.ctl };
	int64_t zero[2] = { 0, 0 };

	SYS(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (SYS(ppoll, &p, 1, zero, NULL, 8) > 0 && p.revents & POLLHUP)
		quit(125);
}

int step_spawn(const struct step *s)
{
	int released[2], r;
	long pid;

	limits_set(s);
	g.on_failure = (int)(s->n[3] & (SPAWN_KEEP | SPAWN_FREEZE));
	g.pid1 = !!(g.plan->flags & PLAN_OWN_PIDNS);
	if (!g.pid1)
		SYS(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	report_done(g.step);
	if ((r = (int)SYS(pipe2, released, O_CLOEXEC)) < 0)
		return r;
	end_keep_from_payload();
	pid = SYS(clone, SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		close_fd(&released[1]);
		g.released = released[0];
		payload_main();
	}
	g.payload = (int)pid;
	r = let_go_of_rights(step_of(STEP_USER));
	if (r < 0)
		return r; /* our end closes the pipe: the child exits */
	if (s->n[3] & SPAWN_DIE)
		die_with_runtime();
	SYS(chdir, "/");
	keep_fds(released[1]);
	let_go_of_memory();
	end_started();
	while (SYS(write, released[1], "g", 1) == -EINTR)
		;
	close_fd(&released[1]);
	init_loop();
}
