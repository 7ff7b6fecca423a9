/* SPDX-License-Identifier: Apache-2.0 */
#include "args.h"

#include <stdio.h>
#include <string.h>

bool parse_decimal(const char *s, unsigned long long max, unsigned long long *out)
{
	unsigned long long v = 0;

	if (!*s || (*s == '0' && s[1]))
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (*s < '0' || *s > '9' || v > (max - digit) / 10 || digit > max)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

/* The capacity follows from the length: 4, 8, 16 ... with one more for the NULL. */
void str_list_add(struct arena *a, struct str_list *l, const char *s)
{
	if (l->n == 0 || (l->n >= 4 && (l->n & (l->n - 1)) == 0)) {
		char **v = arena_array(a, (l->n < 4 ? 4 : 2 * l->n) + 1, sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
	}
	l->v[l->n++] = arena_strdup(a, s);
	l->v[l->n] = NULL;
}

bool split_colons(struct arena *a, const char *value, struct str_list *out)
{
	char *part = arena_alloc(a, strlen(value) + 1);
	size_t n = 0;

	for (const char *p = value;; p++) {
		if (*p == '\\' && p[1]) {
			part[n++] = *++p;
		} else if (*p && *p != ':') {
			part[n++] = *p;
		} else {
			if (!n)
				return false;
			part[n] = 0;
			str_list_add(a, out, part);
			n = 0;
		}
		if (!*p)
			return true;
	}
}

/* ------------------------------------------------------------------------------ finding a row */

static const struct opt *find_name(const struct args *args, const char *name, size_t n)
{
	for (size_t t = 0; t < sizeof(args->tables) / sizeof(args->tables[0]); t++)
		for (const struct opt *o = args->tables[t]; o && o->name; o++)
			if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
				return o;
	return NULL;
}

static const struct opt *find_letter(const struct args *args, char letter)
{
	for (size_t t = 0; t < sizeof(args->tables) / sizeof(args->tables[0]); t++)
		for (const struct opt *o = args->tables[t]; o && o->name; o++)
			if (o->letter && o->letter == letter)
				return o;
	return NULL;
}

static bool takes_value(const struct opt *o)
{
	return o->value != NULL;
}

/* ---------------------------------------------------------------------------- storing a value */

/* The words that Go's strconv.ParseBool takes: callers are written in Go. */
static bool parse_bool(const char *s, bool *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "true", true }, { "TRUE", true },   { "True", true },   { "t", true },
		{ "T", true },    { "false", false }, { "FALSE", false }, { "False", false },
		{ "f", false },   { "F", false },     { "1", true },      { "0", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(s, words[i].word) == 0) {
			*out = words[i].value;
			return true;
		}
	return false;
}

/* What is wrong with the value, or NULL. */
static const char *store(struct args *args, const struct opt *o, void *opts, const char *value)
{
	void *target = (char *)opts + o->offset;
	unsigned long long number;

	switch (o->kind) {
	case OPT_SWITCH: return parse_bool(value, target) ? NULL : "true or false is expected";
	case OPT_TEXT: *(const char **)target = value; return *value ? NULL : "it is empty";
	case OPT_TEXTS: str_list_add(args->arena, target, value); return NULL;
	case OPT_NUMBER:
		if (!parse_decimal(value, o->max, &number))
			return arena_printf(args->arena, "a number from 0 to %u is expected", o->max);
		*(unsigned *)target = (unsigned)number;
		return NULL;
	case OPT_PARSE: return o->parse(args->arena, opts, value);
	case OPT_IGNORED: break;
	}
	return NULL;
}

static void set(struct args *args, const struct opt *o, void *opts, const char *value)
{
	const char *wrong = store(args, o, opts, value);

	if (wrong)
		diag_error(args->dg, "--%s \"%s\": %s", o->name, value, wrong);
}

/* -------------------------------------------------------------------------------- one argument */

static void unknown(struct args *args, const char *arg, const char *name, size_t n)
{
	struct diag *d = diag_error(args->dg, "%s has no option \"%.*s\"", args->command,
				    (int)(name - arg) + (int)n, arg);
	char *word = arena_strndup(args->arena, name, n);
	const char *near;
	struct str_list names = { 0 };

	for (const struct opt *o = args->elsewhere; o && o->name; o++)
		if (strcmp(o->name, word) == 0) {
			d->hint = arena_printf(args->arena, "--%s goes before the command", word);
			return;
		}
	for (size_t t = 0; t < sizeof(args->tables) / sizeof(args->tables[0]); t++)
		for (const struct opt *o = args->tables[t]; o && o->name; o++)
			if (o->help)
				str_list_add(args->arena, &names, o->name);
	str_list_add(args->arena, &names, "help");
	near = suggest(word, (const char *const *)names.v);
	d->hint = near ? arena_printf(args->arena, "did you mean --%s?", near)
		       : arena_printf(args->arena, "see \"%s --help\"", args->command);
}

/* The row's value is `attached` or, when that is NULL, the next argument. Returns how many were used. */
static int take(struct args *args, const struct opt *o, void *opts, const char *attached, int left,
		char **next)
{
	if (!takes_value(o)) {
		set(args, o, opts, attached ? attached : "true");
		return 1;
	}
	if (attached) {
		set(args, o, opts, attached);
		return 1;
	}
	if (left < 2) {
		diag_error(args->dg, "--%s needs a value: %s", o->name, o->value);
		return 1;
	}
	set(args, o, opts, next[1]);
	return 2;
}

/* -abc, -bVALUE, -b=VALUE, -b VALUE */
static int take_letters(struct args *args, void *opts, int argc, char **argv)
{
	const char *arg = argv[0];

	for (const char *p = arg + 1; *p; p++) {
		const struct opt *o = find_letter(args, *p);

		if (!o && *p == 'h') {
			args->help = true;
			continue;
		}
		if (!o) {
			/* One letter of several may be the misspelt start of a long name. */
			unknown(args, arg, arg + 1, strcspn(arg + 1, "="));
			return 1;
		}
		if (takes_value(o))
			return take(args, o, opts, p[1] ? p + 1 + (p[1] == '=') : NULL, argc, argv);
		if (p[1] == '=') {
			set(args, o, opts, p + 2);
			return 1;
		}
		set(args, o, opts, "true");
	}
	return 1;
}

static int take_option(struct args *args, void *opts, int argc, char **argv)
{
	const char *arg = argv[0];
	bool twice = arg[1] == '-';
	const char *name = arg + 1 + twice;
	size_t n = strcspn(name, "=");
	const struct opt *o = find_name(args, name, n);

	/* One dash and one letter is always the short option. */
	if (o && (twice || n > 1))
		return take(args, o, opts, name[n] ? name + n + 1 : NULL, argc, argv);
	if (n == 4 && memcmp(name, "help", 4) == 0) {
		args->help = true;
		return 1;
	}
	if (!twice)
		return take_letters(args, opts, argc, argv);
	unknown(args, arg, name, n);
	return 1;
}

int args_parse(struct args *args, void *opts, int argc, char **argv)
{
	unsigned errors = args->dg->errors;
	bool options = true;
	int i = 0;

	args->words = arena_array(args->arena, (size_t)argc + 1, sizeof(*args->words));
	while (i < argc) {
		char *arg = argv[i];

		if (options && args->stop_after && args->n_words >= args->stop_after)
			options = false;
		if (options && strcmp(arg, "--") == 0) {
			options = false;
			i++;
		} else if (options && arg[0] == '-' && arg[1]) {
			i += take_option(args, opts, argc - i, argv + i);
		} else {
			args->words[args->n_words++] = arg;
			i++;
		}
	}
	return args->dg->errors == errors ? 0 : -1;
}

char *args_help(struct arena *a, char *text, const struct opt *table)
{
	for (const struct opt *o = table; o && o->name; o++) {
		char letter[5] = "    ";
		char *left;

		if (!o->help)
			continue;
		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		left = arena_printf(a, "%s--%s%s%s", letter, o->name, o->value ? " " : "",
				    o->value ? o->value : "");
		text = arena_printf(a, "%s  %-26s %s\n", text, left, o->help);
	}
	return text;
}
