/* SPDX-License-Identifier: Apache-2.0 */
#include "launch_options.h"

static int run(struct call *c, void *opts)
{
	const char *root = command_root(c);

	(void)opts;
	return !root || launch_start(c->arena, root, c->words[0], debug_watch(c), c->dg) < 0 ? EXIT_SBRUN : 0;
}

const struct command cmd_start = {
	.name = "start",
	.usage = "ID",
	.summary = "run the payload of a created sandbox",
	.details = "With NOTIFY_SOCKET in the environment, as at create: waits for the payload's READY=1, or its end,\n"
		   "and passes it on with the pid of the sandbox's first process as MAINPID.\n",
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
