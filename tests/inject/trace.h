/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands under ptrace(2), and one fault in them: at the nth system call of the runtime, or of what it
 * has made for the sandbox and that isn't the payload yet.
 *
 *	trace_begin(&fault);
 *	trace_command(create, 10000, &o);	calls are counted on from command to command
 *	trace_command(start, 10000, &o);
 *	trace_end();				what still runs is let go
 *
 * A program that the sandbox executes after stage-2 is the payload, or a hook: it is let go at once.
 */
#ifndef SBRUN_TESTS_TRACE_H
#define SBRUN_TESTS_TRACE_H

#include <stdbool.h>
#include <stddef.h>

enum who { WHO_RUNTIME, WHO_THREAD /* any but its first */, WHO_SANDBOX, WHO__COUNT };

enum act {
	ACT_NONE,        /* count and note only */
	ACT_KILL_BEFORE, /* SIGKILL on the way into the call, which is not made */
	ACT_KILL_AFTER,  /* SIGKILL once it was made */
	ACT_FAIL,        /* the call is not made, or its result replaced, and it says an errno */
};

struct fault {
	enum who who;
	unsigned nth; /* from 1 on */
	enum act act;
	unsigned which; /* ACT_FAIL: which of the call's likely errnos, see errnos.h */
	bool follow;    /* also where only the runtime counts: one that has threads or executes itself */
};

struct outcome {
	int status;    /* of the command, as waitpid(2) has it */
	bool hung;     /* it had to be killed when its time was over */
	bool hit;      /* the fault has happened by now */
	char call[32]; /* where: the system call's name */
	int err;       /* ACT_FAIL: the errno; FAULT_SHORT: half a write */
};

void trace_begin(const struct fault *f);
/* argv with stdin from /dev/null, stdout and stderr into these files, emptied before. 0, or -1 and a
 * message. */
int trace_command(char *const argv[], const char *out, const char *err, int timeout_ms, struct outcome *o);
void trace_end(void);

/* The calls counted since trace_begin: numbers; *n of them. */
const int *trace_calls(enum who who, size_t *n);

#endif
