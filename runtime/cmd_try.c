/* SPDX-License-Identifier: Apache-2.0 */
/* One command without a bundle: try, which is "run --host"; and "spec --host", "plan --host". */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "host_options.h"
#include "launch_options.h"

/* Of the configuration in use. Diagnostics have places in a text that nobody has written. */
static const struct host_config *config;

static void relabel(struct diags *dg)
{
	for (struct diag *d = dg->first; d; d = d->next) {
		if (!d->file || strcmp(d->file, "--host") != 0)
			continue;
		d->file = NULL;
		d->line = d->col = 0;
		if (d->pointer)
			d->pointer = host_config_said(config, d->pointer);
	}
}

static void flush(struct diags *dg)
{
	relabel(dg);
	log_diags(dg);
}

/* Two that are started at once must differ, and one that was killed must not stand in the next one's way. */
static const char *make_id(struct arena *a)
{
	unsigned char r[6] = { 0 };

	if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
		return arena_printf(a, "try-%d", (int)getpid());
	return arena_printf(a, "try-%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3], r[4], r[5]);
}

static int prepare(struct call *c, struct host_opts *o, struct host_config *cfg)
{
	config = cfg;
	o->run.launch.config = "--host";
	o->run.launch.root = command_root_to_name(c);
	o->run.launch.id = o->name ? o->name : make_id(c->arena);
	return host_prepare(c, o, cfg);
}

static int run(struct call *c, void *opts)
{
	struct host_opts *o = opts;
	struct host_config cfg;
	int code = EXIT_SBRUN;

	o->run.launch.flush = flush;
	if (!command_root(c))
		return EXIT_SBRUN;
	if (prepare(c, o, &cfg) == 0 && host_uppers(&cfg, c->dg) == 0)
		code = run_foreground(c, &o->run);
	relabel(c->dg);
	return code;
}

static int plan(struct call *c, void *opts)
{
	struct host_opts *o = opts;
	struct host_config cfg;
	int code;

	if (prepare(c, o, &cfg) < 0)
		return EXIT_SBRUN;
	o->run.launch.manager = command_manager(c);
	code = plan_show(c, &o->run.launch, NULL, false);
	relabel(c->dg);
	return code;
}

static int spec(struct call *c, void *opts)
{
	struct host_opts *o = opts;
	struct host_config cfg;

	if (prepare(c, o, &cfg) < 0 || host_uppers(&cfg, c->dg) < 0)
		return EXIT_SBRUN;
	return spec_write(c, ".", "config.json", cfg.text);
}

/* clang-format off */
static const struct opt run_options[] = {
	RUN_ROWS,
	TIME_LIMIT_ROWS,
	{ "pid-file", 0, OPT_TEXT, "FILE", L(pid_file), "write the init's pid to FILE", 0, NULL },
	{ "preserve-fds", 0, OPT_NUMBER, "N", L(preserve_fds), "pass on descriptors 3 to 3+N-1",
	  PRESERVE_FDS_MAX, NULL },
	{ "init", 0, OPT_PARSE, "WHEN", 0, "an init as PID 1: auto, always or never", 0, parse_init_mode },
	{ "fail-step", 0, OPT_PARSE, "K", 0, NULL, 0, parse_fail_step },
	{ 0 },
};
/* clang-format on */

static const char details[] =
	"The command sees this machine's files and may write to those that are yours; when it ends, all that\n"
	"was written is thrown away, but below -w. It has its own processes, /dev, /run, host name and IPC.\n"
	"\"sbrun plan --host\" shows the steps, \"sbrun spec --host\" writes the config.json, with the same options.\n";

const struct command cmd_try = {
	.name = "try",
	.usage = "[OPTION]... [--] COMMAND [ARG]...    (or: sbrun run --host ...)",
	.summary = "run one command over this machine's own root, and throw away what it writes",
	.details = details,
	.options = host_options,
	.more_options = run_options,
	.brief = true,
	.opts_size = sizeof(struct host_opts),
	.min_words = 1,
	.max_words = (size_t)-1,
	.wants = "a command",
	.stop_after = 1,
	.run = run,
};

const struct command cmd_plan_host = {
	.name = "plan --host",
	.usage = "[OPTION]... [--] COMMAND [ARG]...",
	.summary = "print the steps that \"sbrun try\" would take, and take none",
	.options = host_options,
	.opts_size = sizeof(struct host_opts),
	.min_words = 1,
	.max_words = (size_t)-1,
	.wants = "a command",
	.stop_after = 1,
	.run = plan,
};

const struct command cmd_spec_host = {
	.name = "spec --host",
	.usage = "[OPTION]... [--] COMMAND [ARG]...",
	.summary = "write the config.json that \"sbrun try\" would use",
	.options = host_options,
	.opts_size = sizeof(struct host_opts),
	.min_words = 1,
	.max_words = (size_t)-1,
	.wants = "a command",
	.stop_after = 1,
	.run = spec,
};
