/* SPDX-License-Identifier: Apache-2.0 */
#include "criu_options.h"
#include "launch_options.h"

struct options {
	struct restore_opts r;
	bool no_pivot;
};

static int run(struct call *c, void *opts)
{
	struct options *o = opts;
	int code = EXIT_SBRUN;

	if (launch_options_complete(c, &o->r.launch) < 0 ||
	    criu_options_complete(c, &o->r.criu, "restore") < 0)
		return EXIT_SBRUN;
	if (o->no_pivot)
		diag_warning(c->dg, "--no-pivot is not heeded: criu changes to the root in its own way");
	o->r.launch.flush = log_diags;
	return launch_restore(c->arena, &o->r, &code, c->dg) < 0 ? EXIT_SBRUN : code;
}

#define R(field) offsetof(struct restore_opts, field)
/* clang-format off */
static const struct opt options[] = {
	CRIU_ROWS,
	{ "bundle", 'b', OPT_TEXT, "DIR", R(launch.bundle), "the bundle (default: here)", 0, NULL },
	{ "config", 'f', OPT_TEXT, "FILE", R(launch.config), "the configuration (default: config.json)", 0, NULL },
	{ "detach", 'd', OPT_SWITCH, NULL, R(launch.detach), "return once it runs", 0, NULL },
	{ "keep", 0, OPT_SWITCH, NULL, R(launch.keep), "leave the stopped sandbox for \"delete\"", 0, NULL },
	{ "pid-file", 0, OPT_TEXT, "FILE", R(launch.pid_file), "write the init's pid to FILE", 0, NULL },
	{ "console-socket", 0, OPT_TEXT, "PATH", R(launch.console_socket), "send the terminal there", 0, NULL },
	{ "pidfd-socket", 0, OPT_TEXT, "PATH", R(launch.pidfd_socket), "send the init's pidfd there", 0, NULL },
	{ "tcp-close", 0, OPT_SWITCH, NULL, CR(tcp_close), "TCP connections are closed", 0, NULL },
	{ "lsm-profile", 0, OPT_TEXT, "TYPE:NAME", R(lsm_profile), "apparmor:NAME or selinux:LABEL in place of the old one", 0, NULL },
	{ "lsm-mount-context", 0, OPT_TEXT, "CONTEXT", R(lsm_mount_context), "SELinux context of its mounts", 0, NULL },
	{ "strict", 0, OPT_SWITCH, NULL, R(launch.strict), "refuse unknown fields", 0, NULL },
	{ "no-pivot", 0, OPT_SWITCH, NULL, offsetof(struct options, no_pivot), NULL, 0, NULL },
	{ "no-subreaper", 0, OPT_IGNORED, NULL, 0, NULL, 0, NULL },
	{ 0 },
};
/* clang-format on */
#undef R

const struct command cmd_restore = {
	.name = "restore",
	.usage = "[OPTION]... ID",
	.summary = "let a checkpointed sandbox go on",
	.details =
		"From the images of checkpoint and the same bundle; the ID may be another one. In the foreground it\n"
		"ends with the payload's exit code.\n",
	.options = options,
	.opts_size = sizeof(struct options),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
