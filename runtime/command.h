/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of sbrun: one file each, cmd_NAME.c, which exports its row; main.c has the table.
 * A command fills diagnostics; main reports them and turns them into the exit code.
 */
#ifndef SBRUN_RUNTIME_COMMAND_H
#define SBRUN_RUNTIME_COMMAND_H

#include "args.h"
#include "launch.h"
#include "log.h"
#include "screen.h"
#include "state.h"

#include <sys/types.h>

/* The options before the command. */
struct globals {
	const char *root; /* NULL: the default, see command_root */
	struct log_options log;
	bool debug, systemd_cgroup, version;
	enum cgroup_manager cgroup_manager;
	const char *rootless;       /* true, false or auto */
	const char *criu;           /* the program, NULL: the one in PATH */
	enum screen_when color;
};
extern const struct opt global_options[];

/* One command being run. */
struct call {
	struct arena *arena;
	struct diags *dg;
	const struct globals *globals;
	char **words; /* NULL-terminated */
	size_t n_words;
};

struct command {
	const char *name;
	const char *usage;   /* what stands after the name: "[OPTION]... ID" */
	const char *summary; /* one line for the list of commands */
	const char *details; /* more for --help, whole lines; may be NULL */
	const struct opt *options, *more_options;
	bool brief; /* --help only names more_options */
	size_t opts_size;
	size_t min_words, max_words;
	const char *wants; /* what the words are, for "sbrun kill needs ..." */
	size_t stop_after; /* see struct args */
	const struct command *host; /* what "--host" behind its name makes of it; NULL: nothing */
	/* The exit code when dg has no error; opts is zeroed before the options are stored. */
	int (*run)(struct call *c, void *opts);
};

extern const struct command cmd_create, cmd_start, cmd_run, cmd_state, cmd_kill, cmd_delete, cmd_list,
	cmd_exec, cmd_spec, cmd_plan, cmd_validate, cmd_features, cmd_pause, cmd_resume, cmd_update,
	cmd_events, cmd_stats, cmd_ps, cmd_doctor, cmd_wait, cmd_try, cmd_plan_host, cmd_spec_host,
	cmd_diff, cmd_debug, cmd_checkpoint, cmd_restore;

/* --cgroup-manager, or --systemd-cgroup. */
enum cgroup_manager command_manager(const struct call *c);
/* --root or the default; NULL with an error. */
const char *command_root(struct call *c);
/* The same for a plan, which needs no state: it's no error when there is no place for one. */
const char *command_root_to_name(struct call *c);
/*
 * Write to standard output: 0, or EXIT_SBRUN with an error (a full disk, a closed pipe). A NULL
 * text is the out of memory of whoever made it.
 */
int command_output(struct call *c, const char *text);
/* How a status looks on a screen. */
enum style command_status_style(enum status s);
/* The plan, in the form that standard output asks for; the exit code (cmd_plan.c). */
int plan_show(struct call *c, const struct launch_opts *o, const char *facts_file, bool json);
/* Write a configuration to DIR/NAME, which must not be there; the exit code (cmd_spec.c). */
int spec_write(struct call *c, const char *dir, const char *name, const char *text);
/* A sandbox's directory and state; -1 with an error. */
int command_open(struct call *c, const char *id, struct state_dir *sd, struct state *st);
/* A pidfd of its first process; -1 with the error of a sandbox that has none, or none any more. */
int command_pidfd(struct call *c, const struct state *st);

#endif
