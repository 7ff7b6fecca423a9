/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"
#include "guard.h"
#include "launch_options.h"
#include "planner.h"
#include "run_options.h"
#include "timeline.h"

#include <string.h>

static int check(struct call *c, const struct run_opts *o)
{
	if (o->caller && o->launch.detach) {
		diag_error(c->dg, "--die-with-parent and --detach exclude each other");
		return -1;
	}
	if (!o->report || !o->launch.detach)
		return 0;
	diag_error(c->dg, "--report and --detach exclude each other: nobody stays to write it")->hint =
		"sbrun wait --report FILE ID writes it at the end";
	return -1;
}

static int start_guard(struct call *c, struct run_opts *o, struct guard *guard)
{
	struct guard_opts *g = arena_memdup(c->arena,
					    &(struct guard_opts){ .caller = o->caller,
								  .root = o->launch.root,
								  .id = o->launch.id,
								  .keep = o->launch.keep },
					    sizeof *g);

	if (state_check_id(g->id, c->dg) < 0)
		return -1;
	o->launch.guard = guard;
	return guard_start(guard, g, c->dg);
}

int run_foreground(struct call *c, struct run_opts *o)
{
	struct guard guard = GUARD_NONE;
	struct account account = ACCOUNT_NONE;
	struct timeline timeline = TIMELINE_NONE;
	int code = EXIT_SBRUN, r;

	if (!o->launch.flush)
		o->launch.flush = log_diags;
	if (check(c, o) < 0 || timeline_open(&timeline, c->arena, o->timeline, "sbrun run", c->dg) < 0 ||
	    (o->report && account_open(&account, o->report, c->dg) < 0))
		return EXIT_SBRUN;
	if (o->report)
		o->launch.account = &account;
	r = launch_options_complete(c, &o->launch);
	account.id = o->launch.id;
	o->launch.watch = timeline_begin(&timeline, o->launch.watch, &account, &o->launch.account);
	if (r == 0 && o->caller)
		r = start_guard(c, o, &guard);
	if (r == 0)
		r = launch_run(c->arena, &o->launch, &code, c->dg);
	guard_dismiss(&guard);
	if (account_write(c->arena, &account, c->dg) < 0)
		r = -1;
	return timeline_write(&timeline, &account, c->dg) < 0 || r < 0 ? EXIT_SBRUN : code;
}

static int run(struct call *c, void *opts)
{
	return run_foreground(c, opts);
}

const char *parse_caller(struct arena *a, void *opts, const char *value)
{
	(void)a;
	return guard_parse_caller(value, &((struct run_opts *)opts)->caller);
}

const char *parse_output_limit(struct arena *a, void *opts, const char *value)
{
	struct run_opts *o = opts;

	(void)a;
	return output_parse_limit(value, &o->launch.output.limit);
}

const char *parse_on_failure(struct arena *a, void *opts, const char *value)
{
	static const char *const names[] = {
		[ON_FAILURE_DELETE] = "delete", [ON_FAILURE_KEEP] = "keep", [ON_FAILURE_FREEZE] = "freeze"
	};
	struct run_opts *o = opts;

	(void)a;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(value, names[i]) == 0) {
			o->launch.on_failure = (int)i;
			return NULL;
		}
	return "keep, freeze or delete is expected";
}

/* clang-format off */
static const struct opt options[] = {
	RUN_ROWS,
	LAUNCH_ROWS,
	{ 0 },
};
/* clang-format on */

const struct command cmd_run = {
	.name = "run",
	.usage = "[OPTION]... ID",
	.summary = "create, start, wait for the end and delete",
	.details = "Ends with the payload's exit code, or 128 + the number of the signal that ended it.\n"
		   "With NOTIFY_SOCKET in the environment the payload's READY=1 is passed on, with a MAINPID: that of\n"
		   "sbrun, or with --detach, which waits for it, of the sandbox's first process.\n"
		   "\"sbrun run --host\", with --host first, needs no bundle: see \"sbrun try --help\".\n",
	.options = options,
	.opts_size = sizeof(struct run_opts),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
	.host = &cmd_try,
};
