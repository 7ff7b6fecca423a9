/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deleting works from whatever a create that was killed has left: the directory alone, without
 * a state, with a first process and no gate. It holds the lock from before it looks until the
 * directory is gone, so that it neither meets a creator at work nor another deleter.
 */
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>

#include "cgroup_make.h"
#include "cgroup_members.h"
#include "fd.h"
#include "hook_site.h"
#include "launch_options.h"
#include "members.h"
#include "procid.h"
#include "progress.h"
#include "stored.h"

struct delete_opts {
	bool force, regex;
};

enum { LOCK_TIMEOUT_MS = 10 * 1000, KILL_TIMEOUT_MS = 10 * 1000 };

static size_t processes_left(const struct state *st)
{
	pid_t *v = NULL;
	size_t n = st->cgroup.n ? cgroup_count(&st->cgroup) : member_pids(st->init.pid, &v) + 1;

	free(v);
	return n;
}

/* A pid namespace's first process ends after all the others. */
static int await_end(const struct state *st, int pidfd)
{
	int r = -ETIMEDOUT, slice;

	for (int left = KILL_TIMEOUT_MS; r == -ETIMEDOUT && left > 0; left -= slice) {
		slice = progress_timeout(left);
		r = pidfd_wait(pidfd, slice);
		if (r == -ETIMEDOUT && progress_due())
			progress_note("%zu processes left", processes_left(st));
	}
	return r;
}

static int kill_init(struct call *c, const struct state *st)
{
	CLEANUP_FD pidfd = state_init(st, c->dg);
	int r;

	if (pidfd < 0)
		return pidfd == -ESRCH ? 0 : -1;
	/* All at once: a fork bomb has no time to go on. The init is seen to below in any case. */
	if (st->cgroup.n)
		cgroup_kill(&st->cgroup);
	if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH) {
		diag_errno(c->dg, errno, "pidfd_send_signal", NULL, "cannot kill container \"%s\"", st->id);
		return -1;
	}
	if (cgroup_frozen(&st->cgroup))
		cgroup_freeze(&st->cgroup, false);
	cgroup_let_die(&st->cgroup);
	r = await_end(st, pidfd);
	if (r == 0)
		return 0;
	diag_error(c->dg, "container \"%s\" does not end: process %d is still there %d seconds after SIGKILL",
		   st->id, (int)st->init.pid, KILL_TIMEOUT_MS / 1000);
	return -1;
}

/*
 * What is no state can't be asked after; by force the files go all the same. One that could not be read
 * this time
 * (no descriptor or no memory left) stays: its processes would be there, and nobody would know of them.
 */
static int read_state(struct call *c, struct state_dir *sd, struct state *st, bool force)
{
	struct diags quiet;

	if (!force)
		return state_read(sd, c->arena, st, c->dg);
	diags_init(&quiet, c->arena);
	if (state_read(sd, c->arena, st, &quiet) < 0) {
		if (quiet.first->err || sd->missing)
			return state_read(sd, c->arena, st, c->dg);
		diag_warning(c->dg, "%s; its processes, if any are left, are not known",
			     diag_format_message(&quiet, quiet.first));
		*st = (struct state){ .id = sd->id };
	}
	return 0;
}

/* Read before the files go. By force a configuration that can't be read stops nothing. */
static const struct spec *hooks_of(struct call *c, struct state_dir *sd, const struct state *st, bool force)
{
	struct diags quiet;
	const struct spec *s;

	if (!force)
		return stored_config(c->arena, sd, c->dg);
	diags_init(&quiet, c->arena);
	s = stored_config(c->arena, sd, &quiet);
	if (!s)
		diag_warning(c->dg, "%s; the poststop hooks of \"%s\" are not run",
			     diag_format_message(&quiet, quiet.first), st->id);
	return s;
}

/* The lock goes with the directory: whoever waits for it sees at once that there is nothing left. */
static int remove_with_hooks(struct call *c, struct state_dir *sd, const struct state *st, bool force)
{
	struct hook_site site = { .a = c->arena, .st = st, .pidfd = -1, .watch = debug_watch(c) };

	/* of a creation that was cut off there may be no configuration yet */
	force |= st->init.pid == 0;
	site.s = hooks_of(c, sd, st, force);
	if ((!site.s && !force) || state_remove(sd, st, c->dg) < 0)
		return -1;
	state_unlock(sd);
	if (site.s)
		hook_site_poststop(&site, c->dg);
	return 0;
}

static int delete_locked(struct call *c, struct state_dir *sd, bool force)
{
	enum status status;
	struct state st;

	if (read_state(c, sd, &st, force) < 0)
		return -1;
	status = state_status(sd, &st);
	if (status != STATUS_STOPPED && !force) {
		diag_error(c->dg, "container \"%s\" is not stopped: %s", sd->id, status_name(status))->hint =
			arena_printf(c->arena,
				     "end it with \"sbrun kill\" and await that with \"sbrun wait %s\", or use --force",
				     sd->id);
		return -1;
	}
	if (kill_init(c, &st) < 0)
		return -1;
	return st.hooks ? remove_with_hooks(c, sd, &st, force) : state_remove(sd, &st, c->dg);
}

static void add_diags(struct diags *to, const struct diags *from)
{
	if (!from->first)
		return;
	*(to->last ? &to->last->next : &to->first) = from->first;
	to->last = from->last;
	to->errors += from->errors;
	to->warnings += from->warnings;
}

/* `may_be_missing`: then a sandbox that isn't there, or no longer, is as good as deleted. */
static int delete_one(struct call *c, const char *root, const char *id, bool force, bool may_be_missing)
{
	struct state_dir sd = STATE_DIR_NONE;
	struct diags open;
	int r;

	diags_init(&open, c->arena);
	r = state_open(&sd, c->arena, root, id, &open);
	if (r == 0) {
		progress_begin("deleting %s", id);
		r = state_lock(&sd, LOCK_TIMEOUT_MS, &open);
	}
	if (r < 0 && sd.missing && may_be_missing) {
		progress_end();
		return 0;
	}
	add_diags(c->dg, &open);
	if (r == 0)
		r = delete_locked(c, &sd, force);
	progress_end();
	state_close(&sd);
	return r;
}

static int delete_matching(struct call *c, const char *root, const char *pattern, bool force)
{
	char why[256];
	struct str_list ids;
	regex_t re;
	int r = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB);

	if (r) {
		regerror(r, &re, why, sizeof(why));
		diag_error(c->dg, "\"%s\" is no regular expression: %s", pattern, why);
		return -1;
	}
	r = state_list(c->arena, root, &ids, c->dg);
	for (size_t i = 0; i < ids.n; i++)
		if (regexec(&re, ids.v[i], 0, NULL, 0) == 0 && delete_one(c, root, ids.v[i], force, true) < 0)
			r = -1;
	regfree(&re);
	return r;
}

static int run(struct call *c, void *opts)
{
	const struct delete_opts *o = opts;
	const char *root = command_root(c);
	int r;

	if (!root)
		return EXIT_SBRUN;
	r = o->regex ? delete_matching(c, root, c->words[0], o->force)
		     : delete_one(c, root, c->words[0], o->force, o->force);
	return r < 0 ? EXIT_SBRUN : 0;
}

#define D(field) offsetof(struct delete_opts, field)
/* clang-format off */
static const struct opt options[] = {
	{ "force", 'f', OPT_SWITCH, NULL, D(force), "kill it first; none is no error", 0, NULL },
	{ "regex", 0, OPT_SWITCH, NULL, D(regex), "all whose ID matches this expression", 0, NULL },
	{ 0 },
};
/* clang-format on */
#undef D

const struct command cmd_delete = {
	.name = "delete",
	.usage = "[OPTION]... ID",
	.summary = "remove a stopped sandbox",
	.options = options,
	.opts_size = sizeof(struct delete_opts),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
