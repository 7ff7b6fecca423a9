/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of a run (--report): how it ended, what it used, where the time went; one JSON document. The
 * account is opened before anything is made, filled on the way, and written at the end, also of a run that
 * failed. Of what comes out of the sandbox (end.h) only numbers go in.
 */
#ifndef SBRUN_RUNTIME_ACCOUNT_H
#define SBRUN_RUNTIME_ACCOUNT_H

#include "end.h"
#include "stats.h"

#include <sys/resource.h>

/* In this order, each from the end of the one before. */
enum phase {
	PHASE_LOAD,    /* config.json: read, decoded, checked */
	PHASE_PLAN,    /* facts, the filter, the plan */
	PHASE_CGROUP,  /* the state directory, the cgroup and its limits, what the clone needs */
	PHASE_CLONE,   /* the first process, its maps */
	PHASE_SETUP,   /* until the sandbox is ready, hooks included */
	PHASE_PAYLOAD, /* until sbrun sees the end: what the payload waits and runs, and the init's reaping */
	PHASE_REMOVAL,
	PHASE__COUNT
};

/* A file of the sandbox's output, where --output-limit counts it. */
struct account_stream {
	const char *name; /* "stdout", "stderr", "output": both; NULL: not counted */
	uint64_t bytes, dropped;
};

struct account {
	int fd; /* -1: nothing is to be written */
	const char *id;
	uint64_t began, marked;      /* CLOCK_MONOTONIC, nanoseconds */
	uint64_t phases[PHASE__COUNT]; /* nanoseconds; 0: it was not reached */
	struct ended ended;          /* code and signal: what the run ended with */
	bool has_usage;
	struct rusage usage;         /* the init's as its parent got it: all of the sandbox */
	bool has_cgroup;
	struct stats stats;          /* before it was removed */
	struct account_stream streams[2];
};
#define ACCOUNT_NONE { .fd = -1 }

const char *account_phase_name(enum phase p);
/* Begin to count, without a report. */
void account_begin(struct account *r);
/* FILE, or fd:N with a descriptor of the caller's. 0, or -1 with an error. */
int account_open(struct account *r, const char *where, struct diags *dg);
/* The phase is over. NULL: no report is wanted. */
void account_mark(struct account *r, enum phase phase);
/* The cgroup's figures, while it is there. */
void account_cgroup(struct arena *a, struct account *r, const struct cgroup *g);
/* dg: with an error in it and no end in `r`, the class is "setup". 0, or -1 with an error. Closes it. */
int account_write(struct arena *a, struct account *r, struct diags *dg);

#endif
