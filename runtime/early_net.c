/* SPDX-License-Identifier: Apache-2.0 */
#include "early_net.h"

#include "../spec/spec.h"
#include "fd.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK_SIZE = 16 << 10 };

bool early_net_fits(const struct spec *s)
{
	const struct spec_namespace *net = spec_namespace(s, NS_NETWORK);

	if (!net || spec_namespace(s, NS_USER) || (s->sbrun.set_network && s->sbrun.network == NETWORK_NONE))
		return false;
	for (size_t i = 0; i < s->linux_->namespaces.n; i++)
		if (s->linux_->namespaces.v[i].path)
			return false;
	return geteuid() == 0;
}

static bool lo_up(void)
{
	/* any socket takes the interface ioctls */
	long fd = raw(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0, 0);
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING };
	bool up = fd >= 0 && raw(SYS_ioctl, fd, SIOCSIFFLAGS, (long)&ifr, 0, 0) == 0;

	if (fd >= 0)
		raw(SYS_close, fd, 0, 0, 0, 0);
	return up;
}

static bool sysfs_too; /* set before the thread begins */

/*
 * The superblock of this network's sysfs, held open: the kernel looks for it among those of all networks, the
 * newest first. So stage-2's mount finds it at once, and not after as many as there are sandboxes.
 */
static long sysfs_ahead(void)
{
	long fs = raw(SYS_fsopen, (long)"sysfs", FSOPEN_CLOEXEC, 0, 0, 0);

	if (fs >= 0)
		raw(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	return fs;
}

/* Nothing of the main thread's memory is its business, it may be gone by now: two descriptors in a word. */
static int make_network(void *arg)
{
	int ready = (int)((uintptr_t)arg >> 32), leave = (int)(uintptr_t)arg;
	long fs = -1;
	char byte = raw(SYS_unshare, CLONE_NEWNET, 0, 0, 0, 0) == 0 && lo_up() ? '1' : '0';

	while (raw(SYS_write, ready, (long)&byte, 1, 0, 0) == -EINTR)
		;
	raw(SYS_close, ready, 0, 0, 0, 0); /* who waits for a byte that could not be written sees the end */
	if (byte == '1' && sysfs_too)
		fs = sysfs_ahead();
	while (raw(SYS_read, leave, (long)&byte, 1, 0, 0) == -EINTR)
		;
	if (fs >= 0)
		raw(SYS_close, fs, 0, 0, 0, 0);
	raw(SYS_close, leave, 0, 0, 0, 0);
	return 0;
}

/*
 * A thread of the kernel's alone, so that its number is known when clone returns, and its directory can be
 * opened before it has run at all: to wait for its first call would be to wait for all of its work wherever
 * it lands on our processor. It has our errno and thread-local storage, and leaves them alone. Signals are
 * for the main thread, which this one does not outlive.
 */
static pid_t start_thread(const struct early_net *e)
{
	static char stack[STACK_SIZE] __attribute__((aligned(16)));
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	uintptr_t fds = (uintptr_t)e->ready[1] << 32 | (uintptr_t)e->leave[0];
	sigset_t all, before;
	pid_t tid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	tid = clone(make_network, stack + STACK_SIZE, flags, (void *)fds);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return tid;
}

static int open_ns(pid_t tid)
{
	char path[48];

	snprintf(path, sizeof path, "/proc/self/task/%d/ns", (int)tid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void early_net_begin(struct early_net *e, bool sysfs)
{
	static bool used; /* the stack is */
	pid_t tid = -1;

	sysfs_too = sysfs;
	*e = (struct early_net){ .ns = -1, .ready = { -1, -1 }, .leave = { -1, -1 } };
	if (!used && pipe2(e->ready, O_CLOEXEC) == 0 && pipe2(e->leave, O_CLOEXEC) == 0)
		tid = start_thread(e);
	used = used || tid > 0;
	e->begun = tid > 0;
	if (e->begun) {
		e->ns = open_ns(tid);
		return;
	}
	for (int i = 0; i < 2; i++) {
		fd_close(&e->ready[i]);
		fd_close(&e->leave[i]);
	}
}

bool early_net_usable(const struct early_net *e)
{
	return e->begun && e->ns >= 0;
}

void early_net_end(struct early_net *e)
{
	if (!e->begun)
		return;
	e->begun = false;
	fd_close(&e->ns);
	fd_close(&e->ready[0]);
	fd_close(&e->leave[1]);
}
