/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that reports. Errors go to standard error, and with --log to that file too, as
 * the engines that call us read either. Without --log, warnings and debug lines go to standard
 * error; with it, to the file only, since `create` has the sandbox's own standard error.
 *
 * podman takes the whole log file for one JSON object and containerd the last line of level
 * "error": so a failing command writes exactly one record of that level, whatever the number
 * of its errors, and below the level asked for nothing else.
 */
#ifndef SBRUN_RUNTIME_LOG_H
#define SBRUN_RUNTIME_LOG_H

#include <stdbool.h>
#include <jansson.h>
#include <stdint.h>

struct diag;
struct diags;

enum log_level { LOG_DEFAULT, LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_options {
	const char *file; /* --log; NULL: none. "file:PATH" is the same as PATH */
	bool json;
	enum log_level level; /* LOG_DEFAULT: warnings on standard error, errors in the file */
};

/* -1 with an error when the file can't be opened; standard error works in any case. */
int log_open(const struct log_options *o, struct diags *dg);

/* Report what was added to dg since the last call: each warning, and the errors together. */
void log_diags(struct diags *dg);

/* What a record has beside its message: pointer, line, step, call, errno ... */
void log_diag_fields(json_t *o, const struct diag *d);

/* Whether debug lines are wanted; and one, made to be struct step_watch.done. */
bool log_wants_debug(void);
struct step_note;

void log_step(void *arg, const struct step_note *note);

/* Now as RFC 3339 in UTC with nanoseconds. */
enum { RFC3339_SIZE = 40 };
void rfc3339_now(char buf[RFC3339_SIZE]);
void rfc3339_time(int64_t ns, char buf[RFC3339_SIZE]); /* since 1970, not before */

#endif
