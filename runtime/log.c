/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "buffer.h"
#include "fd.h"
#include "json_text.h"
#include "progress.h"
#include "screen.h"
#include "watch.h"
#include "width.h"

static struct {
	int fd; /* the file's, -1: none */
	bool json;
	enum log_level stderr_level, file_level;
	const struct diags *of; /* whose records up to `last` have been reported */
	const struct diag *last;
} logger = { .fd = -1, .stderr_level = LOG_LEVEL_WARNING, .file_level = LOG_LEVEL_ERROR };

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/*
 * Not by gmtime(3): the C library's reads /etc/localtime for it. Years are counted from March here, so that
 * the day a leap year has more is the last one: then month and day follow from the day of the year alone.
 */
void rfc3339_time(int64_t ns, char buf[RFC3339_SIZE])
{
	enum { DAY = 86400, DAYS_TO_1970 = 719468, CENTURIES_4 = 146097, YEARS_4 = 1461 };
	int64_t sec = ns / 1000000000, days = sec / DAY + DAYS_TO_1970; /* since 1 March of the year 0 */
	int era = (int)(days / CENTURIES_4), day = (int)(days % CENTURIES_4), of_day = (int)(sec % DAY);
	int year = (day - day / (YEARS_4 - 1) + day / 36524 - day / (CENTURIES_4 - 1)) / 365;
	int month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153; /* March is 0 */
	day -= (153 * month + 2) / 5;
	year += era * 400 + (month >= 10);
	month = month < 10 ? month + 3 : month - 9;
	/* the remainders tell the compiler that it fits */
	snprintf(buf, RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ", (unsigned)year % 10000,
		 (unsigned)month % 100, (unsigned)(day + 1) % 100, (unsigned)of_day / 3600 % 24,
		 (unsigned)of_day / 60 % 60, (unsigned)of_day % 60, (unsigned)(ns % 1000000000));
}

void rfc3339_now(char buf[RFC3339_SIZE])
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	rfc3339_time((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec, buf);
}

int log_open(const struct log_options *o, struct diags *dg)
{
	const char *path = o->file;

	logger.json = o->json;
	if (o->level != LOG_DEFAULT)
		logger.stderr_level = logger.file_level = o->level;
	if (!path)
		return 0;
	if (strncmp(path, "journald:", 9) == 0 || strncmp(path, "syslog:", 7) == 0) {
		diag_error(dg, "--log \"%s\": only files can be logged to", path);
		return -1;
	}
	if (strncmp(path, "file:", 5) == 0)
		path += 5;
	logger.fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (logger.fd < 0) {
		diag_errno(dg, errno, "open", path, "cannot open the log file");
		return -1;
	}
	logger.stderr_level = LOG_LEVEL_ERROR;
	return 0;
}

bool log_wants_debug(void)
{
	return logger.stderr_level >= LOG_LEVEL_DEBUG ||
	       (logger.fd >= 0 && logger.file_level >= LOG_LEVEL_DEBUG);
}

/* ---------------------------------------------------------------------------------- writing */

/* A record is one write, so that lines of several writers don't mix. There is nobody to tell of a failure. */
static void write_record(int fd, const char *s)
{
	(void)fd_write_all(fd, s, strlen(s));
}

/* Each line of text with its prefix. */
static char *prefixed(struct arena *a, const char *prefix, const char *text)
{
	char *out = arena_strdup(a, "");

	while (*text) {
		size_t n = strcspn(text, "\n");

		out = arena_printf(a, "%s%s%.*s\n", out, prefix, (int)n, text);
		text += n + (text[n] == '\n');
	}
	return out;
}

static void set_text(json_t *o, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(o, key, json_text(value));
}

static void set_number(json_t *o, const char *key, long long value)
{
	if (value)
		json_object_set_new(o, key, json_integer(value));
}

static json_t *json_record(enum log_level level, const char *msg)
{
	char now[RFC3339_SIZE];
	json_t *o = json_object();

	rfc3339_now(now);
	json_object_set_new(o, "level", json_string(level_names[level]));
	json_object_set_new(o, "msg", json_text(msg));
	json_object_set_new(o, "time", json_string(now));
	return o;
}

void log_diag_fields(json_t *o, const struct diag *d)
{
	if (d->level == DIAG_ERROR)
		set_number(o, "code", d->exit_code);
	set_text(o, "pointer", d->pointer);
	set_text(o, "file", d->file);
	set_number(o, "line", d->line);
	set_number(o, "col", d->col);
	set_text(o, "step", d->step);
	set_text(o, "call", d->call);
	if (d->err)
		set_text(o, "errno", strerrorname_np(d->err));
	set_text(o, "path", d->path);
	set_text(o, "hint", d->hint);
}

static void file_record(struct arena *a, enum log_level level, const char *msg, json_t *fields)
{
	char now[RFC3339_SIZE];

	if (logger.json) {
		json_t *o = json_record(level, msg);
		char *line;

		json_object_update(o, fields);
		line = json_document(a, o, JSON_COMPACT);
		if (line)
			write_record(logger.fd, line);
	} else {
		rfc3339_now(now);
		write_record(logger.fd,
			     prefixed(a, arena_printf(a, "%s %s: ", now, level_names[level]), msg));
	}
}

/* `shown`: the lines for a screen; NULL: standard error is none. */
static void report(struct arena *a, enum log_level level, const char *msg, const char *shown, json_t *fields)
{
	if (level <= logger.stderr_level) {
		progress_hide();
		write_record(STDERR_FILENO,
			     shown ? shown
				   : prefixed(a, arena_printf(a, "sbrun: %s: ", level_names[level]), msg));
	}
	if (logger.fd >= 0 && level <= logger.file_level)
		file_record(a, level, msg, fields);
	json_decref(fields);
}

/* As diag_format() has it, but that the hint has a line of its own. */
static void show_diag(struct diags *dg, const struct screen *s, const struct diag *d, struct buffer *out)
{
	enum style style = d->level == DIAG_ERROR ? STYLE_BAD : STYLE_CARE;
	const struct diag_marks marks = {
		.place = screen_on(s, STYLE_HEAD),
		.place_end = screen_off(s, STYLE_HEAD),
		.hint = arena_printf(dg->arena, "\n       %shint:%s ", screen_on(s, STYLE_GOOD),
				     screen_off(s, STYLE_GOOD)),
		.hint_end = "",
	};

	buffer_add(out, "sbrun: %s%s:%s %s\n", screen_on(s, style),
		   d->level == DIAG_ERROR ? "error" : "warning", screen_off(s, style),
		   diag_format_marked(dg, d, &marks));
}

static void report_diag(struct diags *dg, enum log_level level, const struct diag *d, const char *msg,
			const char *shown)
{
	json_t *fields = json_object();

	log_diag_fields(fields, d);
	report(dg->arena, level, msg, shown, fields);
}

void log_diags(struct diags *dg)
{
	const struct diag *from = logger.of == dg && logger.last ? logger.last->next : dg->first;
	const struct diag *first_error = NULL;
	struct buffer shown_errors = { .a = dg->arena };
	struct screen screen;
	char *errors = NULL;

	logger.of = dg;
	logger.last = dg->last;
	if (!from)
		return;
	screen = screen_of(STDERR_FILENO);
	for (const struct diag *d = from; d; d = d->next) {
		struct buffer shown = { .a = dg->arena };
		char *line = diag_format(dg, d);

		if (screen.eyes)
			show_diag(dg, &screen, d, d->level == DIAG_ERROR ? &shown_errors : &shown);
		if (d->level == DIAG_WARNING) {
			report_diag(dg, LOG_LEVEL_WARNING, d, line, shown.s);
			continue;
		}
		if (!first_error)
			first_error = d;
		errors = errors ? arena_printf(dg->arena, "%s\n%s", errors, line) : line;
	}
	if (first_error)
		report_diag(dg, LOG_LEVEL_ERROR, first_error, errors, shown_errors.s);
}

/* The steps of a run, so that what went wrong stands out. */
static char *show_step(struct arena *a, const struct screen *s, const char *line)
{
	return arena_printf(a, "%ssbrun: debug: %s%s\n", screen_on(s, STYLE_DIM), width_safe(a, line, s->utf8),
			    screen_off(s, STYLE_DIM));
}

void log_step(void *arg, const struct step_note *note)
{
	const struct screen screen = screen_of(STDERR_FILENO);
	struct arena *a = arg;
	const char *text = note->text, *pointer = note->pointer;
	uint64_t usec = note->usec;
	json_t *fields = json_object();
	bool from = pointer && *pointer;
	char *line;

	set_text(fields, "pointer", pointer);
	json_object_set_new(fields, "usec", json_integer((json_int_t)usec));
	line = arena_printf(a, "%s%s%s%s (%llu us)", text, from ? " <" : "", from ? pointer : "", from ? ">" : "",
			    (unsigned long long)usec);
	report(a, LOG_LEVEL_DEBUG, logger.json && logger.fd >= 0 ? text : line,
	       screen.eyes ? show_step(a, &screen, line) : NULL, fields);
}
