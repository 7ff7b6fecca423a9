/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include "../spec/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

enum { STACK_SIZE = 64 << 10 };

/*
 * The C library's wrappers write errno, which is our parent's at the same time: in the child
 * everything goes through this, which has no state.
 */
static long raw(long nr, long a, long b, long c, long d, long e)
{
#if defined(__x86_64__)
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory", "cc");
	return x0;
#else
#error "add the system call instruction of this architecture"
#endif
}

/* Without an id 0 an exec would drop every capability: ambient ones survive it. */
static int keep_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0 } };
	uint64_t permitted;

	if (raw(SYS_capget, (long)&h, (long)d, 0, 0, 0) < 0)
		return -1;
	permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	d[0].effective = d[0].inheritable = d[0].permitted;
	d[1].effective = d[1].inheritable = d[1].permitted;
	if (raw(SYS_capset, (long)&h, (long)d, 0, 0, 0) < 0)
		return -1;
	for (int cap = 0; cap < 64; cap++)
		if (permitted >> cap & 1 &&
		    raw(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -1;
	return 0;
}

static int take_identity(const struct child *c)
{
	uint32_t uid = c->be_root ? 0 : c->uid, gid = c->be_root ? 0 : c->gid;

	if (c->drop_groups && raw(SYS_setgroups, 0, 0, 0, 0, 0) < 0)
		return -1;
	if (raw(SYS_setresgid, gid, gid, gid, 0, 0) < 0)
		return -1;
	if (raw(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || raw(SYS_setresuid, uid, uid, uid, 0, 0) < 0)
		return -1;
	return c->be_root ? 0 : keep_caps();
}

/* First out of the way of the numbers to come, then to them. The rest is O_CLOEXEC. */
static int place_fds(struct child *c)
{
	int end = c->first_fd + (int)c->n_fds;

	for (unsigned i = 0; i < c->n_fds; i++) {
		if (c->fds[i] < 0 || c->fds[i] >= end)
			continue;
		c->fds[i] = (int)raw(SYS_fcntl, c->fds[i], F_DUPFD_CLOEXEC, end, 0, 0);
		if (c->fds[i] < 0)
			return -1;
	}
	if (c->stage2 < end && (c->stage2 = (int)raw(SYS_fcntl, c->stage2, F_DUPFD_CLOEXEC, end, 0, 0)) < 0)
		return -1;
	for (int i = 0; c->stdio && i < 3; i++)
		if (raw(SYS_dup3, c->stdio[i], i, 0, 0, 0) < 0)
			return -1;
	for (unsigned i = 0; i < c->n_fds; i++)
		if (c->fds[i] >= 0 && raw(SYS_dup3, c->fds[i], c->first_fd + (int)i, 0, 0, 0) < 0)
			return -1;
	for (unsigned i = 0; i < c->preserve; i++)
		if (raw(SYS_fcntl, 3 + i, F_SETFD, 0, 0, 0) < 0)
			return -1;
	return 0;
}

static void number(char *to, int n)
{
	char digits[12];
	int i = 0;

	do
		digits[i++] = (char)('0' + n % 10);
	while (n /= 10);
	while (i)
		*to++ = digits[--i];
	*to = 0;
}

static int child_main(void *arg)
{
	struct child *c = arg;
	char plan_fd[12], name[] = "sbrun-init";
	char *argv[] = { name, plan_fd, NULL }, *envp[] = { NULL };
	char byte;
	int ctl = c->fds[0];

	raw(SYS_close, c->runtime_end, 0, 0, 0, 0);
	if (c->wait_maps && (raw(SYS_read, ctl, (long)&byte, 1, 0, 0) != 1 || take_identity(c) < 0))
		raw(SYS_exit_group, EXIT_SBRUN, 0, 0, 0, 0);
	number(plan_fd, c->first_fd + 1);
	if (place_fds(c) == 0)
		raw(SYS_execveat, c->stage2, (long)"", (long)argv, (long)envp, AT_EMPTY_PATH);
	raw(SYS_exit_group, EXIT_SBRUN, 0, 0, 0, 0);
	return EXIT_SBRUN;
}

/* clone(2) of the C library starts a function on a new stack; new flags fit in its word but CLONE_NEWTIME. */
int child_start(struct child *c, struct diags *dg)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
			   -1, 0);
	sigset_t all, before;

	c->pidfd = -1;
	if (stack == MAP_FAILED) {
		diag_errno(dg, errno, "mmap", NULL, "can't start the sandbox's first process");
		return -1;
	}
	/* no handler of ours may run in the child, whose memory is this one */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	c->pid = clone(child_main, stack + STACK_SIZE, (int)(c->flags | CLONE_VM | CLONE_PIDFD | SIGCHLD), c,
		       &c->pidfd);
	if (c->pid < 0) {
		int err = errno;
		struct diag *d =
			diag_errno(dg, err, "clone", NULL, "can't start the sandbox's first process");

		if (c->flags & CLONE_NEWUSER && (err == EPERM || err == ENOSPC || err == EUSERS))
			d->hint =
				"user namespaces may be switched off here: see sysctl user.max_user_namespaces, "
				"kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns";
		else if (err == EPERM)
			d->hint = "an ordinary user needs a user namespace: sbrun spec --rootless shows how";
		c->pidfd = -1;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return c->pid < 0 ? -1 : 0;
}
