/* SPDX-License-Identifier: Apache-2.0 */
#include "launch_options.h"

static int run(struct call *c, void *opts)
{
	struct launch_opts *o = opts;

	if (launch_options_complete(c, o) < 0)
		return EXIT_SBRUN;
	return launch_create(c->arena, o, c->dg) < 0 ? EXIT_SBRUN : 0;
}

static const struct opt options[] = { LAUNCH_ROWS, { 0 } };

const struct command cmd_create = {
	.name = "create",
	.usage = "[OPTION]... ID",
	.summary = "make a sandbox that waits for \"start\"",
	.details = "With NOTIFY_SOCKET in the environment the payload gets a socket at /run/notify for sd_notify(3).\n",
	.options = options,
	.opts_size = sizeof(struct launch_opts),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
