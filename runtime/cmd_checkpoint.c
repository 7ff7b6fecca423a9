/* SPDX-License-Identifier: Apache-2.0 */
#include "criu_options.h"
#include "launch_options.h"

static int run(struct call *c, void *opts)
{
	struct checkpoint_opts *o = opts;

	if (!(o->root = command_root(c)) || criu_options_complete(c, &o->criu, "checkpoint") < 0)
		return EXIT_SBRUN;
	o->id = c->words[0];
	o->watch = debug_watch(c);
	return launch_checkpoint(c->arena, o, c->dg) < 0 ? EXIT_SBRUN : 0;
}

static const char *parse_status_fd(struct arena *a, void *opts, const char *value)
{
	struct checkpoint_opts *o = opts;
	unsigned long long fd;

	(void)a;
	if (!parse_decimal(value, 1 << 20, &fd))
		return "the number of a descriptor is expected";
	o->status_fd = (unsigned)fd;
	o->set_status_fd = true;
	return NULL;
}

#define C(field) offsetof(struct checkpoint_opts, field)
/* clang-format off */
static const struct opt options[] = {
	CRIU_ROWS,
	{ "leave-running", 'R', OPT_SWITCH, NULL, C(leave_running), "it goes on afterwards", 0, NULL },
	{ "pre-dump", 0, OPT_SWITCH, NULL, C(pre_dump), "memory only, and it goes on: for a later --parent-path", 0, NULL },
	{ "parent-path", 0, OPT_TEXT, "DIR", C(parent_path), "earlier images, as seen from the images: only what changed is written", 0, NULL },
	{ "page-server", 0, OPT_TEXT, "ADDRESS:PORT", C(page_server), "memory goes there", 0, NULL },
	{ "status-fd", 0, OPT_PARSE, "FD", 0, "gets a NUL byte once lazy pages are ready", 0, parse_status_fd },
	{ "tcp-skip-in-flight", 0, OPT_SWITCH, NULL, CR(tcp_skip_in_flight), "TCP connections in the making are left out", 0, NULL },
	{ 0 },
};
/* clang-format on */
#undef C

const struct command cmd_checkpoint = {
	.name = "checkpoint",
	.usage = "[OPTION]... ID",
	.summary = "write a running sandbox to files, for restore",
	.details =
		"By criu, as root. The sandbox is then removed, unless it is to go on. What criu can't write is an\n"
		"error, and the sandbox goes on.\n",
	.options = options,
	.opts_size = sizeof(struct checkpoint_opts),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
