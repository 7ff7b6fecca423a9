/* SPDX-License-Identifier: Apache-2.0 */
/* Planning the payload: what is the same for create, run and exec. */
#include "planner.h"

#include "../spec/arena.h"
#include "seccomp.h"

#include <linux/capability.h>
#include <sys/resource.h>

static const int rlimit_number[RL__COUNT] = {
	[RL_AS] = RLIMIT_AS,           [RL_CORE] = RLIMIT_CORE,         [RL_CPU] = RLIMIT_CPU,
	[RL_DATA] = RLIMIT_DATA,       [RL_FSIZE] = RLIMIT_FSIZE,       [RL_LOCKS] = RLIMIT_LOCKS,
	[RL_MEMLOCK] = RLIMIT_MEMLOCK, [RL_MSGQUEUE] = RLIMIT_MSGQUEUE, [RL_NICE] = RLIMIT_NICE,
	[RL_NOFILE] = RLIMIT_NOFILE,   [RL_NPROC] = RLIMIT_NPROC,       [RL_RSS] = RLIMIT_RSS,
	[RL_RTPRIO] = RLIMIT_RTPRIO,   [RL_RTTIME] = RLIMIT_RTTIME,     [RL_SIGPENDING] = RLIMIT_SIGPENDING,
	[RL_STACK] = RLIMIT_STACK,
};

/* A limit on processes does not bind root of the host: say so instead of pretending (setrlimit(2)). */
static void warn_nproc(struct builder *b, size_t i, const struct spec_process *p)
{
	struct diag *d;

	if (p->user.uid != 0 || b->user_new || b->user_joined || !b->f->initial_userns || b->f->uid != 0)
		return;
	d = diag_warning(b->dg, "RLIMIT_NPROC does not bind the host's root, as which this process runs");
	spec_atf(b->s, d, "/process/rlimits/%zu", i);
	d->hint = "use a user namespace, another user, or linux.resources.pids.limit";
}

/* By the parent, who may raise what the sandbox may not; a first process that may as much need not ask. */
static void plan_rlimits(struct builder *b, const struct spec_process *p)
{
	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct spec_rlimit *r = &p->rlimits.v[i];
		struct step *s =
			add_step(b, b->own_limits ? STEP_OWN_RLIMIT : STEP_RLIMIT, "/process/rlimits/%zu", i);

		s->s[0] = put_str(b, rlimit_name(r->type));
		s->n[0] = (uint64_t)rlimit_number[r->type];
		s->n[1] = r->soft;
		s->n[2] = r->hard;
		if (r->type == RL_NPROC)
			warn_nproc(b, i, p);
	}
}

/* What the payload needs is looked for first; then the parent sets what only it may. */
void plan_before_gate(struct builder *b, const struct spec_process *p)
{
	add_step(b, STEP_LOOKUP, "/process/args/0");
	if (p->oom_score_adj.set)
		add_step(b, STEP_OOM, "/process/oomScoreAdj")->n[0] = (uint64_t)p->oom_score_adj.v;
	plan_rlimits(b, p);
}

static void check_mapped(struct builder *b, const struct id_maps *m, uint32_t id, const char *kind,
			 const char *pointer)
{
	struct diag *d;

	if (!b->user_new || id_mapped(m, id))
		return;
	d = diag_error(b->dg, "%s %u is not mapped in the sandbox's user namespace", kind, id);
	spec_at(b->s, d, pointer);
	d->hint = m->n == 1 && !m->v[0].container && m->v[0].size == 1
			  ? arena_printf(b->a, "add it to linux.%sMappings, or take 0, which is %s %u outside", kind,
					 kind, m->v[0].host)
			  : arena_printf(b->a, "add it to linux.%sMappings", kind);
}

static void check_user(struct builder *b, const struct spec_user *u)
{
	const struct spec_linux *l = b->s->linux_;

	check_mapped(b, &l->uid_maps, u->uid, "uid", "/process/user/uid");
	check_mapped(b, &l->gid_maps, u->gid, "gid", "/process/user/gid");
	for (size_t i = 0; i < u->additional_gids.n; i++)
		check_mapped(b, &l->gid_maps, u->additional_gids.v[i], "gid",
			     arena_printf(b->a, "/process/user/additionalGids/%zu", i));
	if (b->setgroups_denied && u->additional_gids.n) {
		struct diag *d = diag_error(
			b->dg,
			"additional groups can't be set with a gid map of one id, written without privilege");

		spec_at(b->s, d, "/process/user/additionalGids");
		d->hint = "map a range through newgidmap, or drop additionalGids";
	}
}

static void plan_user(struct builder *b, const struct spec_process *p, uint32_t caller_umask)
{
	const struct spec_user *u = &p->user;
	struct step *s;

	check_user(b, u);
	s = add_step(b, STEP_USER, "/process/user");
	s->n[0] = u->uid;
	s->n[1] = u->gid;
	s->n[2] = u->umask.set ? u->umask.v : caller_umask;
	s->n[3] = b->setgroups_denied || b->keeps_groups ? ~0ull : u->additional_gids.n;
	if (u->additional_gids.n)
		s->s[0] = put_bytes(b, u->additional_gids.v, u->additional_gids.n * sizeof(uint32_t));
}

/*
 * The filter comes last, so that it need not allow anything of ours but execve. Without
 * no_new_privs the kernel wants CAP_SYS_ADMIN for it, at a time when the capabilities are those
 * of the payload already: that one is then kept for the two last steps. It does not outlive
 * them: execve computes the permitted and effective sets anew, from the bounding, inheritable and
 * ambient ones, and these are final before the filter. So no call of ours has to follow it, which
 * the filter might refuse, or pretend to have done.
 */
static bool keeps_sys_admin(struct builder *b, const struct spec_process *p)
{
	struct diag *d;

	if (!b->filter || p->no_new_privileges)
		return false;
	if (!caps_has(b, CAP_SYS_ADMIN)) {
		d = diag_error(b->dg, "a seccomp filter needs no_new_privs, or CAP_SYS_ADMIN, which is not there");
		spec_at(b->s, d, "/linux/seccomp");
		d->hint = "set process.noNewPrivileges to true";
	}
	return true;
}

static void plan_filter(struct builder *b, bool by_sys_admin)
{
	const struct seccomp_filter *f = b->filter;
	struct step *s;

	if (!f)
		return;
	s = add_step(b, STEP_SECCOMP, "/linux/seccomp");
	s->s[0] = put_bytes(b, f->program.insns, f->program.n_insns * sizeof *f->program.insns);
	s->s[1] = put_str(b, f->by_default);
	s->n[0] = f->program.n_insns;
	s->n[1] = f->flags;
	s->n[2] = f->program.n_archs;
	s->n[3] = by_sys_admin;
}

void plan_payload(struct builder *b, const struct spec_process *p, const struct spec_linux *l,
		  uint32_t caller_umask)
{
	bool sys_admin = keeps_sys_admin(b, p);
	struct plan_caps caps;

	add_step(b, STEP_SESSION, "/process/terminal")->n[0] = p->terminal;
	add_step(b, STEP_CWD, "/process/cwd")->s[0] = put_str(b, p->cwd);
	if (l) {
		plan_tuning(b, p, l);
		plan_lsm(b, p);
	}
	plan_user(b, p, caller_umask);
	caps_masks(b, p, &caps);
	caps.until_exec = sys_admin ? 1ull << CAP_SYS_ADMIN : 0;
	add_step(b, STEP_CAPABILITIES, "/process/capabilities")->s[0] = put_bytes(b, &caps, sizeof caps);
	if (p->no_new_privileges)
		add_step(b, STEP_NO_NEW_PRIVS, "/process/noNewPrivileges");
	plan_filter(b, sys_admin);
	add_step(b, STEP_EXEC, "/process/args")->s[0] = put_str(b, p->args.v[0]);
}
