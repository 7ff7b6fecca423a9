/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines, by table. A row is an option; its value goes to `offset` in the command's
 * options structure. Understood are --name VALUE, --name=VALUE, -n VALUE, -nVALUE, -n=VALUE,
 * -name VALUE (as Go's flag package has it) and, for switches, -abc and --name=false. Options
 * and words may be mixed; "--" ends the options.
 */
#ifndef SBRUN_RUNTIME_ARGS_H
#define SBRUN_RUNTIME_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/spec.h"

enum opt_kind {
	OPT_SWITCH,  /* bool */
	OPT_TEXT,    /* const char * */
	OPT_TEXTS,   /* struct str_list, one more each time */
	OPT_NUMBER,  /* unsigned, decimal, up to `max` */
	OPT_PARSE,   /* by `parse`, into the whole structure */
	OPT_IGNORED, /* taken for the sake of callers, without effect; with a value when `value` is set */
};

struct opt {
	const char *name;
	char letter; /* 0: none */
	enum opt_kind kind;
	const char *value; /* how the value is called in the help; NULL for switches */
	size_t offset;
	const char *help; /* NULL: not shown */
	unsigned max;     /* OPT_NUMBER */
	/* What is wrong with the value, or NULL. Static text or the arena's. */
	const char *(*parse)(struct arena *a, void *opts, const char *value);
};

/* A command line in progress, and its words (what isn't an option). */
struct args {
	struct arena *arena;
	struct diags *dg;
	const char *command;         /* for messages: "sbrun" or "sbrun run" */
	const struct opt *tables[3]; /* each ends with a row without a name; unused ones are NULL */
	const struct opt *elsewhere; /* options that belong before the command, for a hint; may be NULL */
	size_t stop_after;           /* no more options after this many words; 0: no such end */
	char **words;                /* NULL-terminated */
	size_t n_words;
	bool help; /* -h or --help was there */
};

/*
 * Parse argv[0 .. argc). Goes on after a mistake, so that all are told at once; -1 when there
 * was any.
 */
int args_parse(struct args *args, void *opts, int argc, char **argv);

/* "  -b, --bundle DIR     help" lines of a table, appended to text. */
char *args_help(struct arena *a, char *text, const struct opt *table);

/* Decimal digits only, no sign, no blank, no leading zero, not more than max. */
bool parse_decimal(const char *s, unsigned long long max, unsigned long long *out);

/* "a:b" to a, b; a backslash takes the next character as it is. False: a part is empty. */
bool split_colons(struct arena *a, const char *value, struct str_list *out);

void str_list_add(struct arena *a, struct str_list *l, const char *s);

#endif
