/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last steps, in the process that becomes the payload: session, directory, identity,
 * capabilities, execve. Each restriction is read back before it counts.
 */
#include "stage2.h"

#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/signal.h>
#include <linux/stat.h>

static void default_signals(void)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} dfl = { 0 };
	uint64_t none = 0;
	int sig;

	/* what the caller ignored would stay ignored across execve */
	for (sig = 1; sig <= 64; sig++)
		raw6(__NR_rt_sigaction, sig, (long)&dfl, 0, sizeof dfl.mask, 0, 0);
	SYS(rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

/* A session of its own, always: nothing can be typed into the caller's terminal (TIOCSTI). */
int step_session(const struct step *s)
{
	int i, r = (int)SYS(setsid);

	if (r == -EPERM && SYS(getsid, 0) == SYS(getpid)) /* it leads one already */
		r = 0;
	if (r < 0 || !s->n[0])
		return r < 0 ? r : 0;
	r = (int)SYS(fchown, g.tty, step_of(STEP_USER)->n[0], ~0u);
	if (r >= 0)
		r = (int)SYS(ioctl, g.tty, TIOCSCTTY, 0);
	for (i = 0; i < 3 && r >= 0; i++)
		r = (int)SYS(dup3, g.tty, i, 0);
	close_fd(&g.tty);
	return r < 0 ? about(r, "the terminal") : 0;
}

/* getcwd says "(unreachable)" for a directory outside the root: never start there. */
static int cwd_inside(void)
{
	char buf[4096];
	long r = SYS(getcwd, buf, sizeof buf);

	if (r < 0)
		return (int)r;
	return buf[0] == '/' ? 0 : -EXDEV;
}

static int cwd_refused;

int step_cwd(const struct step *s)
{
	int r = (int)SYS(chdir, str(s->s[0]));

	if (r < 0 && g.plan->flags & PLAN_HOOK)
		r = (int)SYS(chdir, "/");
	cwd_refused = r == -EACCES;
	if (cwd_refused) /* on a file system that does not trust root the user may still get in */
		return 0;
	return about(r < 0 ? r : cwd_inside(), str(s->s[0]));
}

static int get_caps(struct __user_cap_data_struct d[2])
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };

	return (int)SYS(capget, &h, d);
}

static int set_groups(const struct step *s)
{
	struct __user_cap_data_struct d[2];
	int r;

	if (s->n[3] == ~0ull) /* setgroups is denied in this user namespace */
		return 0;
	r = (int)SYS(setgroups, s->n[3], s->n[3] ? blob(s->s[0], s->n[3] * sizeof(uint32_t)) : NULL);
	/* a joined user namespace may deny it: with the capability there is no other reason */
	if (r == -EPERM && !s->n[3] && get_caps(d) >= 0 && d[0].effective >> CAP_SETGID & 1)
		r = 0;
	return r;
}

static int check_ids(const struct step *s)
{
	uint32_t u[3], id[3];
	int i;

	SYS(getresuid, &u[0], &u[1], &u[2]);
	SYS(getresgid, &id[0], &id[1], &id[2]);
	for (i = 0; i < 3; i++)
		if (u[i] != s->n[0] || id[i] != s->n[1])
			return -EPERM;
	return 0;
}

static int set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) },
	};

	return (int)SYS(capset, &h, d);
}

/* The permitted set survives the change of uid; it is made effective again for the next step. */
static int keep_caps(void)
{
	struct __user_cap_data_struct d[2];
	int r = get_caps(d);
	uint64_t permitted;

	if (r < 0)
		return r;
	permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	return set_caps(permitted, permitted, d[0].inheritable | (uint64_t)d[1].inheritable << 32);
}

static int set_ambient(uint64_t want)
{
	int cap, r = (int)SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

	for (cap = 0; cap < 64 && r >= 0; cap++)
		if (want >> cap & 1)
			r = (int)SYS(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return about(r, "ambient");
}

/* An exec by another than root drops them all but the ambient ones: capabilities(7). */
static int caps_over_exec(void)
{
	struct __user_cap_data_struct d[2];
	int r = get_caps(d);
	uint64_t all = r < 0 ? 0 : d[0].permitted | (uint64_t)d[1].permitted << 32;

	if (r >= 0)
		r = set_caps(all, all, all);
	return r < 0 ? r : set_ambient(all);
}

int step_user(const struct step *s)
{
	int r = (int)SYS(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);

	if (r >= 0)
		r = about(set_groups(s), "additionalGids");
	if (r >= 0)
		r = (int)SYS(setresgid, s->n[1], s->n[1], s->n[1]);
	if (r >= 0)
		r = (int)SYS(setresuid, s->n[0], s->n[0], s->n[0]);
	/* where fs.suid_dumpable is 1 this has opened us to the payload's user until our execve */
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (r >= 0)
		r = check_ids(s);
	if (r >= 0)
		r = keep_caps();
	if (r >= 0 && cwd_refused) {
		r = about((int)SYS(chdir, str(g.plan->cwd)), str(g.plan->cwd));
		r = r < 0 ? r : cwd_inside();
	}
	if (r >= 0 && s->n[2] & PLAN_KEEP_CAPS)
		r = caps_over_exec();
	SYS(umask, (uint32_t)s->n[2]);
	return r;
}

static int drop_bounding(uint64_t keep)
{
	int cap, r;

	for (cap = 0; cap < 64; cap++) {
		if (keep >> cap & 1)
			continue;
		r = (int)SYS(prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);
		/* past the last capability of this kernel, if that is what it means */
		if (r == -EINVAL && SYS(prctl, PR_CAPBSET_READ, cap, 0, 0, 0) == -EINVAL)
			return 0;
		if (r < 0)
			return about(r, "bounding");
	}
	return 0;
}

int step_capabilities(const struct step *s)
{
	const struct plan_caps *c = blob(s->s[0], sizeof *c);
	struct __user_cap_data_struct d[2];
	uint64_t permitted = c->permitted | c->until_exec;
	int r = drop_bounding(c->bounding);

	if (r >= 0)
		r = about(set_caps(c->effective | c->until_exec, permitted, c->inheritable),
			  "permitted, effective, inheritable");
	if (r >= 0)
		r = set_ambient(c->ambient);
	if (r >= 0)
		r = (int)SYS(prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0);
	if (r >= 0)
		r = get_caps(d);
	if (r >= 0 && (d[0].permitted | (uint64_t)d[1].permitted << 32) != permitted)
		r = about(-EPERM, "permitted");
	return r;
}

/*
 * exec, before anything in the sandbox can see this process: what the payload may have, and what
 * the steps to come need (another user, the bounding set, the terminal's owner). A filter that is
 * installed without no_new_privs needs CAP_SYS_ADMIN: seccomp(2).
 */
int narrow_caps(void)
{
	const struct plan_caps *c = blob(step_of(STEP_CAPABILITIES)->s[0], sizeof *c);
	uint64_t keep = c->permitted | 1ull << CAP_SETUID | 1ull << CAP_SETGID | 1ull << CAP_SETPCAP;
	struct __user_cap_data_struct d[2];
	int r = get_caps(d);

	if (r < 0)
		return r;
	if (g.plan->flags & PLAN_TERMINAL)
		keep |= 1ull << CAP_CHOWN;
	if (find_step(STEP_NO_NEW_PRIVS) == g.plan->n_steps)
		keep |= 1ull << CAP_SYS_ADMIN;
	keep &= d[0].permitted | (uint64_t)d[1].permitted << 32;
	return set_caps(keep, keep, 0);
}

int step_no_new_privs(const struct step *s)
{
	(void)s;
	return (int)SYS(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Socket activation counts on LISTEN_PID being the pid of whoever takes the descriptors. */
static void set_listen_pid(void)
{
	static char entry[40];
	char **e;

	memcpy(entry, "LISTEN_PID=", 12);
	text_add_number(entry, sizeof entry, (uint64_t)raw6(__NR_getpid, 0, 0, 0, 0, 0, 0));
	for (e = g.envp; *e; e++) {
		if (text_starts(*e, "LISTEN_PID=")) {
			*e = entry;
			return;
		}
	}
	e[0] = entry;
}

void ready_to_exec(void)
{
	if (g.plan->flags & PLAN_LISTEN_PID)
		set_listen_pid();
	default_signals();
	/* without a pid namespace of its own nothing else ends the payload with its init */
	if (g.plan->flags & PLAN_INIT && !(g.plan->flags & PLAN_OWN_PIDNS))
		SYS(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	await_init();
}

int step_exec(const struct step *s)
{
	struct statx st;
	int r;

	(void)s;
	if (!g.filtered)
		ready_to_exec();
	r = (int)SYS(execve, g.room->exe, g.argv, g.envp);
	g.exit_code = r == -ENOENT || r == -ENOTDIR ? 127 : 126;
	/* the file or its interpreter? By the call that is reported. A filter may not let us ask */
	if (g.exit_code == 127 && !g.filtered)
		SYS(statx, AT_FDCWD, g.room->exe, 0, STATX_TYPE, &st);
	return about(r, g.room->exe);
}
