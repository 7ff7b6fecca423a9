/* SPDX-License-Identifier: Apache-2.0 */
/* What each step says: processes, namespaces and what they have of their own. */
#include "plan_text.h"

#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

static const struct {
	uint64_t flag;
	enum ns_type type;
} ns_flags[] = {
	{ CLONE_NEWUSER, NS_USER },     { CLONE_NEWPID, NS_PID },   { CLONE_NEWNS, NS_MOUNT },
	{ CLONE_NEWIPC, NS_IPC },       { CLONE_NEWUTS, NS_UTS },   { CLONE_NEWNET, NS_NETWORK },
	{ CLONE_NEWCGROUP, NS_CGROUP }, { CLONE_NEWTIME, NS_TIME },
};

static void add_namespaces(struct text *t, uint64_t flags)
{
	size_t of = 0, done = 0;

	for (size_t i = 0; i < sizeof ns_flags / sizeof *ns_flags; i++)
		of += (flags & ns_flags[i].flag) != 0;
	for (size_t i = 0; i < sizeof ns_flags / sizeof *ns_flags; i++)
		if (flags & ns_flags[i].flag)
			text_add_listed(t, ns_type_name(ns_flags[i].type), done++, of);
	text_add(t, " namespace%s", of == 1 ? "" : "s");
}

void text_clone(struct text *t, const struct step *s)
{
	text_add(t, "start the first process <child>");
	if (s->s[1])
		text_add(t, " on CPUs %s", text_arg(t, s->s[0]));
	if (s->n[0]) {
		text_add(t, " in new ");
		add_namespaces(t, s->n[0]);
	}
}

static void add_map(struct text *t, const char *kind, const char *map)
{
	unsigned in, out, size;
	int used;

	text_add(t, "%s ", kind);
	for (size_t i = 0; sscanf(map, "%u %u %u\n%n", &in, &out, &size, &used) == 3; i++, map += used) {
		text_add(t, "%s", i ? ", " : "");
		if (size == 1)
			text_add(t, "%u to %u", in, out);
		else
			text_add(t, "%u-%u to %u-%u", in, in + size - 1, out, out + size - 1);
	}
}

void text_map_ids(struct text *t, const struct step *s)
{
	text_add(t, "map ");
	add_map(t, "uid", text_arg(t, s->s[0]));
	add_map(t, "; gid", text_arg(t, s->s[1]));
	text_add(t, s->n[0] ? " (by newuidmap and newgidmap)" : s->n[1] ? " (setgroups denied)" : "");
}

void text_net_device(struct text *t, const struct step *s)
{
	text_add(t, "move the network device %s into the sandbox", text_arg(t, s->s[0]));
	if (strcmp(text_arg(t, s->s[0]), text_arg(t, s->s[1])))
		text_add(t, " as %s", text_arg(t, s->s[1]));
	text_add(t, " with its addresses, bring it up");
}

void text_join(struct text *t, const struct step *s)
{
	static const char *const when[] = { "", ", or else after the user namespace, which may own it",
					    ", unless that is done" };

	text_add(t, "join the %s namespace %s%s", text_arg(t, s->s[1]), text_arg(t, s->s[0]),
		 when[s->n[2] < 3 ? s->n[2] : 0]);
}

void text_unshare(struct text *t, const struct step *s)
{
	text_add(t, s->n[0] & (s->n[0] - 1) ? "make new " : "make a new ");
	add_namespaces(t, s->n[0]);
}

void text_identity(struct text *t, const struct step *s)
{
	text_add(t, "become %llu:%llu of the user namespace", (unsigned long long)s->n[0],
		 (unsigned long long)s->n[1]);
}

void text_fork(struct text *t, const struct step *s)
{
	(void)s;
	text_add(t, "fork into the pid namespace");
}

void text_enter(struct text *t, const struct step *s)
{
	if (s->n[3]) {
		text_add(t, "go to the sandbox's root");
		return;
	}
	text_add(t, "enter the sandbox's ");
	add_namespaces(t, s->n[0]);
	if (s->n[2])
		text_add(t, " and its root");
}

void text_time(struct text *t, const struct step *s)
{
	const char *p = text_arg(t, s->s[0]);

	text_add(t, "make a new time namespace");
	for (size_t i = 0; *p; i++, p += strcspn(p, "\n") + 1) {
		unsigned long nsecs = 0;
		char clock[16] = "";
		long long secs = 0;

		sscanf(p, "%15s %lld %lu", clock, &secs, &nsecs);
		text_add(t, "%s%s %+lld s", i ? ", " : ", offsets: ", clock, secs);
		if (nsecs)
			text_add(t, " %+ld ns", (long)nsecs);
	}
}

void text_loopback(struct text *t, const struct step *s)
{
	(void)s;
	text_add(t, "bring lo up");
}

void text_hostname(struct text *t, const struct step *s)
{
	text_add(t, "set the host name to %s", text_arg(t, s->s[0]));
}

void text_domainname(struct text *t, const struct step *s)
{
	text_add(t, "set the domain name to %s", text_arg(t, s->s[0]));
}
