/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --console-socket: whoever called us holds the terminal. One connection, one message: the
 * terminal's name as its data, at least a byte of it, and the master as its one descriptor.
 */
#include <string.h>
#include <sys/socket.h>

#include "../spec/diag.h"
#include "fd.h"
#include "relay.h"
#include "unix_socket.h"

int console_socket_connect(const char *path, struct diags *dg)
{
	CLEANUP_FD sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sock < 0) {
		diag_errno(dg, errno, "socket", path, "cannot reach the socket");
		return -1;
	}
	if (unix_connect(sock, path) < 0) {
		struct diag *d = diag_errno(dg, errno, "connect", path, "cannot reach the socket");

		if (d->err == ENOENT || d->err == ECONNREFUSED)
			d->hint = "whoever gives a socket to sbrun listens on it before";
		return -1;
	}
	return fd_take(&sock);
}

int console_socket_send(int sock, int master, const char *name, struct diags *dg)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { .buf = { 0 } };
	struct iovec iov = { .iov_base = (char *)(*name ? name : " "), .iov_len = *name ? strlen(name) : 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &master, sizeof(int));
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		diag_errno(dg, errno, "sendmsg", NULL, "cannot hand over the terminal");
		return -1;
	}
	return 0;
}
