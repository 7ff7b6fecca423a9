/* SPDX-License-Identifier: Apache-2.0 */
#include "hook_site.h"

#include "../hooks/run.h"
#include "../spec/arena.h"
#include "begin.h"
#include "fd.h"
#include "hygiene.h"
#include "procid.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	enum status status;
	bool inside;       /* in the sandbox's namespaces */
	bool outside_root; /* ... but in the tree of the host's files */
} points[HOOK__COUNT] = {
	[HOOK_PRESTART] = { STATUS_CREATING, false, false },
	[HOOK_CREATE_RUNTIME] = { STATUS_CREATING, false, false },
	[HOOK_CREATE_CONTAINER] = { STATUS_CREATING, true, true },
	[HOOK_START_CONTAINER] = { STATUS_CREATED, true, false },
	[HOOK_POSTSTART] = { STATUS_RUNNING, false, false },
	[HOOK_POSTSTOP] = { STATUS_STOPPED, false, false },
};

/* runtime.md: the pid as seen from where the hook runs. */
static char *state_for(const struct hook_site *h, enum hook_point at)
{
	struct state st = *h->st;

	st.init.pid = points[at].inside ? proc_pid_inside(h->pid) : h->pid;
	return state_oci_json(h->a, &st, points[at].status, NULL);
}

/* ---- in the sandbox's namespaces ---- */

static struct spec_process process_for(const struct hook_site *h, const struct spec_hook *hook, bool outside)
{
	struct spec_process p = *h->s->process;

	p.terminal = false;
	p.env = hook->env;
	p.args = hook->args;
	if (!p.args.n) {
		p.args.v = arena_array(h->a, 2, sizeof(char *));
		p.args.v[p.args.n++] = hook->path;
	}
	if (outside)
		p.cwd = arena_strdup(h->a, h->st->bundle);
	return p;
}

static bool setgroups_denied(const struct hook_site *h)
{
	char path[64], word[8] = "";
	CLEANUP_FD fd = -1;

	snprintf(path, sizeof path, "/proc/%d/setgroups", h->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, word, sizeof word - 1) > 0 && !strncmp(word, "deny", 4);
}

/* Whether its uid_map or gid_map has an id 0: "INSIDE OUTSIDE COUNT" a line, user_namespaces(7). */
static bool maps_root(const struct hook_site *h, const char *map)
{
	char path[64], line[128];
	bool has = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", h->pid, map);
	f = fopen(path, "re");
	while (f && !has && fgets(line, sizeof line, f))
		has = strtoul(line, NULL, 10) == 0;
	if (f)
		fclose(f);
	return has;
}

static int make_plan(const struct hook_site *h, enum hook_point at, const struct spec_hook *hook,
		     struct planned *planned, struct diags *dg)
{
	bool outside = points[at].outside_root, user = h->st->namespaces >> NS_USER & 1;
	struct spec_process *p = arena_alloc(h->a, sizeof *p);
	struct plan_exec_opts o = {
		.process = p,
		.hook = hook,
		.outside_root = outside,
		.namespaces = h->st->namespaces,
		.cgroup = &h->st->cgroup,
		.by_root_fd = outside || h->st->no_pivot || !(h->st->namespaces >> NS_MOUNT & 1),
		.setgroups_denied = user && setgroups_denied(h),
		.without_root = user && !(maps_root(h, "uid_map") && maps_root(h, "gid_map")),
		.umask = sbrun_umask,
	};
	struct facts f;

	*p = process_for(h, hook, outside);
	if (facts_get(h->a, 0, &f, dg) < 0)
		return -1;
	return plan_exec(h->a, h->s, &f, &o, planned, dg);
}

/* The first process's root: the host's tree before the pivot, the sandbox's after it. */
static int open_root(const struct hook_site *h, struct diags *dg)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/root", h->pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		diag_errno(dg, errno, "open", path, "can't reach the sandbox's root");
	return fd;
}

static int start_inside(const struct hook_site *h, enum hook_point at, const struct hook_order *o,
			struct hook_pipes *p, struct conduct *c, struct diags *dg)
{
	int *stdio = arena_array(h->a, 3, sizeof *stdio);
	struct planned *planned = arena_alloc(h->a, sizeof *planned);
	struct cgroup *cgroup = arena_alloc(h->a, sizeof *cgroup);
	CLEANUP_FD root = open_root(h, dg);
	struct begin b = { .gate = -1, .given = { h->pidfd, root, -1, -1 }, .stdio = stdio };

	stdio[0] = p->stdin_far;
	stdio[1] = hook_pipes_output(p, 1);
	stdio[2] = hook_pipes_output(p, 2);
	*cgroup = h->st->cgroup;
	*c = (struct conduct){ .a = h->a, .s = h->s, .p = planned, .cgroup = cgroup, .init = h->pid,
			       CONDUCT_NONE };
	if (root < 0 || make_plan(h, at, o->hook, planned, dg) < 0 || begin(c, &b, dg) < 0)
		return -1;
	if (conduct(c, dg) == CONDUCT_GONE)
		return 0;
	abort_begun(c);
	return -1;
}

/* The failure is one of steps that the user does not know: what they ask for is the hook. */
static int cannot_start(const struct hook_order *o, const struct diags *inner, struct diags *dg)
{
	const struct diag *why = inner->first;
	struct diag *d = diag_error(dg, "the %s hook \"%s\" can't be run: %s", o->point, o->hook->path,
				    why ? why->what : "its process ended");

	while (why && why->level != DIAG_ERROR)
		why = why->next;
	if (!why)
		return -1;
	d->err = why->err;
	d->call = why->call;
	d->path = why->path;
	d->hint = why->hint;
	return -1;
}

/* ---- both ---- */

static int start(const struct hook_site *h, enum hook_point at, const struct hook_order *o,
		 struct hook_pipes *p, struct conduct *c, struct diags *dg)
{
	struct diags inner;

	if (!points[at].inside)
		return hook_start(o, p, &c->pid, &c->pidfd, dg);
	diags_init(&inner, h->a);
	return start_inside(h, at, o, p, c, &inner) < 0 ? cannot_start(o, &inner, dg) : 0;
}

static void note(const struct hook_site *h, const char *text, const char *pointer, uint64_t usec)
{
	if (h->watch.done)
		h->watch.done(h->watch.arg, &(struct step_note){ text, pointer, NULL, usec, 0 });
}

/* All that it said, a record a line. */
static void tell(const struct hook_site *h, const struct hook_order *o, const char *pointer,
		 const struct hook_result *r)
{
	const char *p = r->output, *end = p + r->n_output;

	if (!h->watch.done)
		return;
	if (r->dropped)
		note(h, arena_printf(h->a, "%s hook %s: the first %zu bytes of its output are left out", o->point,
				     o->hook->path, r->dropped),
		     pointer, 0);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);

		note(h, arena_printf(h->a, "%s hook %s: %.*s", o->point, o->hook->path, (int)n, p), pointer, 0);
		p += n + 1;
	}
}

/*
 * crun's annotations name a file for it. What the image brings, startContainer's, is no writer of the
 * host's files: its output is kept for the error, as where there is no annotation.
 */
static int open_output(const struct hook_site *h, enum hook_point at, const char *annotation,
		       struct diags *dg)
{
	const char *path = spec_annotation(h->s, annotation);
	int fd;

	if (!path || at == HOOK_START_CONTAINER)
		return -1;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		diag_errno(dg, errno, "open", path, "can't open the file of %s", annotation);
	return fd;
}

static int run_one(struct hook_site *h, enum hook_point at, const struct spec_hook *hook, const char *pointer,
		   struct diags *dg)
{
	struct hook_order o = { .point = hook_point_name(at),
				.hook = hook,
				.state = state_for(h, at),
				.cwd = h->st->bundle,
				.umask = sbrun_umask };
	struct conduct c = { CONDUCT_NONE };
	struct hook_pipes pipes = HOOK_PIPES_NONE;
	CLEANUP_FD out = -1;
	CLEANUP_FD err = -1;
	unsigned errors = dg->errors;
	struct hook_result result;

	if (!o.state) {
		diag_error(dg, "out of memory for the state of a hook");
		return -1;
	}
	out = open_output(h, at, "run.oci.hooks.stdout", dg);
	err = open_output(h, at, "run.oci.hooks.stderr", dg);
	if (dg->errors != errors || hook_pipes_open(&pipes, dg) < 0)
		return -1;
	pipes.stdout_file = out;
	pipes.stderr_file = err;
	h->ran = true;
	if (start(h, at, &o, &pipes, &c, dg) < 0) {
		hook_pipes_close(&pipes);
		return -1;
	}
	hook_attend(h->a, &o, &pipes, c.pid, c.pidfd, &result);
	h->usec = result.usec;
	let_go(&c);
	tell(h, &o, pointer, &result);
	return hook_verdict(&o, &result, dg);
}

int hook_site_run(struct hook_site *h, enum hook_point at, size_t i, struct diags *dg)
{
	const struct spec_hook *hook = &spec_hooks_at(h->s, at)->v[i];
	const char *pointer = arena_printf(h->a, "/hooks/%s/%zu", hook_point_name(at), i);

	if (run_one(h, at, hook, pointer, dg) == 0)
		return 0;
	dg->last->step = hook_words(h->a, at, hook->path);
	spec_at(h->s, dg->last, pointer);
	return -1;
}

/* Where no plan is being conducted, this is what says that a step is done. */
static int run_and_tell(struct hook_site *h, enum hook_point at, size_t i, struct diags *dg)
{
	if (hook_site_run(h, at, i, dg) < 0)
		return -1;
	note(h, hook_words(h->a, at, spec_hooks_at(h->s, at)->v[i].path),
	     arena_printf(h->a, "/hooks/%s/%zu", hook_point_name(at), i), h->usec);
	return 0;
}

int hook_site_run_all(struct hook_site *h, enum hook_point at, struct diags *dg)
{
	for (size_t i = 0; i < spec_hooks_at(h->s, at)->n; i++)
		if (run_and_tell(h, at, i, dg) < 0)
			return -1;
	return 0;
}

void hook_site_poststop(struct hook_site *h, struct diags *dg)
{
	h->pid = 0;
	h->pidfd = -1;
	for (size_t i = 0; i < spec_hooks_at(h->s, HOOK_POSTSTOP)->n; i++) {
		struct diags inner;
		struct diag *d;

		diags_init(&inner, h->a);
		if (run_and_tell(h, HOOK_POSTSTOP, i, &inner) == 0)
			continue;
		d = diag_warning(dg, "%s", inner.last->what);
		d->file = inner.last->file;
		d->line = inner.last->line;
		d->col = inner.last->col;
		d->pointer = inner.last->pointer;
		d->call = inner.last->call;
		d->path = inner.last->path;
		d->err = inner.last->err;
		d->hint = inner.last->hint;
	}
}
