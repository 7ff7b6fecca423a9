/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start gate and the init.
 *
 *   waiting --(GO on ctl, or a client of the gate)--> started --(payload ends)--> exit
 *      |                                                 |
 *      +--(a deadly signal)--> exit 128+n                +-- reaps orphans, hands signals on
 *
 * The payload is made with CLONE_VM | CLONE_VFORK: this process stands still until it has
 * exec'd or failed, so the connection's end tells the runtime which of the two it was. Then
 * the init gives up what it no longer needs: memory, descriptors (stdio becomes /dev/null, or
 * every reader of the payload's pipes would wait for us), identity and capabilities.
 */
#include "stage2.h"

#include <linux/capability.h>
#include <linux/fcntl.h>
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
		    !(HARMLESS & SIG_BIT(info[0])))
			quit(128 + (int)info[0]);
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

	close_fd(&g.ctl);
	while (c != REPLY_GO) {
		wait_for_client(gate, signals);
		g.ctl = (int)SYS(accept4, gate, NULL, NULL, O_CLOEXEC);
		if (g.ctl < 0)
			continue;
		if (SYS(read, g.ctl, &c, 1) != 1 || c != REPLY_GO)
			close_fd(&g.ctl); /* it asked and went away: the next one */
	}
}

int step_start_gate(const struct step *s)
{
	(void)s;
	close_setup_fds();
	report(MSG_READY, g.step, 0);
	if (await_reply() != REPLY_GO)
		wait_at_gate();
	return 0;
}

/* In the child: never returns. Kept apart so that nothing of our frame is in its way. */
__attribute__((noreturn, noinline)) static void payload_main(void)
{
	run_steps(find_step(STEP_SPAWN) + 1, g.plan->n_steps);
	quit(125);
}

__attribute__((noinline)) static long spawn_payload(void)
{
	long pid = raw6(__NR_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0, 0);

	if (pid == 0)
		payload_main();
	return pid;
}

static int is_null(int fd)
{
	struct statx st;

	return SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 && (st.stx_mode & S_IFMT) == S_IFCHR &&
	       st.stx_rdev_major == 1 && st.stx_rdev_minor == 3;
}

/* stdio becomes the sandbox's null device if it has one, else nothing at all. */
static void let_go_of_fds(void)
{
	int null, i;

	g.root = (int)SYS(openat, AT_FDCWD, "/", 010000000 /* O_PATH */ | O_DIRECTORY | O_CLOEXEC, 0);
	null = open_real("/dev/null", O_RDWR | O_NOFOLLOW | O_NONBLOCK);
	for (i = 0; i < 3; i++) {
		if (null >= 0 && is_null(null))
			SYS(dup3, null, i, 0);
		else
			raw6(__NR_close, i, 0, 0, 0, 0, 0);
	}
	if (SYS(close_range, 3, ~0u, 0) == -ENOSYS)
		for (i = 3; i < 1024; i++)
			raw6(__NR_close, i, 0, 0, 0, 0, 0);
	g.root = g.ctl = g.tty = -1;
}

/*
 * From here on the init is the payload's user with CAP_KILL alone (to hand a signal on to a
 * payload that changed its user), if it had that.
 */
static void let_go_of_rights(const struct step *user)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	uint32_t kill_bit = 1u << CAP_KILL;

	SYS(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (user->n[3] != ~0ull)
		SYS(setgroups, 0, NULL);
	SYS(setresgid, user->n[1], user->n[1], user->n[1]);
	SYS(setresuid, user->n[0], user->n[0], user->n[0]);
	if (SYS(capget, &h, d) == 0) {
		kill_bit &= d[0].permitted;
		memset(d, 0, sizeof d);
		d[0].effective = d[0].permitted = kill_bit;
		SYS(capset, &h, d);
	}
	SYS(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Wait status to exit code: the payload's own, or 128 + signal. */
static int exit_code(int status)
{
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* Reap all there is; when the payload was among it, end, and in a pid namespace all ends with us. */
static void reap(void)
{
	int status;
	long pid;

	while ((pid = raw6(__NR_wait4, -1, (long)&status, WNOHANG | __WALL, 0, 0, 0)) > 0) {
		if (pid != g.payload)
			continue;
		if (!g.pid1)
			raw6(__NR_kill, -g.payload, SIGKILL, 0, 0, 0, 0);
		quit(exit_code(status));
	}
}

void init_loop(void)
{
	uint64_t all = ~0ull;

	for (;;) {
		long sig = raw6(__NR_rt_sigtimedwait, (long)&all, 0, 0, sizeof all, 0, 0);

		if (sig == SIGCHLD)
			reap();
		else if (sig > 0)
			raw6(__NR_kill, g.payload, sig, 0, 0, 0, 0);
	}
}

int step_spawn(const struct step *s)
{
	static struct regs before;
	struct step user;
	long pid;

	(void)s;
	g.pid1 = !!(g.plan->flags & PLAN_OWN_PIDNS);
	if (!g.pid1)
		SYS(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	report_done(g.step);
	before = g; /* the payload runs in this memory until it has exec'd */
	pid = note_call(__NR_clone, spawn_payload());
	g = before;
	if (pid < 0)
		return (int)pid;
	g.payload = (int)pid;
	user = ((const struct step *)((const char *)g.plan + g.plan->steps))[find_step(STEP_USER)];
	let_go_of_fds();
	SYS(chdir, "/");
	let_go_of_rights(&user);
	SYS(munmap, g.plan, g.plan->size);
	g.plan = NULL;
	init_loop();
}
