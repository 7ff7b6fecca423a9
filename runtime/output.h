/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the payload's standard output and error go: --stdout, --stderr, --append, --output-limit.
 *
 * Without a limit the payload has the files themselves, and nothing is carried. With one it writes to pipes,
 * and what comes out of them is spliced to the files until they have their share; the rest is read and thrown
 * away, so that the payload neither waits nor dies of it. One file for both is one description, and one
 * pipe: what was written first comes first.
 */
#ifndef SBRUN_RUNTIME_OUTPUT_H
#define SBRUN_RUNTIME_OUTPUT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct diags;

struct output_opts {
	const char *out, *err; /* paths; NULL: the caller's own */
	bool append;           /* else what is in them goes */
	uint64_t limit;        /* bytes for each file, of this run; 0: none */
};

/* A row's parser: NULL, or what was expected. */
const char *output_parse_limit(const char *value, uint64_t *limit);

/* clang-format off */
/* The options: member is a struct output_opts, parse_limit the command's call of output_parse_limit. */
#define OUTPUT_FILE_ROWS(type, member, who) \
	{ "stdout", 0, OPT_TEXT, "FILE", offsetof(type, member.out), who " standard output goes there", 0, NULL }, \
	{ "stderr", 0, OPT_TEXT, "FILE", offsetof(type, member.err), "and its standard error; both may be one file", 0, NULL }, \
	{ "append", 0, OPT_SWITCH, NULL, offsetof(type, member.append), "to what is in those files", 0, NULL }
#define OUTPUT_ROWS(type, member, who, parse_limit) \
	OUTPUT_FILE_ROWS(type, member, who), \
	{ "output-limit", 0, OPT_PARSE, "SIZE", 0, "what more comes for one of them is thrown away: 10m", 0, parse_limit }
/* clang-format on */

/* Options that mean nothing together: 0, or -1 with an error. */
int output_check(const struct output_opts *opts, bool detach, bool terminal, struct diags *dg);

/* A pipe and its file. */
struct output_stream {
	const char *name; /* as the report has it */
	int pipe, file;   /* -1 when over, or not there */
	bool copies;      /* a file that can't be spliced to */
	int err;          /* errno of a write that failed: all after it was dropped */
	uint64_t left, bytes, dropped;
};

enum { OUTPUT_STREAMS = 2 };
struct output {
	bool given;
	int stdio[3]; /* what the payload gets; -1: closed */
	struct output_stream streams[OUTPUT_STREAMS];
};
#define OUTPUT_NONE \
	{ .stdio = { -1, -1, -1 }, .streams = { { .pipe = -1, .file = -1 }, { .pipe = -1, .file = -1 } } }

/* Open the files, which are the caller's to name. 0, or -1 with an error and nothing open. */
int output_open(struct output *o, const struct output_opts *opts, struct diags *dg);
/* The payload has them: our copies go. */
void output_handed_over(struct output *o);

/* As a pump's, while the payload runs; those that are over get fd -1. */
void output_prepare(const struct output *o, struct pollfd fds[OUTPUT_STREAMS]);
void output_serve(struct output *o, const struct pollfd fds[OUTPUT_STREAMS]);
/* What the pipes still hold, once nobody is to write to them. Warns of what could not be written. */
void output_drain(struct output *o, struct diags *dg);
/* Where no report is to have it: a warning of what the limit cut off. */
void output_tell_dropped(const struct output *o, struct diags *dg);
void output_account(const struct output *o, struct account *r);
void output_close(struct output *o); /* safe to call twice */

#endif
