/* SPDX-License-Identifier: Apache-2.0 */
#include "begin.h"

#include "../spec/arena.h"
#include "account.h"
#include "child.h"
#include "early_net.h"
#include "fd.h"
#include "hygiene.h"
#include "message.h"
#include "procid.h"
#include "seal.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void close_all(int *fds, int n)
{
	for (int i = 0; i < n; i++)
		fd_close(&fds[i]);
}

enum { NET_FDS = 2 };

/* ctl, plan, gate, slots, the early network: the order that struct plan's numbers count on. */
static int *table(struct arena *a, int ctl, int plan, int gate, const int *slots, int n,
		  const struct early_net *net)
{
	int *fds = arena_array(a, (size_t)n + 3 + NET_FDS, sizeof *fds);

	fds[0] = ctl;
	fds[1] = plan;
	fds[2] = gate;
	memcpy(fds + 3, slots, (size_t)n * sizeof *slots);
	fds[3 + n] = net ? net->ns : -1;
	fds[4 + n] = net ? net->ready[0] : -1;
	return fds;
}

/* exec: where the child begins to run, and we from now on (execCPUAffinity.initial). */
static int stay_on_cpus(const struct plan *p, struct diags *dg)
{
	const struct step *s = plan_step(p, plan_clone_index(p));
	struct diag *d;

	if (!s->s[1] || sched_setaffinity(0, s->n[1], plan_blob(p, s->s[1])) == 0)
		return 0;
	d = diag_errno(dg, errno, "sched_setaffinity", NULL, "can't run on the CPUs %s",
		       plan_str(p, s->s[0]));
	if (d->err == EINVAL)
		d->hint =
			"none of execCPUAffinity.initial is online and in the cpuset that sbrun was started in";
	return -1;
}

/* One that was made just now and told nothing has no limit of its own. */
static bool has_no_limit(const struct conduct *c)
{
	const struct plan *p = c->p->plan;

	if (!c->cgroup_made || c->cgroup->manager != CGROUP_FS)
		return false;
	for (size_t i = 0; i < c->cgroup->n; i++)
		if (cgroup_was_there(&c->cgroup->v[i]))
			return false;
	for (uint32_t i = 0; i < plan_clone_index(p); i++)
		if (plan_step(p, i)->kind == STEP_LIMIT)
			return false;
	return true;
}

/*
 * Whether there may be less memory in its cgroup than the way to stage-2 takes (some 100 kB), so that
 * somebody is going to be killed for it.
 */
static bool memory_is_tight(const struct conduct *c)
{
	enum { PLENTY = 1 << 20 };
	CLEANUP_FD dir = c->cgroup && !has_no_limit(c) ? cgroup_dir_of(c->cgroup, "memory") : -ENOENT;
	bool v1 = dir >= 0 && cgroup_v1(c->cgroup, "memory");
	unsigned long long used, max;

	return dir >= 0 && cgroup_read_u64(dir, v1 ? "memory.limit_in_bytes" : "memory.max", &max) == 0 &&
	       cgroup_read_u64(dir, v1 ? "memory.usage_in_bytes" : "memory.current", &used) == 0 &&
	       used + PLENTY > max;
}

/* The child may look at it when our frame is gone, and leaves its last words there. */
static struct child *place_child(struct conduct *c, const struct child *child)
{
	void *p;

	if (!child->own_memory)
		return arena_memdup(c->a, child, sizeof *child);
	p = mmap(NULL, sizeof *child, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : memcpy(p, child, sizeof *child);
}

static int start(struct conduct *c, const struct begin *b, int stage2, int ctl, int plan_fd, const int *slots,
		 struct diags *dg)
{
	const struct plan *p = c->p->plan;
	const struct plan_identity *id = &c->p->identity;
	/* a copy, with room for one: the child may look at it when we have long closed ours */
	int *attach = arena_array(c->a, c->entry.n_attach + 1, sizeof *attach);
	struct child child = {
		.flags = plan_step(p, plan_clone_index(p))->n[0] &
			 ~(p->net_fd < 0 ? 0 : (uint64_t)CLONE_NEWNET),
		.wait_maps = id->userns,
		.be_root = id->root,
		.uid = id->uid,
		.gid = id->gid,
		.drop_groups = id->drop_groups,
		.stage2 = stage2,
		.n_fds = 3 + (unsigned)p->n_slots + (p->net_fd < 0 ? 0 : NET_FDS),
		.first_fd = p->ctl_fd,
		.runtime_end = c->ctl,
		.preserve = (unsigned)p->preserve,
		.fds = table(c->a, ctl, plan_fd, b->gate, slots, p->n_slots, b->net),
		.stdio = b->stdio,
		.into = c->entry.into,
		.may_hold = c->cgroup && c->cgroup->manager == CGROUP_SYSTEMD,
		.attach = attach,
		.n_attach = c->entry.n_attach,
		.own_memory = memory_is_tight(c),
	};
	if (c->entry.n_attach)
		memcpy(attach, c->entry.attach, c->entry.n_attach * sizeof *attach);
	struct child *shared = place_child(c, &child);

	if (!shared) {
		diag_errno(dg, errno, "mmap", NULL, "can't start the sandbox's first process");
		return -1;
	}
	if (p->fail_step == plan_clone_index(p)) {
		diag_errno(dg, EIO, NULL, NULL, "failed on purpose (--fail-step)");
		return -1;
	}
	if (stay_on_cpus(p, dg) < 0 || child_start(shared, dg) < 0)
		return -1;
	c->child = shared;
	c->pid = shared->pid;
	c->pidfd = shared->pidfd;
	return 0;
}

static int with_fds(struct conduct *c, const struct begin *b, int *slots, struct diags *dg)
{
	struct plan *p = c->p->plan;
	CLEANUP_FD stage2 = -1;
	CLEANUP_FD plan_fd = -1;
	CLEANUP_FD theirs = -1;
	int pair[2];

	if ((stage2 = seal_stage2(dg)) < 0 || (plan_fd = seal_data("sbrun-plan", p, p->size, dg)) < 0)
		return -1;
	if (message_socket(pair) < 0) {
		diag_errno(dg, errno, "socketpair", NULL, "can't talk to the sandbox's first process");
		return -1;
	}
	c->ctl = pair[0];
	theirs = pair[1];
	if (start(c, b, stage2, theirs, plan_fd, slots, dg) < 0) {
		struct diag *d = dg->last;

		d->step = plan_step_text(c->a, c->p, plan_clone_index(p));
		spec_at(c->s, d, plan_step_pointer(c->p, plan_clone_index(p)));
		return -1;
	}
	return 0;
}

/* Between a login session and the user's manager there is a cgroup of root's: the manager moves it then. */
static int move_in(struct conduct *c, struct diags *dg)
{
	if (systemd_scope_attach(c->cgroup->unit, c->cgroup->user, c->pid, dg) < 0)
		return -1;
	return conduct_reply(c, REPLY_GO);
}

/* Only where the clone would make it, and something in the sandbox goes there. */
static bool takes_early_net(const struct plan *p, struct early_net *net)
{
	uint64_t flags = plan_step(p, plan_clone_index(p))->n[0];
	uint32_t i = p->first_child_step;

	if (!net || !(flags & CLONE_NEWNET) || flags & CLONE_NEWUSER)
		return false;
	while (i < p->n_steps && plan_step(p, i)->kind != STEP_LOOPBACK)
		i++;
	return i < p->n_steps && early_net_usable(net);
}

int begin(struct conduct *c, const struct begin *b, struct diags *dg)
{
	struct plan *p = c->p->plan;
	int *slots = arena_array(c->a, (size_t)p->n_slots + 1, sizeof *slots);
	uint32_t clone = plan_clone_index(p);
	int r;

	/* what is not the caller's would be one of ours */
	if (p->preserve > sbrun_caller_fds) {
		diag_error(dg, "--preserve-fds %d: descriptor %d is not open", p->preserve,
			   3 + sbrun_caller_fds);
		return -1;
	}
	if (c->watch.done)
		c->since = watch_now();
	p->gate_fd = b->gate >= 0 ? p->ctl_fd + 2 : -1;
	p->net_fd = takes_early_net(p, b->net) ? p->slot_base + p->n_slots : -1;
	p->fail_step = b->fail_step ? b->fail_step - 1 : ~0u;
	if (conduct_steps(c, 0, clone, dg) < 0 || slots_open(c->s, c->p, b->given, slots, dg) < 0) {
		abort_begun(c);
		return -1;
	}
	account_mark(c->account, PHASE_CGROUP);
	r = with_fds(c, b, slots, dg);
	close_all(slots, p->n_slots);
	if (r == 0 && c->child->held)
		r = move_in(c, dg);
	systemd_scope_release(&c->scope);
	cgroup_entry_close(&c->entry);
	if (r == 0)
		r = conduct_steps(c, clone, p->first_child_step, dg);
	if (r == 0 && c->p->identity.userns)
		conduct_reply(c, REPLY_GO); /* the maps are written; one that died shows later */
	account_mark(c->account, PHASE_CLONE);
	if (r < 0)
		abort_begun(c);
	return r;
}

void let_go(struct conduct *c)
{
	fd_close(&c->ctl);
	fd_close(&c->pidfd);
	fd_close(&c->master);
	fd_close(&c->verdict);
	cgroup_entry_close(&c->entry);
	systemd_scope_release(&c->scope);
}

void abort_begun(struct conduct *c)
{
	int code;

	fd_close(&c->ctl); /* what waits for a reply sees the end and exits */
	if (c->pidfd >= 0) {
		syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
		pidfd_reap(c->pidfd, &code, NULL);
	}
	let_go(c);
}
