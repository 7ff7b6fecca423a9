/* SPDX-License-Identifier: Apache-2.0 */
#include "early_net.h"

#include "../spec/spec.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STACK_SIZE = 64 << 10 };

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
	CLEANUP_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any takes the interface ioctls */
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING };

	return fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;
}

/* Of the structure only what was there before the thread, since the rest may go while it still runs. */
static void *make_network(void *arg)
{
	struct early_net *e = arg;
	int ready = e->ready[1], leave = e->leave[0];
	char byte;

	e->ns = open("/proc/thread-self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	sem_post(&e->opened);
	byte = unshare(CLONE_NEWNET) == 0 && lo_up() ? '1' : '0';
	while (write(ready, &byte, 1) < 0 && errno == EINTR)
		;
	close(ready); /* who waits for a byte that could not be written sees the end */
	while (read(leave, &byte, 1) < 0 && errno == EINTR)
		;
	close(leave);
	return NULL;
}

/* Signals are for the main thread, which this one does not outlive. */
static int start_thread(struct early_net *e)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (pthread_attr_init(&attr) != 0)
		return -1;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attr, make_network, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return r == 0 ? 0 : -1;
}

void early_net_begin(struct early_net *e)
{
	*e = (struct early_net){ .ns = -1, .ready = { -1, -1 }, .leave = { -1, -1 } };
	if (sem_init(&e->opened, 0, 0) == 0 && pipe2(e->ready, O_CLOEXEC) == 0 &&
	    pipe2(e->leave, O_CLOEXEC) == 0 && start_thread(e) == 0) {
		e->begun = true;
		return;
	}
	for (int i = 0; i < 2; i++) {
		fd_close(&e->ready[i]);
		fd_close(&e->leave[i]);
	}
}

bool early_net_usable(struct early_net *e)
{
	if (!e->begun)
		return false;
	while (sem_wait(&e->opened) < 0 && errno == EINTR)
		;
	sem_post(&e->opened);
	return e->ns >= 0;
}

void early_net_end(struct early_net *e)
{
	if (!e->begun)
		return;
	early_net_usable(e); /* it has written its last to *e */
	e->begun = false;
	fd_close(&e->ns);
	fd_close(&e->ready[0]);
	fd_close(&e->leave[1]);
}
