/* SPDX-License-Identifier: Apache-2.0 */
/* debug: exec with tools of the host's, for a sandbox whose own root has none. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch_options.h"

struct debug_opts {
	struct exec_opts exec;
	const char *tools;
	bool no_tty;
};

static int run(struct call *c, void *opts)
{
	static char *shell[] = { (char *)"sh", NULL };
	struct debug_opts *o = opts;
	char *real = realpath(o->tools ? o->tools : "/", NULL);
	int code = EXIT_SBRUN;

	if (!real) {
		diag_errno(c->dg, errno, "realpath", o->tools, "can't find the tools");
		return EXIT_SBRUN;
	}
	o->exec.tools = arena_strdup(c->arena, real);
	free(real);
	/* the host's own programs need the host's libraries, where they are on the host */
	o->exec.tools_are_root |= !strcmp(o->exec.tools, "/");
	o->exec.root = command_root(c);
	o->exec.id = c->words[0];
	o->exec.args = c->n_words > 1 ? c->words + 1 : shell;
	o->exec.watch = debug_watch(c);
	o->exec.tty |= !o->no_tty && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
	if (!o->exec.root)
		return EXIT_SBRUN;
	return launch_exec(c->arena, &o->exec, &code, c->dg) < 0 ? EXIT_SBRUN : code;
}

/* clang-format off */
#define D(field) offsetof(struct debug_opts, field)
static const struct opt options[] = {
	{ "tools", 0, OPT_TEXT, "DIR", D(tools), "the tools, read-only (default: /, the host's own root)", 0, NULL },
	{ "as-root", 0, OPT_SWITCH, NULL, D(exec.tools_are_root), "DIR is the root, the sandbox's is on /mnt (always so for /)", 0, NULL },
	{ "tty", 't', OPT_SWITCH, NULL, D(exec.tty), "a terminal (default: if all three are one)", 0, NULL },
	{ "no-tty", 'T', OPT_SWITCH, NULL, D(no_tty), "no terminal", 0, NULL },
	{ "ignore-paused", 0, OPT_SWITCH, NULL, D(exec.ignore_paused), "also in a paused sandbox: it runs once that is resumed", 0, NULL },
	{ 0 },
};
#undef D
/* clang-format on */

const struct command cmd_debug = {
	.name = "debug",
	.usage = "[OPTION]... ID [COMMAND [ARG]...]",
	.summary = "look into a sandbox with tools of the host's (default: a shell)",
	.details = "The command has the payload's user, environment, limits and filter, in the sandbox's namespaces but\n"
		   "for one: its mounts are a copy, so the payload sees no change. A DIR of static programs is put on\n"
		   "/proc/driver, and its bin directories first in PATH. A DIR with libraries must be the root itself\n"
		   "(--as-root); then the sandbox's root is on /mnt, and its /proc, /dev and /sys are in place.\n",
	.options = options,
	.opts_size = sizeof(struct debug_opts),
	.min_words = 1,
	.max_words = (size_t)-1,
	.wants = "a container ID",
	.stop_after = 2,
	.run = run,
};
