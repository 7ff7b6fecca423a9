/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sbrun [GLOBAL OPTION]... COMMAND [OPTION]... [WORD]...
 *
 * The log is opened as soon as the options before the command are known, so that whatever
 * fails from then on, also on the command line itself, is found in it.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "hygiene.h"
#include "version.h"

static const struct command *const commands[] = {
	&cmd_create, &cmd_start,  &cmd_run,    &cmd_exec,   &cmd_state, &cmd_list, &cmd_kill,
	&cmd_pause,  &cmd_resume, &cmd_update, &cmd_delete, &cmd_spec,  &cmd_plan, &cmd_validate,
	&cmd_features, &cmd_events, &cmd_stats, &cmd_ps, &cmd_doctor, &cmd_wait, &cmd_try, &cmd_diff,
	&cmd_debug, &cmd_checkpoint, &cmd_restore,
};
enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* ---------------------------------------------------------------------------- global options */

static const char *parse_log_format(struct arena *a, void *opts, const char *value)
{
	struct globals *g = opts;

	(void)a;
	g->log.json = strcmp(value, "json") == 0;
	return g->log.json || strcmp(value, "text") == 0 ? NULL : "text or json is expected";
}

static const char *parse_log_level(struct arena *a, void *opts, const char *value)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {
		{ "error", LOG_LEVEL_ERROR }, { "warning", LOG_LEVEL_WARNING }, { "warn", LOG_LEVEL_WARNING },
		{ "info", LOG_LEVEL_INFO },   { "debug", LOG_LEVEL_DEBUG },
	};
	struct globals *g = opts;

	(void)a;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(value, levels[i].name) == 0) {
			g->log.level = levels[i].level;
			return NULL;
		}
	return "error, warning, info or debug is expected";
}

static const char *parse_manager(struct arena *a, void *opts, const char *value)
{
	static const char *const names[] = {
		[CGROUP_FS] = "cgroupfs", [CGROUP_SYSTEMD] = "systemd", [CGROUP_DISABLED] = "disabled"
	};
	struct globals *g = opts;

	(void)a;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			g->cgroup_manager = (enum cgroup_manager)i;
			return NULL;
		}
	return "cgroupfs, systemd or disabled is expected";
}

static const char *parse_rootless(struct arena *a, void *opts, const char *value)
{
	struct globals *g = opts;

	(void)a;
	g->rootless = value;
	return strcmp(value, "true") == 0 || strcmp(value, "false") == 0 || strcmp(value, "auto") == 0
		       ? NULL
		       : "true, false or auto is expected";
}

static const char *parse_color(struct arena *a, void *opts, const char *value)
{
	static const char *const names[] = {
		[SCREEN_AUTO] = "auto", [SCREEN_ALWAYS] = "always", [SCREEN_NEVER] = "never"
	};
	struct globals *g = opts;

	(void)a;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			g->color = (enum screen_when)i;
			return NULL;
		}
	return "auto, always or never is expected";
}

/* clang-format off */
#define G(field) offsetof(struct globals, field)
const struct opt global_options[] = {
	{ "root", 0, OPT_TEXT, "DIR", G(root), "where state is kept (/run/sbrun; else $XDG_RUNTIME_DIR/sbrun, ~/.local/state/sbrun)", 0, NULL },
	{ "log", 0, OPT_TEXT, "FILE", G(log.file), "also log errors to FILE", 0, NULL },
	{ "log-format", 0, OPT_PARSE, "FMT", 0, "text or json: the format of FILE", 0, parse_log_format },
	{ "log-level", 0, OPT_PARSE, "LEVEL", 0, "error, warning, info or debug", 0, parse_log_level },
	{ "debug", 0, OPT_SWITCH, NULL, G(debug), "--log-level debug", 0, NULL },
	{ "cgroup-manager", 0, OPT_PARSE, "NAME", 0, "cgroupfs, systemd or disabled", 0, parse_manager },
	{ "systemd-cgroup", 0, OPT_SWITCH, NULL, G(systemd_cgroup), "--cgroup-manager systemd", 0, NULL },
	{ "rootless", 0, OPT_PARSE, "WHEN", 0, "true, false or auto", 0, parse_rootless },
	{ "version", 'v', OPT_SWITCH, NULL, G(version), "print the version", 0, NULL },
	{ "", 'V', OPT_SWITCH, NULL, G(version), NULL, 0, NULL },
	{ "color", 0, OPT_PARSE, "WHEN", 0, "auto: on a terminal, without NO_COLOR; always, never", 0, parse_color },
	{ "colour", 0, OPT_PARSE, "WHEN", 0, NULL, 0, parse_color },
	{ "criu", 0, OPT_TEXT, "FILE", G(criu), "the criu of checkpoint and restore (default: the one in PATH)", 0, NULL },
	{ 0 },
};
#undef G
/* clang-format on */

/* ------------------------------------------------------------------------------------- texts */

static int print_version(struct call *c)
{
	return command_output(c, "sbrun version " SBRUN_VERSION "\ncommit: " SBRUN_COMMIT
				 "\nspec: " OCI_VERSION_MAX "\n");
}

static int print_help(struct call *c)
{
	char *text = arena_strdup(c->arena, "usage: sbrun [GLOBAL OPTION]... COMMAND [OPTION]... [ID]\n\n");

	for (size_t i = 0; i < N_COMMANDS; i++)
		text = arena_printf(c->arena, "%s  %-11s %s\n", text, commands[i]->name,
				    commands[i]->summary);
	text = arena_printf(c->arena, "%s\n", text);
	text = args_help(c->arena, text, global_options);
	return command_output(c, arena_printf(c->arena, "%s\n\"sbrun help COMMAND\" tells more.\n", text));
}

/* The options of a table by their names alone: what doesn't fit the screen. */
static char *names_of(struct arena *a, char *text, const struct opt *table, size_t width)
{
	size_t column = width;

	for (const struct opt *o = table; o->name; o++) {
		if (!o->help)
			continue;
		column += strlen(o->name) + strlen(" --");
		if (column > width) {
			text = arena_printf(a, "%s\n ", text);
			column = strlen(o->name) + strlen("  --");
		}
		text = arena_printf(a, "%s --%s", text, o->name);
	}
	return arena_printf(a, "%s\n", text);
}

/* all: as "sbrun help" has it, of which the manual and the completions are made. */
static int print_command_help(struct call *c, const struct command *cmd, bool all)
{
	char *text = arena_printf(c->arena, "usage: sbrun %s %s\n%s\n", cmd->name, cmd->usage, cmd->summary);

	if (cmd->details)
		text = arena_printf(c->arena, "%s%s", text, cmd->details);
	if (cmd->options || cmd->more_options)
		text = arena_printf(c->arena, "%s\n", text);
	text = args_help(c->arena, text, cmd->options);
	if (all || !cmd->brief)
		return command_output(c, args_help(c->arena, text, cmd->more_options));
	text = arena_printf(c->arena, "%s\nAnd, as \"sbrun help %s\" tells:", text, cmd->name);
	return command_output(c, names_of(c->arena, text, cmd->more_options, 78));
}

/* ------------------------------------------------------------------------------- the command line */

static const struct command *find_command(struct call *c, const char *name)
{
	const char *names[N_COMMANDS + 2] = { [N_COMMANDS] = "help" };
	const char *near;
	struct diag *d;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		names[i] = commands[i]->name;
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	near = suggest(name, names);
	d = diag_error(c->dg, "there is no command \"%s\"", name);
	d->hint = near ? arena_printf(c->arena, "did you mean \"%s\"?", near) : "see \"sbrun --help\"";
	return NULL;
}

static int check_words(struct call *c, const struct command *cmd, const struct args *args)
{
	const char *help = arena_printf(c->arena, "usage: sbrun %s %s", cmd->name, cmd->usage);

	if (args->n_words < cmd->min_words) {
		diag_error(c->dg, "sbrun %s needs %s", cmd->name, cmd->wants)->hint = help;
		return -1;
	}
	if (args->n_words > cmd->max_words) {
		diag_error(c->dg, "sbrun %s: \"%s\" is one word too many", cmd->name,
			   args->words[cmd->max_words])
			->hint = help;
		return -1;
	}
	return 0;
}

static int run_options(struct call *c, const struct command *cmd, int argc, char **argv)
{
	void *opts = arena_alloc(c->arena, cmd->opts_size);
	struct args args = {
		.arena = c->arena,
		.dg = c->dg,
		.command = arena_printf(c->arena, "sbrun %s", cmd->name),
		.tables = { cmd->options, cmd->more_options },
		.elsewhere = global_options,
		.stop_after = cmd->stop_after,
	};
	int wrong = args_parse(&args, opts, argc, argv);

	if (args.help)
		return print_command_help(c, cmd, false);
	if (wrong || check_words(c, cmd, &args) < 0)
		return EXIT_SBRUN;
	c->words = args.words;
	c->n_words = args.n_words;
	return cmd->run(c, opts);
}

static int run_command(struct call *c, const struct command *cmd, int argc, char **argv)
{
	if (cmd->host && argc > 0 && strcmp(argv[0], "--host") == 0)
		return run_options(c, cmd->host, argc - 1, argv + 1);
	return run_options(c, cmd, argc, argv);
}

static int help_command(struct call *c, int argc, char **argv)
{
	const struct command *cmd;

	if (argc == 0)
		return print_help(c);
	cmd = find_command(c, argv[0]);
	return cmd ? print_command_help(c, cmd, true) : EXIT_SBRUN;
}

/* The options before the command, the log, then the command. */
static int run_line(struct call *c, struct globals *g, int argc, char **argv)
{
	struct args args = {
		.arena = c->arena,
		.dg = c->dg,
		.command = "sbrun",
		.tables = { global_options },
		.stop_after = 1,
	};
	int wrong = args_parse(&args, g, argc, argv);
	const struct command *cmd;

	screen_choose(g->color);
	if (g->debug)
		g->log.level = LOG_LEVEL_DEBUG;
	if (log_open(&g->log, c->dg) < 0 || wrong)
		return EXIT_SBRUN;
	if (g->version)
		return print_version(c);
	if (args.help)
		return print_help(c);
	if (args.n_words == 0) {
		diag_error(c->dg, "sbrun needs a command")->hint = "see \"sbrun --help\"";
		return EXIT_SBRUN;
	}
	if (strcmp(args.words[0], "help") == 0)
		return help_command(c, (int)args.n_words - 1, args.words + 1);
	cmd = find_command(c, args.words[0]);
	return cmd ? run_command(c, cmd, (int)args.n_words - 1, args.words + 1) : EXIT_SBRUN;
}

int main(int argc, char **argv)
{
	struct globals globals = { .rootless = "auto" };
	struct arena *arena = arena_create();
	struct diags dg;
	struct call call = { .arena = arena, .dg = &dg, .globals = &globals };
	int code = EXIT_SBRUN;

	diags_init(&dg, arena);
	/* Objects come from ourselves alone: no need of a secret seed, which would be read from a device. */
	json_object_seed(1);
	if (hygiene(&dg) == 0)
		code = run_line(&call, &globals, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
	if (dg.errors)
		code = diags_exit_code(&dg);
	log_diags(&dg);
	arena_destroy(arena);
	return code;
}
