/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include "../spec/diag.h"
#include "ns_limits.h"
#include "raw.h"

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
 * clone3(2) has no wrapper: a function that returns twice on two stacks can't be written in C.
 * The child begins at the new stack's top with fn(arg).
 */
long child_clone3(struct clone_args *args, size_t size, int (*fn)(void *), void *arg);
#if defined(__x86_64__)
__asm__(".pushsection .text.child_clone3,\"ax\",@progbits\n"
	".type child_clone3,@function\n"
	"child_clone3:\n"
	"	endbr64\n"
	"	mov %rdx, %r8\n"
	"	mov %rcx, %r9\n"
	"	mov $435, %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	ret\n"
	"1:	xor %ebp, %ebp\n"
	"	mov %r9, %rdi\n"
	"	call *%r8\n"
	"	mov %eax, %edi\n"
	"	mov $60, %eax\n"
	"	syscall\n"
	"	hlt\n"
	".size child_clone3, .-child_clone3\n"
	".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text.child_clone3,\"ax\",@progbits\n"
	".type child_clone3,@function\n"
	"child_clone3:\n"
	"	bti c\n"
	"	mov x8, #435\n"
	"	svc #0\n"
	"	cbz x0, 1f\n"
	"	ret\n"
	"1:	mov x29, xzr\n"
	"	mov x0, x3\n"
	"	blr x2\n"
	"	mov x8, #93\n"
	"	svc #0\n"
	"	brk #0\n"
	".size child_clone3, .-child_clone3\n"
	".popsection\n");
#endif

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
/* 0, or -errno of the call in *call. */
static long place_fds(struct child *c, const char **call)
{
	long r;
	int end = c->first_fd + (int)c->n_fds;

	*call = "fcntl";
	for (unsigned i = 0; i < c->n_fds; i++) {
		if (c->fds[i] < 0 || c->fds[i] >= end)
			continue;
		if ((r = raw(SYS_fcntl, c->fds[i], F_DUPFD_CLOEXEC, end, 0, 0)) < 0)
			return r;
		c->fds[i] = (int)r;
	}
	r = c->stage2 < end ? raw(SYS_fcntl, c->stage2, F_DUPFD_CLOEXEC, end, 0, 0) : c->stage2;
	if (r < 0)
		return r;
	c->stage2 = (int)r;
	*call = "dup3";
	for (int i = 0; c->stdio && i < 3; i++)
		if ((r = raw(SYS_dup3, c->stdio[i], i, 0, 0, 0)) < 0)
			return r;
	for (unsigned i = 0; i < c->n_fds; i++)
		if (c->fds[i] >= 0 && (r = raw(SYS_dup3, c->fds[i], c->first_fd + (int)i, 0, 0, 0)) < 0)
			return r;
	*call = "fcntl";
	for (unsigned i = 0; i < c->preserve; i++)
		if ((r = raw(SYS_fcntl, 3 + i, F_SETFD, 0, 0, 0)) < 0)
			return r;
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

/* What went wrong stays readable for the parent, whose memory this is. */
static void fail(struct child *c, const char *what, const char *call, long r)
{
	c->call = call;
	c->err = (int)-r;
	c->failed = what;
	raw(SYS_exit_group, EXIT_SBRUN, 0, 0, 0, 0);
}

/*
 * Into the cgroups that one can't be born in. A thread that writes "0" for itself to v1's `tasks` needs no lock
 * that stops every fork and exit of the machine, which a pid written to cgroup.procs does. Only then the
 * cgroup namespace: it takes as its root what we are in.
 */
static void attach(struct child *c)
{
	long r;
	char byte;

	if (c->held && raw(SYS_read, c->fds[0], (long)&byte, 1, 0, 0) != 1)
		raw(SYS_exit_group, EXIT_SBRUN, 0, 0, 0, 0); /* the runtime gave up */
	for (unsigned i = 0; i < c->n_attach; i++)
		if ((r = raw(SYS_write, c->attach[i], (long)"0", 1, 0, 0)) < 0)
			fail(c, "can't enter the sandbox's cgroup", "write", r);
	if ((c->n_attach || c->held) && c->flags & CLONE_NEWCGROUP &&
	    (r = raw(SYS_unshare, CLONE_NEWCGROUP, 0, 0, 0, 0)) < 0)
		fail(c, "can't make the cgroup namespace", "unshare", r);
}

static int child_main(void *arg)
{
	struct child *c = arg;
	char plan_fd[12], name[] = "sbrun-init";
	char *argv[] = { name, plan_fd, NULL }, *envp[] = { NULL };
	const char *call = NULL;
	char byte;
	int ctl = c->fds[0];
	long r;

	raw(SYS_close, c->runtime_end, 0, 0, 0, 0);
	attach(c);
	if (c->wait_maps && raw(SYS_read, ctl, (long)&byte, 1, 0, 0) != 1)
		raw(SYS_exit_group, EXIT_SBRUN, 0, 0, 0, 0); /* the runtime gave up */
	if (c->wait_maps && take_identity(c) < 0)
		fail(c, "can't take the identity of the user namespace", NULL, -EPERM);
	number(plan_fd, c->first_fd + 1);
	if ((r = place_fds(c, &call)) < 0)
		fail(c, "can't place the descriptors", call, r);
	fail(c, "can't execute stage-2", "execveat",
	     raw(SYS_execveat, c->stage2, (long)"", (long)argv, (long)envp, AT_EMPTY_PATH));
	return EXIT_SBRUN;
}

/*
 * clone3 is what can start a process in a cgroup (5.7). Where it can't, the child enters by itself, which
 * `attach` has room for. 0, or -errno.
 */
static int clone_into(struct child *c, char *stack)
{
	uint64_t flags = c->flags | (c->own_memory ? 0 : CLONE_VM) | CLONE_PIDFD;
	struct clone_args args = { .flags = flags | CLONE_INTO_CGROUP,
				   .pidfd = (uint64_t)(uintptr_t)&c->pidfd,
				   .exit_signal = SIGCHLD,
				   .stack = (uint64_t)(uintptr_t)stack,
				   .stack_size = STACK_SIZE,
				   .cgroup = (uint64_t)c->into };
	long r;

	if (c->n_attach) /* the namespace is made once we are in all of them */
		args.flags &= ~(uint64_t)CLONE_NEWCGROUP;
	r = child_clone3(&args, sizeof args, child_main, c);
	if (r > 0)
		c->pid = (pid_t)r;
	return r < 0 ? (int)r : 0;
}

static int clone_plainly(struct child *c, char *stack)
{
	uint64_t flags = c->flags | (c->own_memory ? 0 : CLONE_VM) | CLONE_PIDFD | SIGCHLD;

	if (c->n_attach || c->held)
		flags &= ~(uint64_t)CLONE_NEWCGROUP;
	c->pid = clone(child_main, stack + STACK_SIZE, (int)flags, c, &c->pidfd);
	return c->pid < 0 ? -errno : 0;
}

static int clone_child(struct child *c, char *stack)
{
	int r = c->into >= 0 ? clone_into(c, stack) : 0;

	if (r == -EACCES && c->may_hold) {
		c->held = true;
		return clone_plainly(c, stack);
	}
	if (c->into >= 0 && r != -ENOSYS && r != -E2BIG && r != -EINVAL)
		return r;
	if (c->into >= 0) {
		int procs = openat(c->into, "cgroup.procs", O_WRONLY | O_CLOEXEC);

		if (procs < 0)
			return -errno;
		c->attach[c->n_attach++] = procs;
	}
	r = clone_plainly(c, stack);
	if (c->into >= 0)
		close(c->attach[c->n_attach - 1]); /* the child has its own */
	return r;
}

static void add_hint(struct arena *a, struct diag *d, const struct child *c)
{
	if (d->err == ENOSPC && c->flags)
		d->hint = ns_limits_hint(a, c->flags);
	else if (c->flags & CLONE_NEWUSER && (d->err == EPERM || d->err == EUSERS))
		d->hint = "user namespaces may be switched off here: see sysctl user.max_user_namespaces, "
			  "kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns";
	else if (d->err == EPERM)
		d->hint = "an ordinary user needs a user namespace: sbrun spec --rootless shows how";
	else if (c->into >= 0 && d->err == EBUSY)
		d->hint =
			"its cgroup gives controllers to others below it, and so takes no process of its own";
	else if (c->into >= 0 && d->err == EAGAIN)
		d->hint = "the limit of processes (pids.max) of its cgroup, or of one above it, is reached";
}

int child_start(struct child *c, struct diags *dg)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
			   -1, 0);
	sigset_t all, before;
	int r;

	c->pidfd = -1;
	if (stack == MAP_FAILED) {
		diag_errno(dg, errno, "mmap", NULL, "can't start the sandbox's first process");
		return -1;
	}
	/* no handler of ours may run in the child, whose memory is this one */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	r = clone_child(c, stack);
	if (r < 0) {
		add_hint(dg->arena, diag_errno(dg, -r, "clone", NULL, "can't start the sandbox's first process"), c);
		c->pidfd = -1;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r < 0 ? -1 : 0;
}
