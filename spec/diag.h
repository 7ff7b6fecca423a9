/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one diagnostic type. It is filled once, where the trouble is first known,
 * and gets more context on the way up; nothing below the commands prints or logs.
 *
 * Every function that can fail takes a `struct diags *` and returns 0, or -1 with
 * at least one error added. The record returned by diag_error() is the caller's to
 * complete: diag_error(dg, "...")->hint = "...";
 */
#ifndef SBRUN_SPEC_DIAG_H
#define SBRUN_SPEC_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Exit codes (README.md, "Exit codes"); a payload's own code is none of these. */
enum {
	EXIT_TIMEOUT = 124,
	EXIT_SBRUN = 125, /* sbrun could not do what it was asked */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	int exit_code;       /* EXIT_SBRUN unless the payload's executable is at fault */
	const char *file;    /* the file that `line` and `col` are in, as the user named it; NULL: none */
	unsigned line, col;  /* 1-based, col in bytes; 0: unknown */
	const char *pointer; /* JSON pointer (RFC 6901) of the field that asked for it; NULL: none */
	const char *step;    /* text of the plan's step that failed; NULL: none */
	const char *call;    /* system call or program that failed ("fsopen"); NULL: none */
	const char *path;    /* the object it was about; NULL: none */
	int err;             /* errno; 0: none */
	const char *what;    /* the sentence */
	const char *hint;    /* what to do about it; NULL: none */
	struct diag *next;
};

struct diags {
	struct arena *arena; /* owns every record and string */
	struct diag *first, *last;
	unsigned errors, warnings;
};

void diags_init(struct diags *dg, struct arena *arena);

/* Append a record; `what` is formatted. Never NULL. */
__attribute__((format(printf, 2, 3))) struct diag *diag_error(struct diags *dg, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) struct diag *diag_warning(struct diags *dg, const char *fmt, ...);
/* A failed system call: call, path (copied, may be NULL) and errno value set. */
__attribute__((format(printf, 5, 6))) struct diag *diag_errno(struct diags *dg, int err, const char *call,
							      const char *path, const char *fmt, ...);

/*
 * What an errno means, in words that orchestrators do not mistake for something else: they
 * match on strerror(ENOENT) and call it "command not found", so ENOENT reads "does not
 * exist" here. Static strings; unknown numbers give strerror's text.
 */
const char *diag_errno_text(int err);

/*
 * One line without a newline:
 *   config.json:41:17 /mounts/3/type: WHAT (step: STEP; CALL "PATH": ERRNO TEXT); HINT
 * with the parts that are unknown left out. Control characters are escaped as \xNN.
 * In the arena of dg.
 */
char *diag_format(struct diags *dg, const struct diag *d);
/* The same with something before and after the place and the hint; { "", "", "; ", "" } is diag_format(). */
struct diag_marks {
	const char *place, *place_end, *hint, *hint_end;
};
char *diag_format_marked(struct diags *dg, const struct diag *d, const struct diag_marks *m);
/* The same without the place and the pointer, for documents that carry those as fields. */
char *diag_format_message(struct diags *dg, const struct diag *d);

/* The exit code to end with: the first error's, 0 when there is none. */
int diags_exit_code(const struct diags *dg);

#endif
