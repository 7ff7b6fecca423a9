/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: programs of the caller's that the runtime runs at fixed points of a sandbox's life
 * (runtime-spec config.md, "POSIX-platform Hooks"; README.md here says how to write one).
 *
 *   hook_pipes_open -> hook_start (here), or whoever starts it with the pipes' far ends
 *                   -> hook_attend: feed stdin, keep what it says, mind the time, reap
 *                   -> hook_verdict: what went wrong, in words
 *
 * A hook is its own session, so its process group's number is its pid: when its time is up, or
 * we are told to stop, the whole group is killed before the leader is reaped (which is what
 * keeps the number from being another's).
 *
 * Nothing of the sandbox's is in what a hook gets here: arguments and environment are those of
 * the configuration, the descriptors are the three pipes, the directory is the caller's choice.
 */
#ifndef SBRUN_HOOKS_RUN_H
#define SBRUN_HOOKS_RUN_H

#include "../spec/spec.h"

#include <stdint.h>
#include <sys/types.h>

struct diags;

enum {
	/* bytes of the end of its output; what came before is read and dropped */
	HOOK_OUTPUT_KEPT = 64 << 10,
};

struct hook_pipes {
	int stdin_near, stdin_far;   /* we write, it reads */
	int output_near, output_far; /* it writes both stdout and stderr, we read */
	int stdout_file, stderr_file; /* in place of the pipe, the caller's; -1: none */
};
#define HOOK_PIPES_NONE { -1, -1, -1, -1, -1, -1 }
/* The descriptor that its stdout (1) or stderr (2) is to be. */
int hook_pipes_output(const struct hook_pipes *p, int which);

struct hook_order {
	const char *point;           /* "createRuntime" */
	const struct spec_hook *hook;
	const char *state;           /* for its stdin */
	const char *cwd;             /* hook_start: absolute */
	mode_t umask;                /* hook_start */
};

enum hook_end {
	HOOK_EXITED,      /* code: exit status */
	HOOK_SIGNALED,    /* code: signal */
	HOOK_TIMED_OUT,   /* killed, with its group */
	HOOK_INTERRUPTED, /* code: the signal that we got; killed, with its group */
	HOOK_LOST,        /* err: we could not wait for it */
};

struct hook_result {
	enum hook_end end;
	int code, err;
	char *output;                /* in the arena, NUL-terminated, may hold any bytes */
	size_t n_output, dropped;
	uint64_t usec;
};

/* All O_CLOEXEC. 0, or -1 with an error. */
int hook_pipes_open(struct hook_pipes *p, struct diags *dg);
void hook_pipes_close(struct hook_pipes *p);

/*
 * Run it as our child, in our own namespaces: a session of its own, default signal
 * dispositions, no signal blocked, every other descriptor closed. -1 with an error when it
 * can't be executed.
 */
int hook_start(const struct hook_order *o, struct hook_pipes *p, pid_t *pid, int *pidfd, struct diags *dg);

/*
 * Until our child `pid` has ended: it is reaped and pidfd still open. Closes the far ends. Its
 * end counts, not that of its output: what it leaves running may keep the pipe.
 * SIGHUP, SIGINT, SIGQUIT and SIGTERM end the hook, and are taken.
 */
void hook_attend(struct arena *a, const struct hook_order *o, struct hook_pipes *p, pid_t pid, int pidfd,
		 struct hook_result *r);

/* 0 for exit status 0, else -1 with an error that has all but the place and the step. */
int hook_verdict(const struct hook_order *o, const struct hook_result *r, struct diags *dg);

#endif
