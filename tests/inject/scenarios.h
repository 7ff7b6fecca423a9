/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime's commands as the fault tests use them: what comes before, what the fault is in, and what must be
 * true after a success.
 */
#ifndef SBRUN_TESTS_SCENARIOS_H
#define SBRUN_TESTS_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>

struct setting {
	const char *runtime; /* the program */
	bool peer;           /* it isn't sbrun */
	const char *root;    /* state root */
	const char *bundles; /* the directory of the bundles "stay" and "once" */
	const char *id;
	const char *cgroup;    /* the parent's name, NULL: no limits there */
	const char *out, *err; /* files for the output of commands; the payload's goes to the former too */
	const char *log;       /* what the checks' own commands print */
	const char *wanted;    /* what the payload prints */
	const char *wanted_of_exec; /* what one does that exec has started */
};

enum verb {
	V_END,
	V_CREATE,
	V_START,
	V_RUN,
	V_RUN_DETACHED,
	V_EXEC,
	V_KILL,
	V_UPDATE,
	V_STATE,
	V_LIST,
	V_DELETE,
	V_DELETE_FORCE,
	V_PAUSE,
	V_RESUME,
	V_WAIT_STOPPED
};

struct scenario {
	const char *name;
	enum verb before[4];
	enum verb faulty[3]; /* where the runtime counts, the last of them only */
	bool makes;          /* a failure leaves nothing at all */
	bool keeps;          /* the sandbox is there afterwards, whatever happens */
	bool prints;         /* it starts a payload; a failure doesn't */
	/* After a success; what is wrong goes to text. */
	bool (*right)(const struct setting *s, char *text, size_t size);
};

const struct scenario *scenario_find(const char *name);

enum { MAX_WORDS = 12 };
/* argv of a verb. */
void verb_words(const struct setting *s, enum verb v, const char *words[MAX_WORDS]);
/* Without a fault; exit status, 128 + signal. Output goes to the setting's files; V_WAIT_STOPPED: 1
 * when not. */
int verb_run(const struct setting *s, enum verb v);

/* Waits until the payload of a sandbox that goes on has printed all. */
bool payload_printed(const struct setting *s);
/* A whole file into text, cut at its size. */
void read_text(const char *path, char *text, size_t size);
/* The status that `state` says, "" when it fails. */
void status_now(const struct setting *s, char *text, size_t size);

#endif
