/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink.h"

#include "fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int nl_open(void)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	CLEANUP_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0)
		return -errno;
	return fd_take(&fd);
}

void nl_begin(struct nl_msg *m, uint16_t type, uint16_t flags, const void *fixed, size_t size)
{
	memset(m, 0, sizeof *m);
	m->h.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	m->h.nlmsg_type = type;
	m->h.nlmsg_flags = NLM_F_REQUEST | flags;
	m->h.nlmsg_seq = 1;
	memcpy(NLMSG_DATA(&m->h), fixed, size);
}

void nl_put(struct nl_msg *m, uint16_t type, const void *data, size_t size)
{
	size_t at = NLMSG_ALIGN(m->h.nlmsg_len), end = at + RTA_LENGTH(size);
	struct rtattr *a = (struct rtattr *)((char *)m + at);

	if (RTA_ALIGN(end) > sizeof *m) {
		m->h.nlmsg_len = sizeof *m + 1;
		return;
	}
	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(size);
	memcpy(RTA_DATA(a), data, size);
	m->h.nlmsg_len = (uint32_t)end;
}

static int send_it(int sock, struct nl_msg *m)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (m->h.nlmsg_len > sizeof *m)
		return -EMSGSIZE;
	return sendto(sock, m, m->h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0 ? -errno : 0;
}

/* Only the kernel is believed: any process may send to our port. */
static ssize_t receive(int sock, struct nl_msg *m)
{
	struct sockaddr_nl from = { 0 };
	socklen_t size;
	ssize_t n;

	do {
		size = sizeof from;
		n = recvfrom(sock, m, sizeof *m, MSG_TRUNC, (struct sockaddr *)&from, &size);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	return n < 0 ? -errno : n > (ssize_t)sizeof *m ? -EMSGSIZE : n;
}

static int error_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);

	return h->nlmsg_len < NLMSG_LENGTH(sizeof *e) ? -EPROTO : e->error;
}

int nl_ask(int sock, struct nl_msg *m)
{
	ssize_t n;
	int r;

	m->h.nlmsg_flags |= NLM_F_ACK;
	if ((r = send_it(sock, m)) < 0)
		return r;
	do {
		if ((n = receive(sock, m)) < 0)
			return (int)n;
	} while (!NLMSG_OK(&m->h, (size_t)n) || m->h.nlmsg_type != NLMSG_ERROR);
	return error_of(&m->h);
}

/* One datagram of a dump: 1 at its end. */
static int each_of(struct nl_msg *m, size_t n, int (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	int r;

	for (struct nlmsghdr *h = &m->h; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return error_of(h) < 0 ? error_of(h) : 1;
		if ((r = each(h, arg)) < 0)
			return r;
	}
	return 0;
}

int nl_dump(int sock, struct nl_msg *m, int (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	ssize_t n;
	int r;

	m->h.nlmsg_flags |= NLM_F_DUMP;
	if ((r = send_it(sock, m)) < 0)
		return r;
	do {
		if ((n = receive(sock, m)) < 0)
			return (int)n;
	} while ((r = each_of(m, (size_t)n, each, arg)) == 0);
	return r < 0 ? r : 0;
}
