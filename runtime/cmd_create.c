/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"
#include "launch_options.h"
#include "timeline.h"

struct create_opts {
	struct launch_opts launch; /* first: LAUNCH_ROWS have its offsets */
	const char *timeline;
};

static int run(struct call *c, void *opts)
{
	struct create_opts *o = opts;
	struct timeline timeline = TIMELINE_NONE;
	struct account account = ACCOUNT_NONE;
	int r;

	if (timeline_open(&timeline, c->arena, o->timeline, "sbrun create", c->dg) < 0 ||
	    launch_options_complete(c, &o->launch) < 0)
		return EXIT_SBRUN;
	o->launch.watch = timeline_begin(&timeline, o->launch.watch, &account, &o->launch.account);
	r = launch_create(c->arena, &o->launch, c->dg);
	return timeline_write(&timeline, &account, c->dg) < 0 || r < 0 ? EXIT_SBRUN : 0;
}

/* clang-format off */
static const struct opt options[] = {
	OUTPUT_FILE_ROWS(struct create_opts, launch.output, "the payload's"),
	LAUNCH_ROWS,
	TIMELINE_ROW(struct create_opts, timeline),
	{ 0 },
};
/* clang-format on */
const struct command cmd_create = {
	.name = "create",
	.usage = "[OPTION]... ID",
	.summary = "make a sandbox that waits for \"start\"",
	.details = "With NOTIFY_SOCKET in the environment the payload gets a socket at /run/notify for sd_notify(3).\n",
	.options = options,
	.opts_size = sizeof(struct create_opts),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
