/* SPDX-License-Identifier: Apache-2.0 */
#include "launch_options.h"

static int run(struct call *c, void *opts)
{
	struct launch_opts *o = opts;
	int code = EXIT_SBRUN;

	o->flush = log_diags;
	if (launch_options_complete(c, o) < 0 || launch_run(c->arena, o, &code, c->dg) < 0)
		return EXIT_SBRUN;
	return code;
}

/* clang-format off */
static const struct opt options[] = {
	{ "detach", 'd', OPT_SWITCH, NULL, L(detach), "return once the payload runs", 0, NULL },
	{ "keep", 0, OPT_SWITCH, NULL, L(keep), "leave the stopped sandbox for \"delete\"", 0, NULL },
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
		   "sbrun, or with --detach, which waits for it, of the sandbox's first process.\n",
	.options = options,
	.opts_size = sizeof(struct launch_opts),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
