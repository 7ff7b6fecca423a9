/* SPDX-License-Identifier: Apache-2.0 */
#include "ns_limits.h"

#include "../spec/arena.h"
#include "facts.h"

#include <linux/sched.h>
#include <string.h>

static const struct { uint64_t flag; const char *name; } kinds[] = {
	{ CLONE_NEWUSER, "user" }, { CLONE_NEWNET, "net" }, { CLONE_NEWPID, "pid" },       { CLONE_NEWNS, "mnt" },
	{ CLONE_NEWIPC, "ipc" },   { CLONE_NEWUTS, "uts" }, { CLONE_NEWCGROUP, "cgroup" }, { CLONE_NEWTIME, "time" },
};

static int is_zero(struct arena *a, const char *kind)
{
	const char *text = facts_slurp(a, arena_printf(a, "/proc/sys/user/max_%s_namespaces", kind));

	return text && text[0] == '0' && (!text[1] || text[1] == '\n');
}

const char *ns_limits_hint(struct arena *a, uint64_t flags)
{
	const char *zero = "", *any = "";

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *kind = kinds[i].name;

		if (!(flags & kinds[i].flag))
			continue;
		any = arena_printf(a, "%s%suser.max_%s_namespaces", any, *any ? ", " : "", kind);
		if (is_zero(a, kind))
			zero = arena_printf(a, "%s user.max_%s_namespaces=15000", zero, kind);
	}
	if (*zero)
		return arena_printf(a, "none may be made, the limit is 0: sysctl -w%s", zero);
	return arena_printf(a,
			    "a limit on namespaces is reached here, or in a user namespace around this one: see sysctl %s",
			    any);
}
