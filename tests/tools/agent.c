/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp agent: listens on SOCKET (its file is there once it is ready), takes the state and
 * the listener of one sandbox after another, and answers all that is asked.
 *
 *   agent SOCKET STATES errno N     answer with that errno
 *   agent SOCKET STATES return N    answer that the call was done, with that result
 *   agent SOCKET STATES continue    let the kernel do it
 *   agent SOCKET STATES hang-up     close what it is sent
 *
 * STATES gets a line a sandbox: what came with the descriptor, up to the end of the connection;
 * and "fds N" for how many came. Each notification is a line "NR PID" on stdout.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* All of one connection: the text to f, the descriptor returned. */
static int take(int sock, FILE *f)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(8 * sizeof(int))];
	} control;
	char text[4096];
	int fd = -1, n_fds = 0;
	ssize_t n;

	for (;;) {
		struct iovec iov = { text, sizeof text };
		struct msghdr m = { .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = &control,
				    .msg_controllen = sizeof control };
		struct cmsghdr *c;

		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
		if (n <= 0)
			break;
		c = CMSG_FIRSTHDR(&m);
		if (c && c->cmsg_type == SCM_RIGHTS) {
			n_fds += (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(&fd, CMSG_DATA(c), sizeof fd);
		}
		for (ssize_t i = 0; i < n; i++)
			if (text[i] != '\n')
				fputc(text[i], f);
	}
	fprintf(f, "\nfds %d\n", n_fds);
	fflush(f);
	return fd;
}

static void answer(int fd, const char *how, long value)
{
	struct seccomp_notif req;
	struct seccomp_notif_resp resp;

	memset(&req, 0, sizeof req);
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &req) < 0)
		return;
	printf("%d %u\n", req.data.nr, req.pid);
	fflush(stdout);
	memset(&resp, 0, sizeof resp);
	resp.id = req.id;
	if (!strcmp(how, "errno"))
		resp.error = -(int)value;
	else if (!strcmp(how, "return"))
		resp.val = value;
	else
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

int main(int argc, char **argv)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct pollfd p[17] = { { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN } };
	nfds_t n = 1;
	FILE *f;

	if (argc < 4 || !(f = fopen(argv[2], "a")))
		return 2;
	snprintf(sa.sun_path, sizeof sa.sun_path, "%s", argv[1]);
	if (bind(p[0].fd, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(p[0].fd, 8) < 0)
		return fail(argv[1]);
	while (poll(p, n, -1) > 0) {
		for (nfds_t i = 1; i < n; i++) {
			if (p[i].revents & POLLIN)
				answer(p[i].fd, argv[3], argc > 4 ? atol(argv[4]) : 0);
			else if (p[i].revents) { /* all under the filter are gone */
				close(p[i].fd);
				p[i].fd = -1;
			}
		}
		if (p[0].revents) {
			int sock = accept4(p[0].fd, NULL, NULL, SOCK_CLOEXEC);
			int fd = take(sock, f);

			close(sock);
			if (fd >= 0 && !strcmp(argv[3], "hang-up"))
				close(fd);
			else if (fd >= 0 && n < 17)
				p[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		}
	}
	return fail("poll");
}
