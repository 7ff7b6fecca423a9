/* SPDX-License-Identifier: Apache-2.0 */
/* pause and resume: the freezer of the sandbox's cgroup. */
#include <errno.h>

#include "cgroup_make.h"
#include "command.h"

static int not_possible(struct call *c, const char *id, const char *verb, int err)
{
	struct diag *d;

	if (err == ENOENT) {
		d = diag_error(c->dg, "cannot %s container \"%s\": it has no cgroup that could be frozen",
			       verb, id);
		d->hint = "linux.cgroupsPath or linux.resources give it a cgroup";
	} else if (err == ETIMEDOUT) {
		d = diag_error(c->dg, "cannot %s container \"%s\": one of its processes could not be %s",
			       verb, id, *verb == 'p' ? "stopped" : "let go on");
		d->hint =
			*verb == 'p'
				? "it waits in the kernel, for a disk or a server perhaps; nothing is paused"
				: "a cgroup above it may be frozen";
	} else {
		diag_errno(c->dg, err, "write", "cgroup.freeze", "cannot %s container \"%s\"", verb, id);
	}
	return EXIT_SBRUN;
}

static int freeze(struct call *c, bool frozen)
{
	const char *id = c->words[0], *verb = frozen ? "pause" : "resume";
	struct state_dir sd = STATE_DIR_NONE;
	enum status status;
	struct state st;
	int r;

	if (command_open(c, id, &sd, &st) < 0)
		return EXIT_SBRUN;
	/* an update freezes and thaws as well, for device rules */
	if (state_lock(&sd, 10000, c->dg) < 0) {
		state_close(&sd);
		return EXIT_SBRUN;
	}
	status = state_status(&sd, &st);
	if (status == STATUS_CREATED && frozen != cgroup_frozen(&st.cgroup))
		status = frozen ? STATUS_RUNNING : STATUS_PAUSED;
	if (status != (frozen ? STATUS_RUNNING : STATUS_PAUSED)) {
		diag_error(c->dg,
			   frozen ? "container not running: \"%s\" is %s"
				  : "container not paused: \"%s\" is %s",
			   id, status_name(status));
		state_close(&sd);
		return EXIT_SBRUN;
	}
	r = st.cgroup.n ? cgroup_freeze(&st.cgroup, frozen) : -ENOENT;
	state_close(&sd);
	return r < 0 ? not_possible(c, id, verb, -r) : 0;
}

static int pause_it(struct call *c, void *opts)
{
	(void)opts;
	return freeze(c, true);
}

static int resume_it(struct call *c, void *opts)
{
	(void)opts;
	return freeze(c, false);
}

const struct command cmd_pause = {
	.name = "pause",
	.usage = "ID",
	.summary = "stop all processes of a sandbox for a while",
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = pause_it,
};

const struct command cmd_resume = {
	.name = "resume",
	.usage = "ID",
	.summary = "let a paused sandbox go on",
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = resume_it,
};
