/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line for each step: what `sbrun plan` prints, what the debug log says while it runs, what
 * an error names. Made from the plan itself, so it says what will be done, not what was asked.
 */
#include "planner.h"

#include "../spec/arena.h"
#include "limits.h"

#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>

/* One text being put together; the functions below append to it. */
struct text {
	struct arena *a;
	const struct planned *p;
	char *s;
	size_t n, cap;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	char *part;
	size_t n;

	va_start(ap, fmt);
	part = arena_vprintf(t->a, fmt, ap);
	va_end(ap);
	n = strlen(part);
	t->s = arena_grow(t->a, t->s, &t->cap, t->n + n + 1, 1);
	memcpy(t->s + t->n, part, n + 1);
	t->n += n;
}

static const char *arg(const struct text *t, uint32_t off)
{
	return plan_str(t->p->plan, off);
}

/* "a", "a and b", "a, b and c": done is how many of `of` came before. */
static void add_listed(struct text *t, const char *word, size_t done, size_t of)
{
	add(t, "%s%s", done == 0 ? "" : done + 1 == of ? " and " : ", ", word);
}

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
			add_listed(t, ns_type_name(ns_flags[i].type), done++, of);
	add(t, " namespace%s", of == 1 ? "" : "s");
}

static void text_cgroup(struct text *t, const struct step *s)
{
	if (s->s[3])
		add(t, "ask systemd for the scope %s, the cgroup %s in %s", arg(t, s->s[3]), arg(t, s->s[0]),
		    arg(t, s->s[2]));
	else
		add(t, "make the cgroup %s in %s", arg(t, s->s[0]), arg(t, s->s[2]));
	if (s->s[1])
		add(t, " with controllers %s", arg(t, s->s[1]));
	add(t, s->n[0] ? ", else stay in the caller's" : "");
}

static void text_limit(struct text *t, const struct step *s)
{
	const char *alt = arg(t, s->s[3]);

	add(t, "set %s to %s", arg(t, s->s[0]), arg(t, s->s[1]));
	if (*alt)
		add(t, ", else %.*s to %s", (int)strcspn(alt, " "), alt, alt + strcspn(alt, " ") + 1);
	else if (s->n[0] & LIMIT_IF_THERE)
		add(t, " where the kernel has it");
}

static void text_device_rules(struct text *t, const struct step *s)
{
	add(t, "allow devices by %llu rule%s and the default ones (%s)", (unsigned long long)s->n[0],
	    s->n[0] == 1 ? "" : "s", s->n[1] == 2 ? "cgroup v1, else a program" : s->n[1] ? "cgroup v1" : "a program");
}

static void text_cgroup_owner(struct text *t, const struct step *s)
{
	add(t, "give the cgroup to uid %llu", (unsigned long long)s->n[0]);
}

static void text_cgroup_join(struct text *t, const struct step *s)
{
	add(t, "join the cgroup %s", arg(t, s->s[0]));
}

static void text_clone(struct text *t, const struct step *s)
{
	add(t, "start the first process <child>");
	if (s->s[1])
		add(t, " on CPUs %s", arg(t, s->s[0]));
	if (s->n[0]) {
		add(t, " in new ");
		add_namespaces(t, s->n[0]);
	}
}

static void add_map(struct text *t, const char *kind, const char *map)
{
	unsigned in, out, size;
	int used;

	add(t, "%s ", kind);
	for (size_t i = 0; sscanf(map, "%u %u %u\n%n", &in, &out, &size, &used) == 3; i++, map += used) {
		add(t, "%s", i ? ", " : "");
		if (size == 1)
			add(t, "%u to %u", in, out);
		else
			add(t, "%u-%u to %u-%u", in, in + size - 1, out, out + size - 1);
	}
}

static void text_map_ids(struct text *t, const struct step *s)
{
	add(t, "map ");
	add_map(t, "uid", arg(t, s->s[0]));
	add_map(t, "; gid", arg(t, s->s[1]));
	add(t, s->n[0] ? " (by newuidmap and newgidmap)" : s->n[1] ? " (setgroups denied)" : "");
}

static void text_oom(struct text *t, const struct step *s)
{
	add(t, "set oom_score_adj to %lld", (long long)s->n[0]);
}

static void text_net_device(struct text *t, const struct step *s)
{
	add(t, "move the network device %s into the sandbox", arg(t, s->s[0]));
	if (strcmp(arg(t, s->s[0]), arg(t, s->s[1])))
		add(t, " as %s", arg(t, s->s[1]));
	add(t, " with its addresses, bring it up");
}

static void text_rdt(struct text *t, const struct step *s)
{
	const char *line = arg(t, s->s[2]), *clos = arg(t, s->s[1]);

	add(t, "%s the RDT group %s", s->n[3] ? "join" : *clos ? "use" : "make", *clos ? clos : arg(t, s->s[3]));
	for (uint64_t i = 0; !s->n[3] && i < s->n[0]; i++, line += strlen(line) + 1)
		add(t, "%s%s", i ? ", " : " with ", line);
	if (s->n[2])
		add(t, ", monitored as %s", arg(t, s->s[3]));
}

static void add_limit(struct text *t, uint64_t v)
{
	if (v == UINT64_MAX)
		add(t, "unlimited");
	else
		add(t, "%llu", (unsigned long long)v);
}

static void text_rlimit(struct text *t, const struct step *s)
{
	add(t, "set %s to ", arg(t, s->s[0]));
	add_limit(t, s->n[1]);
	add(t, ", hard limit ");
	add_limit(t, s->n[2]);
}

static void text_join(struct text *t, const struct step *s)
{
	static const char *const when[] = { "", ", or else after the user namespace, which may own it",
					    ", unless that is done" };

	add(t, "join the %s namespace %s%s", arg(t, s->s[1]), arg(t, s->s[0]),
	    when[s->n[2] < 3 ? s->n[2] : 0]);
}

static void text_unshare(struct text *t, const struct step *s)
{
	add(t, s->n[0] & (s->n[0] - 1) ? "make new " : "make a new ");
	add_namespaces(t, s->n[0]);
}

static void text_identity(struct text *t, const struct step *s)
{
	add(t, "become %llu:%llu of the user namespace", (unsigned long long)s->n[0],
	    (unsigned long long)s->n[1]);
}

static void text_fork(struct text *t, const struct step *s)
{
	(void)s;
	add(t, "fork into the pid namespace");
}

static void text_enter(struct text *t, const struct step *s)
{
	if (s->n[3]) {
		add(t, "go to the sandbox's root");
		return;
	}
	add(t, "enter the sandbox's ");
	add_namespaces(t, s->n[0]);
	if (s->n[2])
		add(t, " and its root");
}

static void text_tools(struct text *t, const struct step *s)
{
	add(t, "take %s of the host's, read-only%s", arg(t, s->s[0]),
	    s->n[0] ? ", by the sandbox's user namespace" : "");
}

static void text_bring(struct text *t, const struct step *s)
{
	if (s->n[0])
		add(t, "in mounts of its own: make that the root, and show the sandbox's on %s", arg(t, s->s[0]));
	else
		add(t, "in mounts of its own: put that on %s", arg(t, s->s[0]));
}

static void text_time(struct text *t, const struct step *s)
{
	const char *p = arg(t, s->s[0]);

	add(t, "make a new time namespace");
	for (size_t i = 0; *p; i++, p += strcspn(p, "\n") + 1) {
		unsigned long nsecs = 0;
		char clock[16] = "";
		long long secs = 0;

		sscanf(p, "%15s %lld %lu", clock, &secs, &nsecs);
		add(t, "%s%s %+lld s", i ? ", " : ", offsets: ", clock, secs);
		if (nsecs)
			add(t, " %+ld ns", (long)nsecs);
	}
}

static void text_loopback(struct text *t, const struct step *s)
{
	(void)s;
	add(t, "bring lo up");
}

static void text_hostname(struct text *t, const struct step *s)
{
	add(t, "set the host name to %s", arg(t, s->s[0]));
}

static void text_domainname(struct text *t, const struct step *s)
{
	add(t, "set the domain name to %s", arg(t, s->s[0]));
}

static const char *propagation_name(uint64_t flag)
{
	return flag & MS_SHARED    ? "shared"
	       : flag & MS_SLAVE   ? "slave"
	       : flag & MS_PRIVATE ? "private"
				   : "unbindable";
}

static void text_propagation(struct text *t, const struct step *s)
{
	add(t, "make the copies of the host's mounts %s", s->n[0] & MS_SLAVE ? "slaves" : "private");
}

/* ---- mounts ---- */

static const struct {
	uint64_t bit;
	const char *set, *clr;
} attr_names[] = {
	{ MOUNT_ATTR_RDONLY, "ro", "rw" },
	{ MOUNT_ATTR_NOSUID, "nosuid", "suid" },
	{ MOUNT_ATTR_NODEV, "nodev", "dev" },
	{ MOUNT_ATTR_NOEXEC, "noexec", "exec" },
	{ MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime" },
	{ 0x00200000 /* MOUNT_ATTR_NOSYMFOLLOW */, "nosymfollow", "symfollow" },
};

static void add_option(struct text *t, size_t *n, const char *prefix, const char *word)
{
	add(t, "%s%s%s", (*n)++ ? "," : " (", prefix, word);
}

static void add_attrs(struct text *t, size_t *n, uint64_t set, uint64_t clr, const char *prefix)
{
	for (size_t i = 0; i < sizeof attr_names / sizeof *attr_names; i++) {
		if (set & attr_names[i].bit)
			add_option(t, n, prefix, attr_names[i].set);
		else if (clr & attr_names[i].bit)
			add_option(t, n, prefix, attr_names[i].clr);
	}
	if (clr & MOUNT_ATTR__ATIME)
		add_option(t, n, prefix,
			   (set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME       ? "noatime"
			   : (set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME ? "strictatime"
										 : "relatime");
}

static const struct {
	uint32_t flag;
	const char *word;
} flag_names[] = {
	{ PM_TMPCOPYUP, "tmpcopyup" },       { PM_COPY_SYMLINK, "copy-symlink" },
	{ PM_SRC_NOFOLLOW, "src-nofollow" }, { PM_DEST_NOFOLLOW, "dest-nofollow" },
	{ PM_USERXATTR, "userxattr" },       { PM_VOLATILE, "volatile" },
};

static void add_mount_options(struct text *t, const struct plan_mount *m)
{
	static const struct {
		unsigned long bit;
		const char *word;
	} sb[] = {
		{ MS_SYNCHRONOUS, "sync" },
		{ MS_DIRSYNC, "dirsync" },
		{ MS_MANDLOCK, "mand" },
		{ MS_LAZYTIME, "lazytime" },
	};
	const char *data = arg(t, m->data);
	size_t n = 0;

	add_attrs(t, &n, m->attr_set, m->attr_clr, "");
	add_attrs(t, &n, m->rec_set, m->rec_clr, "r");
	for (size_t i = 0; i < sizeof sb / sizeof *sb; i++)
		if (m->sb_set & sb[i].bit)
			add_option(t, &n, "", sb[i].word);
	if (m->propagation)
		add_option(t, &n, m->propagation_rec ? "r" : "", propagation_name(m->propagation));
	for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
		if (m->flags & flag_names[i].flag)
			add_option(t, &n, "", flag_names[i].word);
	if (m->idmap_slot >= 0)
		add_option(t, &n, m->flags & PM_IDMAP_REC ? "r" : "", "idmap");
	for (uint32_t i = 0; i < m->n_data; i++, data += strlen(data) + 1)
		add_option(t, &n, "", data);
	add(t, "%s", n ? ")" : "");
}

static void add_layers(struct text *t, const struct plan_mount *m)
{
	const char *path = arg(t, m->lowers);

	add(t, ", top first:");
	for (uint32_t i = 0; i < m->n_lowers; i++, path += strlen(path) + 1) {
		if (i >= 3 && i + 1 < m->n_lowers && m->n_lowers > 5)
			continue;
		add(t, "%s %s", i >= 4 && m->n_lowers > 5 ? " ..." : "", path);
	}
}

static void add_overlay(struct text *t, const struct plan_mount *m, const char *target)
{
	add(t, "overlay %u layer%s on %s", m->n_lowers, m->n_lowers == 1 ? "" : "s", target);
	if (m->flags & PM_EPHEMERAL && m->eph_size)
		add(t, ", writable on %s tmpfs of %llu bytes",
		    m->flags & PM_EPH_SHARED ? "the shared" : "a", (unsigned long long)m->eph_size);
	else if (m->flags & PM_EPHEMERAL)
		add(t, ", writable on %s tmpfs", m->flags & PM_EPH_SHARED ? "the shared" : "a");
	else if (m->upper)
		add(t, ", writable in %s", arg(t, m->upper));
	add_layers(t, m);
}

static void add_mount(struct text *t, const struct step *s)
{
	const struct plan_mount *m = plan_blob(t->p->plan, s->s[0]);
	const char *target = arg(t, m->target);

	if (m->flags & PM_REMOUNT)
		add(t, "remount %s", target);
	else if (m->flags & PM_OVERLAY)
		add_overlay(t, m, target);
	else if (m->flags & PM_BIND)
		add(t, "%s %s on %s%s", m->flags & PM_REC ? "rbind" : "bind", arg(t, m->source), target,
		    m->source_slot >= 0 ? ", opened by the runtime" : "");
	else
		add(t, "mount %s on %s", arg(t, m->type), target);
	add_mount_options(t, m);
	if (m->alt)
		add(t, ", else bind %s%s", arg(t, m->alt), m->flags & PM_ALT_RO ? " read-only" : "");
}

static void text_root(struct text *t, const struct step *s)
{
	add(t, s->n[0] ? "make the shared tmpfs and the root: " : "make the root: ");
	add_mount(t, s);
	if (s->s[1])
		add(t, "; until the pivot it is at %s, or on / if the sandbox's ids can't reach that",
		    arg(t, s->s[1]));
}

static void text_hook(struct text *t, const struct step *s)
{
	add(t, "%s", hook_words(t->a, (enum hook_point)s->n[0], arg(t, s->s[0])));
}

static void text_mount(struct text *t, const struct step *s)
{
	add_mount(t, s);
}

static void text_device(struct text *t, const struct step *s)
{
	unsigned mode = (unsigned)s->n[0];

	if (s->n[3]) {
		add(t, "bind the host's %s", arg(t, s->s[0]));
		return;
	}
	if (S_ISFIFO(mode))
		add(t, "make fifo %s", arg(t, s->s[0]));
	else
		add(t, "make device %s %c %u:%u", arg(t, s->s[0]), S_ISBLK(mode) ? 'b' : 'c',
		    (unsigned)(s->n[1] >> 32), (unsigned)s->n[1]);
	add(t, " mode %04o", mode & 07777);
	if (s->n[2])
		add(t, " owner %u:%u", (unsigned)(s->n[2] >> 32), (unsigned)s->n[2]);
	add(t, "%s", S_ISFIFO(mode) ? "" : ", else bind the host's");
}

static void text_dev_links(struct text *t, const struct step *s)
{
	(void)s;
	add(t, "link fd, stdin, stdout, stderr and ptmx in /dev");
}

static void text_console(struct text *t, const struct step *s)
{
	add(t, "open a terminal");
	if (s->n[0])
		add(t, " of %llu rows and %llu columns", (unsigned long long)s->n[0] >> 16,
		    (unsigned long long)s->n[0] & 0xffff);
	add(t, " on the sandbox's devpts%s", s->n[1] ? "" : ", bind it on /dev/console");
}

static void text_sysctl(struct text *t, const struct step *s)
{
	add(t, "set /proc/sys/%s to %s", arg(t, s->s[0]), arg(t, s->s[1]));
}

static void text_readonly_path(struct text *t, const struct step *s)
{
	add(t, "make %s read-only", arg(t, s->s[0]));
}

static void text_mask_path(struct text *t, const struct step *s)
{
	add(t, "mask %s", arg(t, s->s[0]));
}

static void text_root_attrs(struct text *t, const struct step *s)
{
	add(t, "make the root %s", s->n[0] ? "read-only" : "");
	if (s->n[1])
		add(t, "%s%s%s", s->n[0] ? " and " : "", s->n[1] & MS_REC ? "recursively " : "",
		    propagation_name(s->n[1]));
}

static void text_pivot(struct text *t, const struct step *s)
{
	add(t, s->n[0] ? "change into the root (--no-pivot)" : "pivot into the root and detach the host's");
}

static void text_chroot(struct text *t, const struct step *s)
{
	add(t, "chroot to %s", arg(t, s->s[0]));
}

static void text_keyring(struct text *t, const struct step *s)
{
	add(t, "join a new session keyring");
	if (s->s[0])
		add(t, " with the label %s", arg(t, s->s[0]));
}

static void text_lookup(struct text *t, const struct step *s)
{
	const struct plan *p = t->p->plan;

	if (p->exe)
		add(t, "find %s", arg(t, p->exe));
	else
		add(t, "find %s in the root, from %s", arg(t, p->args), arg(t, p->cwd));
	(void)s;
}

static void text_start_gate(struct text *t, const struct step *s)
{
	(void)s;
	add(t, "wait for start");
}

static void text_guard(struct text *t, const struct step *s)
{
	(void)s;
	add(t, "let the guard end it with sbrun and sbrun's caller");
}

static void text_cpu_clock(struct text *t, const struct step *s)
{
	(void)s;
	add(t, "keep a procfs to tell the processor time by");
}

static void text_spawn(struct text *t, const struct step *s)
{
	add(t, "start the payload as a child, stay as its init");
	if (s->n[0])
		add(t, "; end all after %gs", (double)s->n[0] / 1e9);
	if (s->n[2])
		add(t, "%s %gs of processor time", s->n[0] ? " or" : "; end all after", (double)s->n[2] / 1e9);
	if (s->n[0] || s->n[2])
		add(t, ", killing what is left %gs later", (double)s->n[1] / 1e9);
	if (s->n[3] & SPAWN_DIE)
		add(t, "; it dies with sbrun");
	if (s->n[3] & SPAWN_KEEP)
		add(t, "; it stays if the payload fails%s",
		    s->n[3] & SPAWN_FREEZE ? ", and stops the others" : "");
}

static void text_session(struct text *t, const struct step *s)
{
	add(t, "start a session%s", s->n[0] ? " on the terminal" : "");
}

static void text_cwd(struct text *t, const struct step *s)
{
	add(t, "change to %s", arg(t, s->s[0]));
}

static void text_affinity(struct text *t, const struct step *s)
{
	if (s->s[0])
		add(t, "run on CPUs %s", arg(t, s->s[0]));
	else
		add(t, "run on all CPUs of the sandbox");
}

static const char *const sched_names[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE",
};

static void text_scheduler(struct text *t, const struct step *s)
{
	const struct plan_sched *p = plan_blob(t->p->plan, s->s[0]);

	add(t, "be scheduled by %s", sched_names[p->policy]);
	if (p->runtime)
		add(t, ", runtime %llu, deadline %llu, period %llu ns", (unsigned long long)p->runtime,
		    (unsigned long long)p->deadline, (unsigned long long)p->period);
	else if (p->priority)
		add(t, ", priority %u", p->priority);
	else
		add(t, ", nice %d", p->nice);
	if (p->flags)
		add(t, ", flags 0x%llx", (unsigned long long)p->flags);
}

static void text_io_priority(struct text *t, const struct step *s)
{
	static const char *const classes[] = { "none", "real time", "best effort", "idle" };

	add(t, "set the I/O priority to %s, %u", classes[s->n[0] >> 13 & 3], (unsigned)(s->n[0] & 7));
}

static void text_memory_policy(struct text *t, const struct step *s)
{
	static const char *const modes[] = { "MPOL_DEFAULT",   "MPOL_PREFERRED",
					     "MPOL_BIND",      "MPOL_INTERLEAVE",
					     "MPOL_LOCAL",     "MPOL_PREFERRED_MANY",
					     "MPOL_WEIGHTED_INTERLEAVE" };

	add(t, "set the memory policy to %s", modes[s->n[1] & 7]);
	if (s->s[0])
		add(t, " of nodes %s", arg(t, s->s[0]));
	if (s->n[1] & ~7ull)
		add(t, ", flags 0x%llx", (unsigned long long)(s->n[1] & ~7ull));
}

static void text_personality(struct text *t, const struct step *s)
{
	add(t, "set the personality to %s", (s->n[0] & 0xff) == 8 ? "LINUX32" : "LINUX");
	if (s->n[0] & ~0xffull)
		add(t, ", flags 0x%llx", (unsigned long long)(s->n[0] & ~0xffull));
}

static void text_apparmor(struct text *t, const struct step *s)
{
	add(t, "take the AppArmor profile %s at the exec", arg(t, s->s[0]));
}

static void text_selinux(struct text *t, const struct step *s)
{
	add(t, "take the SELinux label %s at the exec", arg(t, s->s[0]));
}

static void text_user(struct text *t, const struct step *s)
{
	const uint32_t *gids = plan_blob(t->p->plan, s->s[0]);

	add(t, "become %llu:%llu", (unsigned long long)s->n[0], (unsigned long long)s->n[1]);
	if (s->n[3] == ~0ull)
		add(t, ", groups unchanged");
	else
		add(t, "%s", s->n[3] ? " with groups " : " without other groups");
	for (uint64_t i = 0; s->n[3] != ~0ull && i < s->n[3]; i++)
		add(t, "%s%u", i ? "," : "", gids[i]);
	add(t, ", umask %04o%s", (unsigned)s->n[2], s->n[2] & PLAN_KEEP_CAPS ? ", with all capabilities" : "");
}

static void add_caps(struct text *t, const char *set, uint64_t mask)
{
	size_t n = 0;

	add(t, "%s", set);
	for (int cap = 0; cap < 64; cap++) {
		char *name;

		if (!(mask >> cap & 1) || !(name = cap_to_name(cap)))
			continue;
		add(t, "%s%s", n++ ? "," : " ", strncmp(name, "cap_", 4) ? name : name + 4);
		cap_free(name);
	}
	add(t, "%s", n ? "" : " none");
}

static void text_capabilities(struct text *t, const struct step *s)
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

static void text_no_new_privs(struct text *t, const struct step *s)
{
	(void)s;
	add(t, "set no_new_privs");
}

static void text_seccomp(struct text *t, const struct step *s)
{
	add(t, "apply a seccomp filter of %llu instructions (default: %s, %llu architecture%s)",
	    (unsigned long long)s->n[0], arg(t, s->s[1]), (unsigned long long)s->n[2],
	    s->n[2] == 1 ? "" : "s");
	if (s->n[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		add(t, ", hand its listener to the agent");
	if (s->n[3])
		add(t, "; until exec by CAP_SYS_ADMIN");
}

static void text_exec(struct text *t, const struct step *s)
{
	const char *p = arg(t, t->p->plan->args);

	(void)s;
	add(t, "exec");
	for (uint32_t i = 0; i < t->p->plan->n_args; i++, p += strlen(p) + 1) {
		if (t->n > 200) {
			add(t, " ...");
			return;
		}
		add(t, *p && strcspn(p, " \t\n'\"") == strlen(p) ? " %s" : " '%s'", p);
	}
}

#define ROW(kind, fn) [STEP_##kind] = { #fn, text_##fn },
static const struct {
	const char *name;
	void (*text)(struct text *, const struct step *);
} rows[STEP__COUNT] = { PLAN_STEPS(ROW, ROW, ROW) };

char *plan_step_text(struct arena *a, const struct planned *p, uint32_t i)
{
	const struct step *s = plan_step(p->plan, i);
	struct text t = { .a = a, .p = p };

	rows[s->kind].text(&t, s);
	return t.s;
}

const char *plan_step_name(const struct planned *p, uint32_t i)
{
	return rows[plan_step(p->plan, i)->kind].name;
}

const char *plan_step_pointer(const struct planned *p, uint32_t i)
{
	return plan_str(p->plan, plan_step(p->plan, i)->pointer);
}
