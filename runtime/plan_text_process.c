/* SPDX-License-Identifier: Apache-2.0 */
/* What each step says: the last ones before the start, and what the payload becomes. */
#include "plan_text.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/capability.h>

void text_hook(struct text *t, const struct step *s)
{
	text_add(t, "%s", hook_words(t->out.a, (enum hook_point)s->n[0], text_arg(t, s->s[0])));
}

void text_keyring(struct text *t, const struct step *s)
{
	text_add(t, "join a new session keyring");
	if (s->s[0])
		text_add(t, " with the label %s", text_arg(t, s->s[0]));
}

void text_lookup(struct text *t, const struct step *s)
{
	const struct plan *p = t->p->plan;

	if (p->exe)
		text_add(t, "find %s", text_arg(t, p->exe));
	else
		text_add(t, "find %s in the root, from %s", text_arg(t, p->args), text_arg(t, p->cwd));
	(void)s;
}

void text_start_gate(struct text *t, const struct step *s)
{
	(void)s;
	text_add(t, "wait for start");
}

void text_guard(struct text *t, const struct step *s)
{
	(void)s;
	text_add(t, "let the guard end it with sbrun and sbrun's caller");
}

void text_cpu_clock(struct text *t, const struct step *s)
{
	(void)s;
	text_add(t, "keep a procfs to tell the processor time by");
}

void text_spawn(struct text *t, const struct step *s)
{
	text_add(t, "start the payload as a child, stay as its init");
	if (s->n[0])
		text_add(t, "; end all after %gs", (double)s->n[0] / 1e9);
	if (s->n[2])
		text_add(t, "%s %gs of processor time", s->n[0] ? " or" : "; end all after",
			 (double)s->n[2] / 1e9);
	if (s->n[0] || s->n[2])
		text_add(t, ", killing what is left %gs later", (double)s->n[1] / 1e9);
	if (s->n[3] & SPAWN_DIE)
		text_add(t, "; it dies with sbrun");
	if (s->n[3] & SPAWN_KEEP)
		text_add(t, "; it stays if the payload fails%s",
			 s->n[3] & SPAWN_FREEZE ? ", and stops the others" : "");
}

void text_session(struct text *t, const struct step *s)
{
	text_add(t, "start a session%s", s->n[0] ? " on the terminal" : "");
}

void text_cwd(struct text *t, const struct step *s)
{
	text_add(t, "change to %s", text_arg(t, s->s[0]));
}

void text_affinity(struct text *t, const struct step *s)
{
	if (s->s[0])
		text_add(t, "run on CPUs %s", text_arg(t, s->s[0]));
	else
		text_add(t, "run on all CPUs of the sandbox");
}

static const char *const sched_names[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE",
};

void text_scheduler(struct text *t, const struct step *s)
{
	const struct plan_sched *p = plan_blob(t->p->plan, s->s[0]);

	text_add(t, "be scheduled by %s", sched_names[p->policy]);
	if (p->runtime)
		text_add(t, ", runtime %llu, deadline %llu, period %llu ns", (unsigned long long)p->runtime,
			 (unsigned long long)p->deadline, (unsigned long long)p->period);
	else if (p->priority)
		text_add(t, ", priority %u", p->priority);
	else
		text_add(t, ", nice %d", p->nice);
	if (p->flags)
		text_add(t, ", flags 0x%llx", (unsigned long long)p->flags);
}

void text_io_priority(struct text *t, const struct step *s)
{
	static const char *const classes[] = { "none", "real time", "best effort", "idle" };

	text_add(t, "set the I/O priority to %s, %u", classes[s->n[0] >> 13 & 3], (unsigned)(s->n[0] & 7));
}

void text_memory_policy(struct text *t, const struct step *s)
{
	static const char *const modes[] = { "MPOL_DEFAULT",
					     "MPOL_PREFERRED",
					     "MPOL_BIND",
					     "MPOL_INTERLEAVE",
					     "MPOL_LOCAL",
					     "MPOL_PREFERRED_MANY",
					     "MPOL_WEIGHTED_INTERLEAVE" };

	text_add(t, "set the memory policy to %s", modes[s->n[1] & 7]);
	if (s->s[0])
		text_add(t, " of nodes %s", text_arg(t, s->s[0]));
	if (s->n[1] & ~7ull)
		text_add(t, ", flags 0x%llx", (unsigned long long)(s->n[1] & ~7ull));
}

void text_personality(struct text *t, const struct step *s)
{
	text_add(t, "set the personality to %s", (s->n[0] & 0xff) == 8 ? "LINUX32" : "LINUX");
	if (s->n[0] & ~0xffull)
		text_add(t, ", flags 0x%llx", (unsigned long long)(s->n[0] & ~0xffull));
}

void text_apparmor(struct text *t, const struct step *s)
{
	text_add(t, "take the AppArmor profile %s at the exec", text_arg(t, s->s[0]));
}

void text_selinux(struct text *t, const struct step *s)
{
	text_add(t, "take the SELinux label %s at the exec", text_arg(t, s->s[0]));
}

void text_user(struct text *t, const struct step *s)
{
	const uint32_t *gids = plan_blob(t->p->plan, s->s[0]);

	text_add(t, "become %llu:%llu", (unsigned long long)s->n[0], (unsigned long long)s->n[1]);
	if (s->n[3] == ~0ull)
		text_add(t, ", groups unchanged");
	else
		text_add(t, "%s", s->n[3] ? " with groups " : " without other groups");
	for (uint64_t i = 0; s->n[3] != ~0ull && i < s->n[3]; i++)
		text_add(t, "%s%u", i ? "," : "", gids[i]);
	text_add(t, ", umask %04o%s", (unsigned)s->n[2],
		 s->n[2] & PLAN_KEEP_CAPS ? ", with all capabilities" : "");
}

static void add_caps(struct text *t, const char *set, uint64_t mask)
{
	size_t n = 0;

	text_add(t, "%s", set);
	for (int cap = 0; cap < 64; cap++) {
		char *name;

		if (!(mask >> cap & 1) || !(name = cap_to_name(cap)))
			continue;
		text_add(t, "%s%s", n++ ? "," : " ", strncmp(name, "cap_", 4) ? name : name + 4);
		cap_free(name);
	}
	text_add(t, "%s", n ? "" : " none");
}

void text_capabilities(struct text *t, const struct step *s)
{
	const struct plan_caps *c = plan_blob(t->p->plan, s->s[0]);

	add_caps(t, c->permitted ? "keep capabilities" : "keep capabilities:", c->permitted);
	if (c->bounding != c->permitted)
		add_caps(t, "; bounding", c->bounding);
	if (c->effective != c->permitted)
		add_caps(t, "; effective", c->effective);
	if (c->inheritable)
		add_caps(t, "; inheritable", c->inheritable);
	if (c->ambient)
		add_caps(t, "; ambient", c->ambient);
}

void text_no_new_privs(struct text *t, const struct step *s)
{
	(void)s;
	text_add(t, "set no_new_privs");
}

void text_seccomp(struct text *t, const struct step *s)
{
	text_add(t, "apply a seccomp filter of %llu instructions (default: %s, %llu architecture%s)",
		 (unsigned long long)s->n[0], text_arg(t, s->s[1]), (unsigned long long)s->n[2],
		 s->n[2] == 1 ? "" : "s");
	if (s->n[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		text_add(t, ", hand its listener to the agent");
	if (s->n[3])
		text_add(t, "; until exec by CAP_SYS_ADMIN");
}

void text_exec(struct text *t, const struct step *s)
{
	const char *p = text_arg(t, t->p->plan->args);

	(void)s;
	text_add(t, "exec");
	for (uint32_t i = 0; i < t->p->plan->n_args; i++, p += strlen(p) + 1) {
		if (t->out.n > 200) {
			text_add(t, " ...");
			return;
		}
		text_add(t, *p && strcspn(p, " \t\n'\"") == strlen(p) ? " %s" : " '%s'", p);
	}
}
