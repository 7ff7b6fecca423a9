/* SPDX-License-Identifier: Apache-2.0 */
/* What run and try have in common: how a sandbox is attended from its start to its end. */
#ifndef SBRUN_RUNTIME_RUN_OPTIONS_H
#define SBRUN_RUNTIME_RUN_OPTIONS_H

#include "launch.h"
#include "timeline.h"

struct call;

struct run_opts {
	struct launch_opts launch; /* first: LAUNCH_ROWS have its offsets */
	const char *report, *timeline;
	pid_t caller; /* --die-with-parent: see guard.h */
};

const char *parse_output_limit(struct arena *a, void *opts, const char *value);
const char *parse_caller(struct arena *a, void *opts, const char *value);
const char *parse_on_failure(struct arena *a, void *opts, const char *value);

/* The exit code. launch.id, root, bundle and flush are filled where they are not set. */
int run_foreground(struct call *c, struct run_opts *o);

/* clang-format off */
#define R(field) offsetof(struct run_opts, field)
#define RUN_ROWS \
	{ "detach", 'd', OPT_SWITCH, NULL, L(detach), "return once the payload runs", 0, NULL }, \
	{ "keep", 0, OPT_SWITCH, NULL, L(keep), "leave the stopped sandbox for \"delete\"", 0, NULL }, \
	{ "on-failure", 0, OPT_PARSE, "WHAT", 0, "a failed sandbox: delete it, keep it for exec, or freeze it", 0, parse_on_failure }, \
	OUTPUT_ROWS(struct run_opts, launch.output, "the payload's", parse_output_limit), \
	{ "report", 0, OPT_TEXT, "FILE", R(report), "write how it ended and what it used, as JSON, there or to fd:N", 0, NULL }, \
	TIMELINE_ROW(struct run_opts, timeline), \
	{ "die-with-parent", 0, OPT_PARSE, NULL, 0, "end it when sbrun ends, and sbrun when its caller (=PID) does", 0, parse_caller }
/* clang-format on */

#endif
