/* SPDX-License-Identifier: Apache-2.0 */
/* Decides everything that create would, and does nothing of it. */
#include "launch_options.h"
#include "notify.h"

struct plan_opts {
	struct launch_opts launch; /* first: bundle_options has its offsets */
	const char *facts;
	bool json;
};

/* A plan needs no state, so it's no error when there is no place for one. */
static const char *plan_root(struct call *c)
{
	const char *root = c->globals->root;
	struct diags quiet;

	diags_init(&quiet, c->arena);
	if (!root)
		root = state_default_root(c->arena, &quiet);
	return root ? root : "/run/sbrun";
}

static int run(struct call *c, void *opts)
{
	struct plan_opts *o = opts;
	char *text = NULL;

	o->launch.root = plan_root(c);
	o->launch.manager = command_manager(c);
	o->launch.id = c->n_words ? c->words[0] : "plan";
	if (!o->launch.bundle)
		o->launch.bundle = ".";
	if (notify_caller(&o->launch.notify_socket, c->dg) < 0 ||
	    launch_plan(c->arena, &o->launch, o->facts, o->json, &text, c->dg) < 0)
		return EXIT_SBRUN;
	return command_output(c, text);
}

/* clang-format off */
#define P(field) offsetof(struct plan_opts, field)
static const struct opt options[] = {
	{ "json", 0, OPT_SWITCH, NULL, P(json), "as JSON", 0, NULL },
	{ "facts", 0, OPT_TEXT, "FILE", P(facts), "plan for a host that can do this", 0, NULL },
	{ "init", 0, OPT_PARSE, "WHEN", 0, "an init as PID 1: auto, always or never", 0, parse_init_mode },
	TIME_LIMIT_ROWS,
	{ "no-pivot", 0, OPT_SWITCH, NULL, L(no_pivot), "chroot instead of pivot_root", 0, NULL },
	{ "no-new-keyring", 0, OPT_SWITCH, NULL, L(no_new_keyring), "keep the session keyring", 0, NULL },
	{ 0 },
};
#undef P
/* clang-format on */

const struct command cmd_plan = {
	.name = "plan",
	.usage = "[OPTION]... [ID]",
	.summary = "print the steps that create would take, and take none",
	.options = bundle_options,
	.more_options = options,
	.opts_size = sizeof(struct plan_opts),
	.max_words = 1,
	.run = run,
	.host = &cmd_plan_host,
};
