/* SPDX-License-Identifier: Apache-2.0 */
/* What each step says: control groups and what else limits a sandbox. */
#include "plan_text.h"

#include "limits.h"

#include <string.h>

void text_cgroup(struct text *t, const struct step *s)
{
	if (s->s[3])
		text_add(t, "ask systemd for the scope %s, the cgroup %s in %s", text_arg(t, s->s[3]),
			 text_arg(t, s->s[0]), text_arg(t, s->s[2]));
	else
		text_add(t, "make the cgroup %s in %s", text_arg(t, s->s[0]), text_arg(t, s->s[2]));
	if (s->s[1])
		text_add(t, " with controllers %s", text_arg(t, s->s[1]));
	text_add(t, s->n[0] ? ", else stay in the caller's" : "");
}

void text_limit(struct text *t, const struct step *s)
{
	const char *alt = text_arg(t, s->s[3]);

	text_add(t, "set %s to %s", text_arg(t, s->s[0]), text_arg(t, s->s[1]));
	if (*alt)
		text_add(t, ", else %.*s to %s", (int)strcspn(alt, " "), alt, alt + strcspn(alt, " ") + 1);
	else if (s->n[0] & LIMIT_IF_THERE)
		text_add(t, " where the kernel has it");
}

void text_device_rules(struct text *t, const struct step *s)
{
	text_add(t, "allow devices by %llu rule%s and the default ones (%s)", (unsigned long long)s->n[0],
		 s->n[0] == 1 ? "" : "s",
		 s->n[1] == 2 ? "cgroup v1, else a program"
		 : s->n[1]    ? "cgroup v1"
			      : "a program");
}

void text_cgroup_owner(struct text *t, const struct step *s)
{
	text_add(t, "give the cgroup to uid %llu", (unsigned long long)s->n[0]);
}

void text_cgroup_join(struct text *t, const struct step *s)
{
	text_add(t, "join the cgroup %s", text_arg(t, s->s[0]));
}

void text_oom(struct text *t, const struct step *s)
{
	text_add(t, "set oom_score_adj to %lld", (long long)s->n[0]);
}

void text_rdt(struct text *t, const struct step *s)
{
	const char *line = text_arg(t, s->s[2]), *clos = text_arg(t, s->s[1]);

	text_add(t, "%s the RDT group %s",
		 s->n[3] ? "join"
		 : *clos ? "use"
			 : "make",
		 *clos ? clos : text_arg(t, s->s[3]));
	for (uint64_t i = 0; !s->n[3] && i < s->n[0]; i++, line += strlen(line) + 1)
		text_add(t, "%s%s", i ? ", " : " with ", line);
	if (s->n[2])
		text_add(t, ", monitored as %s", text_arg(t, s->s[3]));
}

static void add_limit(struct text *t, uint64_t v)
{
	if (v == UINT64_MAX)
		text_add(t, "unlimited");
	else
		text_add(t, "%llu", (unsigned long long)v);
}

void text_rlimit(struct text *t, const struct step *s)
{
	text_add(t, "set %s to ", text_arg(t, s->s[0]));
	add_limit(t, s->n[1]);
	text_add(t, ", hard limit ");
	add_limit(t, s->n[2]);
}

void text_own_rlimit(struct text *t, const struct step *s)
{
	text_rlimit(t, s);
}
