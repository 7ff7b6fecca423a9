/* SPDX-License-Identifier: Apache-2.0 */
/* What commands share. Apart from main.c, so that tests can link everything but main(). */
#include "command.h"

#include "fd.h"
#include "progress.h"

#include <string.h>

enum cgroup_manager command_manager(const struct call *c)
{
	return c->globals->systemd_cgroup ? CGROUP_SYSTEMD : c->globals->cgroup_manager;
}

const char *command_root(struct call *c)
{
	return c->globals->root ? c->globals->root : state_default_root(c->arena, c->dg);
}

const char *command_root_to_name(struct call *c)
{
	const char *root = c->globals->root;
	struct diags quiet;

	diags_init(&quiet, c->arena);
	if (!root)
		root = state_default_root(c->arena, &quiet);
	return root ? root : "/run/sbrun";
}

int command_output(struct call *c, const char *text)
{
	if (!text) {
		diag_error(c->dg, "out of memory");
		return EXIT_SBRUN;
	}
	progress_hide();
	if (fd_write_all(STDOUT_FILENO, text, strlen(text)) < 0) {
		diag_errno(c->dg, errno, "write", NULL, "cannot write to standard output");
		return EXIT_SBRUN;
	}
	return 0;
}

enum style command_status_style(enum status s)
{
	static const enum style styles[] = {
		[STATUS_CREATING] = STYLE_CARE, [STATUS_CREATED] = STYLE_CARE, [STATUS_RUNNING] = STYLE_GOOD,
		[STATUS_PAUSED] = STYLE_CARE,   [STATUS_STOPPED] = STYLE_DIM,
	};

	return styles[s];
}

int command_open(struct call *c, const char *id, struct state_dir *sd, struct state *st)
{
	const char *root = command_root(c);

	if (!root || state_open(sd, c->arena, root, id, c->dg) < 0)
		return -1;
	if (state_read(sd, c->arena, st, c->dg) == 0)
		return 0;
	state_close(sd);
	return -1;
}

int command_pidfd(struct call *c, const struct state *st)
{
	CLEANUP_FD pidfd = state_init(st, c->dg);

	if (pidfd >= 0 && !pidfd_ended(pidfd))
		return fd_take(&pidfd);
	if (pidfd < 0 && pidfd != -ESRCH)
		return -1;
	/* callers look for these words and then ask for the state */
	diag_error(c->dg, "container not running: \"%s\" is stopped, or still being created", st->id);
	return -1;
}
