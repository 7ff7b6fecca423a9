/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "fd.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int message_socket(int pair[2])
{
	const struct timeval patience = { .tv_sec = MESSAGE_PATIENCE_S };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	if (setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0)
		return 0;
	close(pair[0]);
	close(pair[1]);
	return -1;
}

static void take_fds(struct msghdr *h, int fds[MESSAGE_FDS])
{
	struct cmsghdr *cm = CMSG_FIRSTHDR(h);

	if (!cm || cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
		return;
	for (size_t i = 0; i < MESSAGE_FDS && CMSG_LEN((i + 1) * sizeof(int)) <= cm->cmsg_len; i++)
		memcpy(&fds[i], CMSG_DATA(cm) + i * sizeof(int), sizeof(int));
}

bool message_asked_to_end(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (sigismember(&pending, ends[i]))
			return true;
	return false;
}

static ssize_t receive(int sock, struct msghdr *h)
{
	ssize_t n;

	for (;;) {
		n = recvmsg(sock, h, MSG_CMSG_CLOEXEC);
		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return n;
		if (errno == EAGAIN && message_asked_to_end()) {
			errno = EINTR;
			return n;
		}
	}
}

int message_receive(int sock, struct plan_msg *m, int fds[MESSAGE_FDS])
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(MESSAGE_FDS * sizeof(int))];
	} control;
	struct iovec iov = { m, sizeof *m };
	struct msghdr h = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	ssize_t n;

	for (int i = 0; i < MESSAGE_FDS; i++)
		fds[i] = -1;
	n = receive(sock, &h);
	if (n > 0)
		take_fds(&h, fds);
	if (n == (ssize_t)sizeof *m) {
		m->detail[sizeof m->detail - 1] = 0;
		return 1;
	}
	for (int i = 0; i < MESSAGE_FDS; i++)
		fd_close(&fds[i]);
	if (n == 0)
		errno = 0;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n > 0)
		errno = EPROTO;
	return -1;
}

int message_reply(int sock, char byte)
{
	ssize_t n;

	do
		n = send(sock, &byte, 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	shutdown(sock, SHUT_WR); /* leaves errno alone: the socket is one, and connected */
	return -1;
}

int verdict_failure(int verdict, struct plan_msg *m)
{
	if (verdict < 0 || pread(verdict, m, sizeof *m, 0) != sizeof *m)
		return 0;
	m->detail[sizeof m->detail - 1] = 0;
	return m->type == MSG_FAIL;
}
