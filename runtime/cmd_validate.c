/* SPDX-License-Identifier: Apache-2.0 */
/* "FILE: OK", or every problem that the configuration has. */
#include "launch_options.h"

static int run(struct call *c, void *opts)
{
	struct launch_opts *o = opts;
	const struct spec *spec;

	if (!o->bundle)
		o->bundle = ".";
	spec = launch_load(c->arena, o, c->dg);
	if (!spec)
		return EXIT_SBRUN;
	return command_output(c, arena_printf(c->arena, "%s: OK\n", spec->file));
}

const struct command cmd_validate = {
	.name = "validate",
	.usage = "[OPTION]...",
	.summary = "check a configuration and name every problem in it",
	.options = bundle_options,
	.opts_size = sizeof(struct launch_opts),
	.run = run,
};
