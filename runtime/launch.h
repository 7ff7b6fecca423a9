/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Launching: what create, run, start and exec have in common. The functions here do the
 * work and fill diagnostics; printing and logging are the commands'.
 */
#ifndef SBRUN_RUNTIME_LAUNCH_H
#define SBRUN_RUNTIME_LAUNCH_H

#include "../spec/spec.h"
#include "cgroup.h"
#include "output.h"
#include "watch.h"

#include <sys/types.h>

struct state;
struct account;
struct guard;

/* Descriptors for the payload by socket activation of ours: listen_env.h */
struct listen_env {
	unsigned fds;      /* of preserve_fds the first */
	const char *names; /* LISTEN_FDNAMES; NULL: none */
};

struct launch_opts {
	const char *root;           /* state root, absolute or as given; never NULL */
	const char *id;
	const char *bundle;         /* never NULL */
	const char *config;         /* --config; NULL: config.json in the bundle */
	const char *text;           /* the configuration itself, named `config`; NULL: it is in the file */
	size_t text_len;
	const char *pid_file, *console_socket, *pidfd_socket;
	unsigned preserve_fds;
	struct listen_env listen;
	const char *notify_socket;  /* NOTIFY_SOCKET, see notify.h; NULL: none */
	enum cgroup_manager manager;
	bool no_pivot, no_new_keyring, strict;
	bool set_init;              /* --init given */
	enum init_mode init;
	struct time_limits limits;  /* each that is given wins over the configuration's */
	struct output_opts output;  /* create: without a limit */
	int on_failure;             /* run: enum on_failure of planner.h */
	struct guard *guard;        /* run: to be told; NULL: none */
	struct account *account;    /* run: to be filled; NULL: no report is wanted */
	bool detach, keep;          /* run */
	unsigned fail_step;         /* tests: 1 + the index of the step that fails on purpose; 0: none */
	struct step_watch watch;
	void (*flush)(struct diags *dg); /* run: before the payload starts, to tell warnings in time */
};

/* The bundle's config.json, loaded and checked. NULL with errors. */
struct spec *launch_load(struct arena *a, const struct launch_opts *o, struct diags *dg);

/* Leaves a sandbox in status created, or nothing. */
int launch_create(struct arena *a, const struct launch_opts *o, struct diags *dg);
/* Releases a created sandbox; returns once the payload runs (or -1 with why it could not). */
int launch_start(struct arena *a, const char *root, const char *id, struct step_watch watch,
		 struct diags *dg);
/*
 * create + start + wait + delete. In the foreground *exit_code is the payload's own code or
 * 128 + signal; detached it is 0 once the payload runs.
 */
int launch_run(struct arena *a, const struct launch_opts *o, int *exit_code, struct diags *dg);

struct exec_opts {
	const char *root, *id;
	const char *process_file;   /* --process; NULL: from the fields below */
	char *const *args;          /* NULL-terminated */
	const char *cwd;            /* NULL: the configuration's */
	struct str_list env;        /* appended to the configuration's */
	struct str_list caps;       /* --cap, added */
	bool set_user, set_gid;
	uint32_t uid, gid;
	struct u32_list additional_gids;
	bool tty, detach;
	struct output_opts output;
	struct guard *guard;        /* to be told; NULL: none */
	const char *tools;          /* debug: absolute; the caller's directory that comes along */
	bool tools_are_root;        /* as the root, with the sandbox's on /mnt */
	bool ignore_paused;         /* go in all the same, and be frozen with it */
	struct str_list cgroups;    /* --cgroup [CONTROLLER[,...]:]PATH, below the sandbox's */
	bool no_new_privs;          /* only ever adds: the configuration's is inherited */
	const char *apparmor, *process_label;
	const char *pid_file, *console_socket, *pidfd_socket;
	unsigned preserve_fds;
	struct listen_env listen;
	bool strict;
	struct step_watch watch;
};
int launch_exec(struct arena *a, const struct exec_opts *o, int *exit_code, struct diags *dg);

/*
 * The plan itself, for those who look at its steps; nothing is done of it. facts_file NULL: this host's. -1
 * with errors: *s is NULL where the configuration itself is at fault, else this host or caller can't run it.
 */
struct planned;
int launch_foresee(struct arena *a, const struct launch_opts *o, const char *facts_file, struct spec **s,
		   struct planned *out, struct diags *dg);

#endif
