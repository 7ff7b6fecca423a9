/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "end.h"

static int run(struct call *c, void *opts)
{
	struct state_dir sd = STATE_DIR_NONE;
	struct state st;
	struct ended ended;
	enum status status;

	(void)opts;
	if (command_open(c, c->words[0], &sd, &st) < 0)
		return EXIT_SBRUN;
	status = state_status(&sd, &st);
	end_of(&sd, &st, status, &ended);
	state_close(&sd);
	return command_output(c, state_oci_json(c->arena, &st, status, &ended));
}

const struct command cmd_state = {
	.name = "state",
	.usage = "ID",
	.summary = "print what a sandbox is and its status, as JSON",
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
