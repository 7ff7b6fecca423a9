/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore: what create does around the sandbox, with criu in stage-2's place.
 *
 *   load, check, plan, reserve the ID     as for create
 *   the plan's steps before the clone     cgroup, limits, devices: the same ones
 *   criu makes processes and mounts       it asks once the namespaces are there: prestart, createRuntime
 *   criu asks before it lets them go      identity into the state, terminal and pid handed over
 *
 * The first process is our child from its birth (rst_sibling), so its pid can't become another's. What runs
 * in the sandbox is criu's from the images: steps of stage-2 are not run again.
 */
#include "criu_options.h"

#include "../spec/arena.h"
#include "begin.h"
#include "externals.h"
#include "fd.h"
#include "images.h"
#include "launch_parts.h"
#include "relay.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { CG_CTRL = 1, CG_PATH = 2, JOIN_NS = 1, JOIN_FILE = 2, INHERIT_KEY = 1, INHERIT_FD = 2 };

struct restore {
	struct launch l;
	const struct restore_opts *o;
	int images, work, null;
	int ns[IMAGES_NAMESPACES];
	int fds[IMAGES_NAMESPACES + 1]; /* criu's */
	unsigned n_fds;
	struct wire opts;
	struct external_list mounts;
	bool recorded;
};

/* ---- what criu is told ---- */

static void put_pair(struct wire *opts, enum criu_opt field, unsigned k, const char *key, unsigned v,
		     const char *val)
{
	struct wire w = { .a = opts->a };

	wire_text(&w, k, key);
	wire_text(&w, v, val);
	wire_message(opts, field, &w);
}

/* Where the sandbox was in each hierarchy, its new cgroup is. */
static void put_cgroup(struct restore *r)
{
	const struct cgroup *g = &r->l.st.cgroup;

	for (size_t i = 0; i < g->n; i++) {
		const struct cgroup_place *p = &g->v[i];

		if (!p->options && g->n == 1)
			put_pair(&r->opts, CRIU_CG_ROOT, CG_CTRL, NULL, CG_PATH, p->path);
		else
			put_pair(&r->opts, CRIU_CG_ROOT, CG_CTRL, p->options ? p->options : "", CG_PATH,
				 p->path);
	}
}

static int put_namespaces(struct restore *r, struct diags *dg)
{
	for (size_t i = 0; i < IMAGES_NAMESPACES; i++) {
		const struct images_namespace *n = &images_namespaces[i];
		const struct spec_namespace *ns = spec_namespace(r->l.s, n->type);
		struct wire w = { .a = r->l.a };

		if (!ns || !ns->path)
			continue;
		if ((r->ns[i] = open(ns->path, O_RDONLY | O_CLOEXEC)) < 0) {
			diag_errno(dg, errno, "open", ns->path, "can't open the %s namespace to join",
				   ns_type_name(n->type));
			return -1;
		}
		wire_text(&w, INHERIT_KEY, n->name);
		wire_number(&w, INHERIT_FD, CRIU_FIRST_FD + (int)r->n_fds);
		wire_message(&r->opts, CRIU_INHERIT_FD, &w);
		r->fds[r->n_fds++] = r->ns[i];
	}
	return 0;
}

/* Those that criu has no name for in the images it joins in their place. */
static void put_joined(struct restore *r)
{
	static const struct {
		enum ns_type type;
		const char *word;
	} joined[] = { { NS_IPC, "ipc" }, { NS_UTS, "uts" }, { NS_TIME, "time" } };

	for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
		const struct spec_namespace *ns = spec_namespace(r->l.s, joined[i].type);

		if (ns && ns->path)
			put_pair(&r->opts, CRIU_JOIN_NS, JOIN_NS, joined[i].word, JOIN_FILE, ns->path);
	}
}

static int put_options(struct restore *r, struct diags *dg)
{
	const char *names[3];

	r->opts = (struct wire){ .a = r->l.a };
	wire_number(&r->opts, CRIU_RST_SIBLING, 1);
	wire_text(&r->opts, CRIU_ROOT, r->l.st.rootfs);
	wire_text(&r->opts, CRIU_LSM_PROFILE, r->o->lsm_profile);
	wire_text(&r->opts, CRIU_LSM_MOUNT_CONTEXT, r->o->lsm_mount_context);
	criu_options_put(&r->o->criu, &r->l.st, r->l.s, &r->opts);
	put_cgroup(r);
	put_joined(r);
	if (externals_of(r->l.a, r->l.s, &r->l.planned, &r->mounts, dg) < 0 || put_namespaces(r, dg) < 0)
		return -1;
	externals_give(r->l.a, &r->mounts, &r->opts);
	if (stdio_read(r->l.a, r->images, names, dg) < 0 ||
	    stdio_give(r->l.a, names, CRIU_FIRST_FD + (int)r->n_fds, &r->null, &r->opts, dg) < 0)
		return -1;
	if (r->null >= 0)
		r->fds[r->n_fds++] = r->null;
	return 0;
}

/* ---- what criu asks ---- */

/* Only a child of ours is believed to be the sandbox's: no other can have taken its pid. */
static int adopt(struct restore *r, pid_t pid, struct diags *dg)
{
	siginfo_t info;

	if (r->l.c.pidfd >= 0 && r->l.c.pid == pid)
		return 0;
	fd_close(&r->l.c.pidfd);
	r->l.c.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (r->l.c.pidfd >= 0 &&
	    waitid((idtype_t)3 /* P_PIDFD */, (id_t)r->l.c.pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
		r->l.c.pid = pid;
		r->l.hooks.pid = pid;
		r->l.hooks.pidfd = r->l.c.pidfd;
		return 0;
	}
	diag_errno(dg, errno, "pidfd_open", NULL, "the restored process %d is none of ours", (int)pid);
	fd_close(&r->l.c.pidfd);
	return -1;
}

static int at_namespaces(struct restore *r, pid_t pid, struct diags *dg)
{
	if (adopt(r, pid, dg) < 0)
		return -1;
	if (!r->l.st.hooks)
		return 0;
	if (hook_site_run_all(&r->l.hooks, HOOK_PRESTART, dg) < 0)
		return -1;
	return hook_site_run_all(&r->l.hooks, HOOK_CREATE_RUNTIME, dg);
}

/* resctrl's group is the one thing outside that a process has to be put into. */
static int put_in_rdt(struct restore *r, struct diags *dg)
{
	const struct plan *p = r->l.planned.plan;

	for (uint32_t i = 0; i < p->n_steps; i++)
		if (plan_step(p, i)->kind == STEP_RDT && conduct_steps(&r->l.c, i, i + 1, dg) < 0)
			return -1;
	return 0;
}

/* All is there and nothing runs yet: from here on everybody may know. */
static int at_the_end(struct restore *r, pid_t pid, struct diags *dg)
{
	if (adopt(r, pid, dg) < 0 || externals_verify(r->l.a, pid, &r->mounts, dg) < 0 ||
	    put_in_rdt(r, dg) < 0)
		return -1;
	if (r->l.s->process->terminal && r->l.c.master < 0) {
		diag_error(dg, "the images have no terminal, but the configuration has one");
		spec_at(r->l.s, dg->last, "/process/terminal");
		return -1;
	}
	if (r->l.c.master >= 0 && !r->l.o->console_socket)
		launch_own_console(&r->l.c, dg);
	if (launch_record(&r->l, dg) < 0)
		return -1;
	r->recorded = true;
	return 0;
}

static int asked(struct criu *criu, const char *script, pid_t pid, int *fd, struct diags *dg)
{
	struct restore *r = criu->owner;

	if (!strcmp(script, "setup-namespaces"))
		return at_namespaces(r, pid, dg);
	if (!strcmp(script, "post-restore"))
		return at_the_end(r, pid, dg);
	if (!strcmp(script, "orphan-pts-master") && *fd >= 0) {
		fd_close(&r->l.c.master);
		r->l.c.master = fd_take(fd);
	}
	return 0;
}

/* ---- the whole ---- */

/* criu makes one only for those that it puts into a cgroup. */
static bool new_cgroup_ns(const struct restore *r)
{
	const struct spec_namespace *ns = spec_namespace(r->l.s, NS_CGROUP);

	return ns && !ns->path && !r->l.st.cgroup.n;
}

static int run_criu(struct restore *r, struct diags *dg)
{
	struct criu criu = { .a = r->l.a,
			     .program = r->o->criu.program,
			     .verb = "restore",
			     .id = r->l.sd.id,
			     .work_fd = r->work,
			     .images = r->o->criu.image_path,
			     .work = r->o->criu.work_path,
			     .log = "restore.log",
			     .fds = r->fds,
			     .root = r->l.st.rootfs,
			     .shell_job = r->o->criu.shell_job,
			     .notify = asked,
			     .owner = r };

	if (put_options(r, dg) < 0)
		return -1;
	criu.n_fds = r->n_fds;
	criu.cgroup_ns = new_cgroup_ns(r);
	if (criu_call(&criu, CRIU_RESTORE, &r->opts, dg) < 0)
		return -1;
	return r->recorded ? 0 : at_the_end(r, criu.restored, dg);
}

static int make_again(struct restore *r, struct diags *dg)
{
	struct launch *l = &r->l;
	const struct launch_opts *o = l->o;

	l->c = (struct conduct){ .a = l->a,
				 .s = l->s,
				 .p = &l->planned,
				 .watch = o->watch,
				 .cgroup = &l->st.cgroup,
				 .hooks = &l->hooks,
				 CONDUCT_NONE };
	l->hooks = (struct hook_site){ .a = l->a, .s = l->s, .st = &l->st, .pidfd = -1, .watch = o->watch };
	l->planned.plan->fail_step = ~0u;
	if (launch_connect(l, dg) < 0 || launch_reserve(l, false, dg) < 0)
		return -1;
	if (images_read(r->images, &l->st.has_init, dg) < 0)
		return -1;
	if (state_write_config(&l->sd, l->s->text, l->s->text_len, dg) < 0 ||
	    conduct_steps(&l->c, 0, plan_clone_index(l->planned.plan), dg) < 0)
		return -1;
	return run_criu(r, dg);
}

static int restore_detached(struct restore *r, struct diags *dg)
{
	sigset_t before;
	int v;

	launch_hold_signals(&before);
	v = make_again(r, dg);
	if (v < 0)
		launch_undo(&r->l, dg);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return v;
}

static int restore_foreground(struct restore *r, int *exit_code, struct diags *dg)
{
	struct relay relay = { .signal_fd = -1, .master = -1 };
	int v = relay_init(&relay, dg);

	if (v == 0)
		v = make_again(r, dg);
	if (v < 0) {
		launch_undo(&r->l, dg);
		relay_finish(&relay);
		return -1;
	}
	r->l.o->flush(dg);
	systemd_scope_release(&r->l.c.scope);
	state_unlock(&r->l.sd);
	v = relay_wait(&relay, r->l.c.pidfd, r->l.c.master, exit_code, dg);
	relay_finish(&relay);
	launch_tell_oom(&r->l, dg);
	if (!r->l.o->keep && launch_remove(&r->l, dg) < 0)
		v = -1;
	return v;
}

int launch_restore(struct arena *a, const struct restore_opts *o, int *exit_code, struct diags *dg)
{
	struct restore r = { .o = o, .images = -1, .work = -1, .null = -1 };
	int v = -1;

	*exit_code = 0;
	for (size_t i = 0; i < IMAGES_NAMESPACES; i++)
		r.ns[i] = -1;
	launch_init(&r.l, a, &o->launch);
	if (state_check_id(o->launch.id, dg) == 0 &&
	    (r.images = criu_directory(o->criu.image_path, false, dg)) >= 0 &&
	    (r.work = criu_directory(o->criu.work_path, true, dg)) >= 0 &&
	    launch_make_plan(&r.l, false, NULL, false, dg) == 0 &&
	    launch_stdio(&r.l, !o->launch.detach, dg) == 0)
		v = o->launch.detach ? restore_detached(&r, dg) : restore_foreground(&r, exit_code, dg);
	launch_finish(&r.l);
	for (size_t i = 0; i < IMAGES_NAMESPACES; i++)
		fd_close(&r.ns[i]);
	fd_close(&r.images);
	fd_close(&r.work);
	fd_close(&r.null);
	return v;
}
