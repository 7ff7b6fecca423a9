/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is of a sandbox outside of it: its directory with the state, what it claims, sockets, the pid
 * file. What a delete is to find is written before it is made.
 */
#include "launch_parts.h"

#include "../spec/arena.h"
#include "cgroup_make.h"
#include "externals.h"
#include "fd.h"
#include "guard.h"
#include "log.h"
#include "notify.h"
#include "nsids.h"
#include "pidfile.h"
#include "relay.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char *root_path(struct launch *l)
{
	const char *p = l->s->root->path;

	return !p ? l->bundle : *p == '/' ? p : arena_printf(l->a, "%s/%s", l->bundle, p);
}

static void fill_state(struct launch *l)
{
	struct state *st = &l->st;
	char now[RFC3339_SIZE];

	rfc3339_now(now);
	st->id = l->o->id;
	st->oci_version = l->s->oci_version;
	st->bundle = l->bundle;
	st->rootfs = root_path(l);
	st->created = arena_strdup(l->a, now);
	st->annotations = l->s->annotations;
	st->namespaces = l->planned.namespaces;
	st->has_init = l->planned.plan->flags & PLAN_INIT;
	st->no_pivot = l->o->no_pivot;
	st->hooks = spec_has_hooks(l->s);
	st->keeps = l->o->on_failure != ON_FAILURE_DELETE;
	st->cgroup = l->planned.cgroup;
	if (!l->s->process->terminal)
		stdio_identify(st->stdio);
}

static void fill_owner(struct launch *l)
{
	if (!l->st.owner)
		l->st.owner = facts_user_name(l->a, l->facts.uid);
}

/*
 * With hooks a state is there before the first of them runs: should we be killed in between,
 * delete must know what their poststop is to be told. With a cgroup it is there before that, so
 * that delete finds whatever was made of it.
 */
static int record_intent(struct launch *l, struct diags *dg)
{
	struct state st;

	if (!l->st.hooks && !l->st.cgroup.n)
		return 0;
	fill_owner(l);
	st = l->st;
	st.created = ""; /* not complete */
	return state_write(&l->sd, &st, dg);
}

static int claim_uppers(struct launch *l, struct diags *dg)
{
	const struct str_list *u = &l->planned.uppers;

	l->st.uppers.v = arena_array(l->a, u->n + 1, sizeof(char *));
	for (size_t i = 0; i < u->n; i++) {
		CLEANUP_FD fd = open(u->v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		const char *key = NULL;
		int r = -1;

		if (fd < 0)
			diag_errno(dg, errno, "open", u->v[i], "can't open the overlay's upperdir")->hint =
				"upperdir and workdir must be there before: two empty directories on one file system";
		else
			r = state_claim_upper(&l->sd, l->a, fd, u->v[i], &key, dg);
		if (r < 0) {
			spec_at(l->s, dg->last, l->planned.upper_pointers.v[i]);
			return -1;
		}
		l->st.uppers.v[l->st.uppers.n++] = (char *)key;
	}
	return 0;
}

/* What another sandbox runs in must never be in our state: whoever deletes us would kill it. */
static int claim_cgroup_and_record(struct launch *l, struct diags *dg)
{
	struct cgroup *g = &l->st.cgroup;
	int r = cgroup_survey(g, dg);
	/* systemd takes away what has stopped: its path tells nothing. What is named by the ID is ours. */
	bool look = l->s->linux_->cgroups_path && (r > 0 || g->unit);

	if (r >= 0 && record_intent(l, dg) < 0)
		return -1;
	if (r >= 0 && look)
		r = state_check_cgroup(&l->sd, g, dg);
	if (r >= 0)
		return 0;
	spec_at(l->s, dg->last, "/linux/cgroupsPath");
	g->n = 0;
	return -1;
}

/* The directory is the intent: it is there before anything is made, and delete takes one without a state. */
int launch_reserve(struct launch *l, bool gate, struct diags *dg)
{
	if (state_reserve(&l->sd, l->a, l->o->root, l->o->id, dg) < 0)
		return -1;
	l->reserved = true;
	if (l->o->guard)
		guard_has_dir(l->o->guard, l->sd.fd);
	fill_state(l);
	if (claim_uppers(l, dg) < 0 || claim_cgroup_and_record(l, dg) < 0)
		return -1;
	if (l->notifies && notify_dir_make(&l->sd, dg) < 0)
		return -1;
	if (gate && (l->gate = state_gate_listen(&l->sd, dg)) < 0)
		return -1;
	return 0;
}

int launch_connect(struct launch *l, struct diags *dg)
{
	const struct launch_opts *o = l->o;
	const char *pidfd = o->pidfd_socket;

	if (!pidfd)
		pidfd = spec_annotation(l->s, "run.oci.pidfd_receiver");
	if (o->console_socket && l->s->process->terminal &&
	    (l->console = console_socket_connect(o->console_socket, dg)) < 0)
		return -1;
	if (pidfd && (l->pidfd_sock = console_socket_connect(pidfd, dg)) < 0)
		return -1;
	return 0;
}

static int hand_over(struct launch *l, struct diags *dg)
{
	if (l->console >= 0) {
		if (console_socket_send(l->console, l->c.master, "/dev/ptmx", dg) < 0)
			return -1;
		fd_close(&l->c.master);
	}
	return l->pidfd_sock >= 0 ? console_socket_send(l->pidfd_sock, l->c.pidfd, "pidfd", dg) : 0;
}

void launch_look_ahead(struct launch *l)
{
	if (proc_id_get(&l->first, l->c.pid, l->c.pidfd) < 0)
		l->first.pid = 0;
	fill_owner(l);
}

/* The first process is ready: who it is goes into the state, then everybody may know. */
int launch_record(struct launch *l, struct diags *dg)
{
	/* mostly it is the process that was looked at while it made its mounts */
	int r = l->first.pid == l->c.pid ? 0 : proc_id_get(&l->first, l->c.pid, l->c.pidfd);

	l->st.init = l->first;
	l->st.rdt = l->c.rdt;
	fill_owner(l);
	if (r < 0) {
		diag_errno(dg, -r, NULL, NULL, "the sandbox's first process is gone");
		return -1;
	}
	r = l->st.has_init ? 0 : ns_inodes(l->c.pid, l->st.namespaces, l->st.ns_ino);
	/* an ordinary user may not look into a user namespace that was joined: exec then goes by pidfd */
	if (r < 0 && r != -EACCES && r != -EPERM) {
		diag_errno(dg, -r, "stat", NULL, "can't tell the sandbox's namespaces");
		return -1;
	}
	if (r < 0)
		memset(l->st.ns_ino, 0, sizeof l->st.ns_ino);
	if (state_write(&l->sd, &l->st, dg) < 0 || hand_over(l, dg) < 0)
		return -1;
	return l->o->pid_file ? pid_file_write(l->o->pid_file, l->c.pid, dg) : 0;
}
