/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of rtnetlink(7) as it takes to move a network interface: requests that are answered
 * by one acknowledgement, and dumps. Nothing here fills diagnostics: results are 0 or -errno.
 */
#ifndef SBRUN_RUNTIME_NETLINK_H
#define SBRUN_RUNTIME_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* One message being built, and room for an answer. */
struct nl_msg {
	struct nlmsghdr h;
	char space[8192 - sizeof(struct nlmsghdr)];
};

/* An rtnetlink socket of the namespace that this thread is in; -errno. */
int nl_open(void);
/* A request of that type with a copy of its fixed part. */
void nl_begin(struct nl_msg *m, uint16_t type, uint16_t flags, const void *fixed, size_t size);
/* Another attribute. One that finds no room makes nl_ask say -EMSGSIZE. */
void nl_put(struct nl_msg *m, uint16_t type, const void *data, size_t size);
/* Send it, wait for the acknowledgement: 0 or the kernel's -errno. */
int nl_ask(int sock, struct nl_msg *m);
/* Send it, hand each message of the answer to `each` until that is negative or the dump ends. */
int nl_dump(int sock, struct nl_msg *m, int (*each)(const struct nlmsghdr *h, void *arg), void *arg);

#endif
