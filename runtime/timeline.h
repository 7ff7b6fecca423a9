/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the time of a run, create or exec went (--timeline): its phases and steps as a trace for Perfetto and
 * chrome://tracing (the Trace Event Format, JSON), or as a picture when the file's name ends in ".svg".
 */
#ifndef SBRUN_RUNTIME_TIMELINE_H
#define SBRUN_RUNTIME_TIMELINE_H

#include "watch.h"

#include <stdbool.h>
#include <stddef.h>

struct account;
struct arena;
struct diags;

/* Rows that are drawn together: who was at work. */
enum lane { LANE_PHASE, LANE_RUNTIME, LANE_SANDBOX, LANE_PAYLOAD, LANE__COUNT };

struct timeline_event {
	enum lane lane;
	const char *name, *pointer; /* pointer may be NULL */
	uint64_t begin, end;        /* CLOCK_MONOTONIC, microseconds */
};

struct timeline {
	struct arena *a;
	int fd; /* -1: none is wanted */
	bool svg;
	const char *title;
	struct timeline_event *v;
	size_t n, cap;
	struct step_watch next; /* who else wants to hear of the steps */
};
#define TIMELINE_NONE { .fd = -1 }

/* Open the file, or give an error and -1. `path` NULL: nothing is wanted, and the others do nothing. */
int timeline_open(struct timeline *t, struct arena *a, const char *path, const char *title, struct diags *dg);
/*
 * What is to hear of the steps from now on: `next`, and the timeline if one is wanted, which is when
 * *account begins too (unless it has, for a report) and stands in the place that it is marked through.
 */
struct step_watch timeline_begin(struct timeline *t, struct step_watch next, struct account *account,
				 struct account **place);
/* With the phases of the account, NULL: none, write and close it. 0, or -1 with an error. */
int timeline_write(struct timeline *t, const struct account *account, struct diags *dg);

/* clang-format off */
#define TIMELINE_ROW(type, member) \
	{ "timeline", 0, OPT_TEXT, "FILE", offsetof(type, member), \
	  "write where the time went: a trace, or FILE.svg: a picture", 0, NULL }
/* clang-format on */

/* timeline_svg.c: the picture, in the arena. The events are sorted by begin within their lane. */
char *timeline_svg(const struct timeline *t);

#endif
