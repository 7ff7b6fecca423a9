/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel takes an interface down and drops its addresses when it changes namespaces, and
 * it first moves, then renames: a name that is taken would leave it there under the old one.
 * So the name is looked for before anything is done.
 */
#include "netdev.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

struct address {
	struct ifaddrmsg m;
	uint32_t flags;
	uint32_t n;
	char attrs[256]; /* whole attributes, ready to be put */
};

struct move {
	const char *name, *as;
	int here, there;       /* rtnetlink sockets */
	int own_ns, other_ns;
	int index;             /* in the namespace it is in */
	char now[IFNAMSIZ];    /* its name there */
	unsigned flags;        /* IFF_*, as found */
	struct address *v;
	size_t n, cap;
	struct arena *a;
};

/* ---- what it has ---- */

static int one_link(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *i = NLMSG_DATA(h);
	struct move *m = arg;
	size_t left = IFLA_PAYLOAD(h);

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	for (const struct rtattr *a = IFLA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type != IFLA_IFNAME || strncmp(RTA_DATA(a), m->now, IFNAMSIZ))
			continue;
		m->index = i->ifi_index;
		m->flags = i->ifi_flags;
	}
	return 0;
}

/* m->index of the interface m->now on that socket; 0 when there is none. */
static int find(struct move *m, int sock)
{
	struct ifinfomsg any = { .ifi_family = AF_UNSPEC };
	struct nl_msg msg;

	m->index = 0;
	nl_begin(&msg, RTM_GETLINK, 0, &any, sizeof any);
	return nl_dump(sock, &msg, one_link, m);
}

/* What the administrator chose; the rest is state that the kernel finds again. */
enum { KEPT_FLAGS = IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
		    IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN };

static int one_address(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *i = NLMSG_DATA(h);
	struct move *m = arg;
	struct address new = { .m = *i, .flags = i->ifa_flags };
	size_t left = IFA_PAYLOAD(h);

	if (h->nlmsg_type != RTM_NEWADDR || (int)i->ifa_index != m->index ||
	    i->ifa_scope != RT_SCOPE_UNIVERSE)
		return 0;
	for (const struct rtattr *a = IFA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFA_FLAGS)
			memcpy(&new.flags, RTA_DATA(a), sizeof new.flags);
		if (a->rta_type != IFA_ADDRESS && a->rta_type != IFA_LOCAL && a->rta_type != IFA_BROADCAST &&
		    a->rta_type != IFA_RT_PRIORITY)
			continue;
		if (new.n + RTA_ALIGN(a->rta_len) > sizeof new.attrs)
			return -EMSGSIZE;
		memcpy(new.attrs + new.n, a, a->rta_len);
		new.n += RTA_ALIGN(a->rta_len);
	}
	if (!(new.flags & IFA_F_PERMANENT))
		return 0;
	m->v = arena_grow(m->a, m->v, &m->cap, m->n + 1, sizeof *m->v);
	m->v[m->n++] = new;
	return 0;
}

static int note_addresses(struct move *m)
{
	struct ifaddrmsg any = { .ifa_family = AF_UNSPEC };
	struct nl_msg msg;

	nl_begin(&msg, RTM_GETADDR, 0, &any, sizeof any);
	return nl_dump(m->here, &msg, one_address, m);
}

/* ---- what is done ---- */

static int transfer(int sock, int index, int to_ns, const char *as)
{
	struct ifinfomsg link = { .ifi_index = index };
	struct nl_msg msg;

	nl_begin(&msg, RTM_NEWLINK, 0, &link, sizeof link);
	nl_put(&msg, IFLA_NET_NS_FD, &to_ns, sizeof to_ns);
	nl_put(&msg, IFLA_IFNAME, as, strlen(as) + 1);
	return nl_ask(sock, &msg);
}

static int add_address(int sock, int index, const struct address *ad)
{
	struct ifaddrmsg m = ad->m;
	uint32_t flags = ad->flags & KEPT_FLAGS;
	size_t left = ad->n;
	struct nl_msg msg;

	m.ifa_index = (uint32_t)index;
	m.ifa_flags = (uint8_t)flags;
	nl_begin(&msg, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m);
	for (const struct rtattr *a = (const void *)ad->attrs; RTA_OK(a, left); a = RTA_NEXT(a, left))
		nl_put(&msg, a->rta_type, RTA_DATA(a), RTA_PAYLOAD(a));
	nl_put(&msg, IFA_FLAGS, &flags, sizeof flags);
	return nl_ask(sock, &msg);
}

static int bring_up(int sock, int index)
{
	struct ifinfomsg link = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nl_msg msg;

	nl_begin(&msg, RTM_NEWLINK, 0, &link, sizeof link);
	return nl_ask(sock, &msg);
}

static int restore(struct move *m, int sock, bool up)
{
	int r = 0;

	for (size_t i = 0; i < m->n && r == 0; i++)
		r = add_address(sock, m->index, &m->v[i]);
	return r == 0 && up ? bring_up(sock, m->index) : r;
}

static void give_back(struct move *m)
{
	if (!m->index || transfer(m->there, m->index, m->own_ns, m->name) < 0)
		return;
	snprintf(m->now, sizeof m->now, "%s", m->name);
	if (find(m, m->here) == 0 && m->index)
		restore(m, m->here, m->flags & IFF_UP);
}

/* ---- sockets ---- */

/* A socket belongs to the namespace that it was made in: this thread goes there for a moment. */
static int open_there(struct move *m, pid_t pid, struct diags *dg)
{
	char path[64];
	int back;

	snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	m->other_ns = open(path, O_RDONLY | O_CLOEXEC);
	m->own_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (m->other_ns < 0 || m->own_ns < 0) {
		diag_errno(dg, errno, "open", path, "can't reach the sandbox's network namespace");
		return -1;
	}
	if (setns(m->other_ns, CLONE_NEWNET) < 0) {
		diag_errno(dg, errno, "setns", path, "can't reach the sandbox's network namespace")->hint =
			"moving network devices needs CAP_SYS_ADMIN and CAP_NET_ADMIN on the host";
		return -1;
	}
	m->there = nl_open();
	back = setns(m->own_ns, CLONE_NEWNET);
	if (back < 0 || m->there < 0) {
		diag_errno(dg, back < 0 ? errno : -m->there, back < 0 ? "setns" : "socket", NULL,
			   "can't talk to the kernel about network devices");
		return -1;
	}
	return 0;
}

static int complain(struct diags *dg, int r, const char *name, const char *what)
{
	struct diag *d = diag_errno(dg, -r, "rtnetlink", name, "%s", what);

	if (r == -EPERM)
		d->hint = "moving network devices needs CAP_NET_ADMIN here and in the sandbox's namespace";
	else if (r == -EINVAL)
		d->hint = "some devices can't leave their namespace, as the loopback, bridges and some tunnels";
	return -1;
}

/* "The runtime MUST check if moving the network interface to the container namespace is possible." */
static int check_names(struct move *m, struct diags *dg)
{
	int r, index;
	unsigned flags;

	snprintf(m->now, sizeof m->now, "%s", m->name);
	r = find(m, m->here);
	index = m->index;
	flags = m->flags;
	if (r < 0)
		return complain(dg, r, m->name, "can't list the network devices");
	if (!index)
		return complain(dg, -ENODEV, m->name, "there is no network device of that name here");
	if (!strchr(m->as, '%')) {
		snprintf(m->now, sizeof m->now, "%s", m->as);
		r = find(m, m->there);
		if (r < 0)
			return complain(dg, r, m->as, "can't list the sandbox's network devices");
		if (m->index) {
			complain(dg, -EEXIST, m->as, "the sandbox has a network device of that name already");
			dg->last->hint = "give it another name in netDevices, or a template as eth%d";
			return -1;
		}
	}
	m->index = index;
	m->flags = flags;
	return 0;
}

static int rename_there(struct move *m)
{
	struct ifinfomsg link = { .ifi_index = m->index };
	struct nl_msg msg;

	nl_begin(&msg, RTM_NEWLINK, 0, &link, sizeof link);
	nl_put(&msg, IFLA_IFNAME, m->as, strlen(m->as) + 1);
	return nl_ask(m->there, &msg);
}

/*
 * In two steps, with a name between them that nobody else has: by it the interface is found
 * again whatever index it got, and a name that is taken meanwhile is still an error.
 */
static int go(struct move *m, pid_t pid, struct diags *dg)
{
	int r = note_addresses(m);

	if (r < 0)
		return complain(dg, r, m->name, "can't read the device's addresses");
	snprintf(m->now, sizeof m->now, "sbmv%d", pid);
	r = transfer(m->here, m->index, m->other_ns, m->now);
	m->index = 0;
	if (r < 0)
		return complain(dg, r, m->name, "can't move the network device");
	r = find(m, m->there);
	if (r == 0)
		r = m->index ? rename_there(m) : -ENODEV;
	if (r < 0)
		return complain(dg, r, m->as, "can't rename the moved network device");
	r = restore(m, m->there, true);
	return r < 0 ? complain(dg, r, m->as, "can't bring up the moved network device with its addresses") : 0;
}

int netdev_move(pid_t pid, const char *name, const char *as, struct diags *dg)
{
	struct move m = { .name = name,
			  .as = as,
			  .here = nl_open(),
			  .there = -1,
			  .own_ns = -1,
			  .other_ns = -1,
			  .a = dg->arena };
	unsigned flags;
	int r = -1;

	if (m.here < 0)
		complain(dg, m.here, name, "can't talk to the kernel about network devices");
	else if (open_there(&m, pid, dg) == 0 && check_names(&m, dg) == 0) {
		flags = m.flags;
		r = go(&m, pid, dg);
		m.flags = flags;
		if (r < 0)
			give_back(&m);
	}
	fd_close(&m.here);
	fd_close(&m.there);
	fd_close(&m.own_ns);
	fd_close(&m.other_ns);
	return r;
}
