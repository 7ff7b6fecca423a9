/* SPDX-License-Identifier: Apache-2.0 */
/* Decides everything that create would, and does nothing of it. */
#include "launch_options.h"
#include "notify.h"
#include "planner.h"

#include <unistd.h>

struct plan_command {
	struct launch_opts launch; /* first: bundle_options has its offsets */
	const char *facts;
	bool json;
};

int plan_show(struct call *c, const struct launch_opts *o, const char *facts_file, bool json)
{
	struct planned *p = arena_alloc(c->arena, sizeof *p);
	struct screen screen = screen_of(STDOUT_FILENO);
	struct spec *s;

	if (launch_foresee(c->arena, o, facts_file, &s, p, c->dg) < 0)
		return EXIT_SBRUN;
	if (json)
		return command_output(c, plan_json(c->arena, p));
	return command_output(c, screen.eyes ? plan_tree(c->arena, p, &screen) : plan_table(c->arena, p));
}

static int run(struct call *c, void *opts)
{
	struct plan_command *o = opts;

	o->launch.root = command_root_to_name(c);
	o->launch.manager = command_manager(c);
	o->launch.id = c->n_words ? c->words[0] : "plan";
	if (!o->launch.bundle)
		o->launch.bundle = ".";
	if (notify_caller(&o->launch.notify_socket, c->dg) < 0)
		return EXIT_SBRUN;
	return plan_show(c, &o->launch, o->facts, o->json);
}

/* clang-format off */
#define P(field) offsetof(struct plan_command, field)
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
	.details = "\"sbrun plan --host COMMAND\", with --host first, needs no bundle and prints those of \"sbrun try\": see\n"
		   "\"sbrun plan --host --help\".\n",
	.options = bundle_options,
	.more_options = options,
	.opts_size = sizeof(struct plan_command),
	.max_words = 1,
	.run = run,
	.host = &cmd_plan_host,
};
