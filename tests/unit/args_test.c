/* SPDX-License-Identifier: Apache-2.0 */
#include "../../runtime/args.h"

#include <signal.h>

#include "../../runtime/signals.h"
#include "tap.h"

struct target {
	bool a, b, bundle;
	const char *file;
	struct str_list env;
	unsigned number;
	int parsed;
};

static const char *parse_special(struct arena *a, void *opts, const char *value)
{
	(void)a;
	((struct target *)opts)->parsed++;
	return strcmp(value, "good") == 0 ? NULL : "not good";
}

/* clang-format off */
static const struct opt table[] = {
	{ "all", 'a', OPT_SWITCH, NULL, offsetof(struct target, a), "", 0, NULL },
	{ "bee", 'b', OPT_SWITCH, NULL, offsetof(struct target, b), "", 0, NULL },
	{ "file", 'f', OPT_TEXT, "FILE", offsetof(struct target, file), "", 0, NULL },
	{ "env", 'e', OPT_TEXTS, "KV", offsetof(struct target, env), "", 0, NULL },
	{ "number", 'n', OPT_NUMBER, "N", offsetof(struct target, number), "", 100, NULL },
	{ "special", 0, OPT_PARSE, "X", 0, "", 0, parse_special },
	{ "old", 0, OPT_IGNORED, "X", 0, NULL, 0, NULL },
	{ 0 },
};
/* clang-format on */

static struct arena *arena;
static struct diags dg;
static struct target t;
static struct args args;

/* Blanks separate arguments. */
static int parse(const char *line, size_t stop_after)
{
	char *argv[32], *copy = arena_strdup(arena, line);
	int argc = 0;

	for (char *p = strtok(copy, " "); p; p = strtok(NULL, " "))
		argv[argc++] = p;
	diags_init(&dg, arena);
	t = (struct target){ 0 };
	args = (struct args){
		.arena = arena, .dg = &dg, .command = "test", .tables = { table }, .stop_after = stop_after
	};
	return args_parse(&args, &t, argc, argv);
}

static bool file_is(const char *line, const char *file)
{
	return parse(line, 0) == 0 && t.file && strcmp(t.file, file) == 0;
}

static void test_forms(void)
{
	static const char *const forms[] = { "--file x", "--file=x", "-f x",   "-fx",   "-f=x",
					     "-file x",  "-file=x",  "-abf x", "-abfx", "w -f x" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		ok(file_is(forms[i], "x"), forms[i]);
	ok(file_is("--file --bee", "--bee"), "a value may look like an option");
	ok(parse("-ab", 0) == 0 && t.a && t.b, "-ab");
	ok(parse("-all -bee=false", 0) == 0 && t.a && !t.b, "-all -bee=false");
	ok(parse("--all --all=0", 0) == 0 && !t.a, "--all --all=0");
	ok(parse("-a=true", 0) == 0 && t.a, "-a=true");
	ok(parse("-e A=1 --env=B=2 -eC=3 -e=D=4 -e x", 0) == 0 && t.env.n == 5, "a list");
	ok(strcmp(t.env.v[1], "B=2") == 0 && strcmp(t.env.v[3], "D=4") == 0 && !t.env.v[5], "its members");
	ok(parse("--old x w", 0) == 0 && args.n_words == 1, "an ignored option takes its value");
	ok(parse("one -a two - three", 0) == 0 && args.n_words == 4 && t.a, "mixed; a dash is a word");
	ok(parse("one -- -a", 0) == 0 && args.n_words == 2 && !t.a, "-- ends the options");
	ok(parse("-a one two -b -- x", 2) == 0 && args.n_words == 5 && t.a && !t.b, "stop after two words");
	ok(parse("-h", 0) == 0 && args.help && parse("x --help", 0) == 0 && args.help, "help");
	ok(parse("-n 100", 0) == 0 && t.number == 100 && parse("--special good", 0) == 0 && t.parsed,
	   "values");
}

static void test_errors(void)
{
	static const char *const bad[] = { "--fil x", "-x",      "-ax",    "--all=maybe",   "--file",
					   "-f",      "--file=", "-n 101", "-n -1",         "-n 0x1",
					   "-n 1x",   "-n +1",   "-n 007", "--special bad", "--=x",
					   "---all" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(parse(bad[i], 0) < 0 && dg.errors == 1, bad[i]);
	ok(parse("--fiel x", 0) < 0 && dg.first->hint && strstr(dg.first->hint, "--file"), "did you mean");
	ok(parse("--nope -n x --what", 0) < 0 && dg.errors == 3, "all mistakes at once");
}

static void test_signals(void)
{
	const struct {
		const char *text;
		int number;
	} rows[] = {
		{ "9", 9 },
		{ "KILL", SIGKILL },
		{ "SIGKILL", SIGKILL },
		{ "sigterm", SIGTERM },
		{ "0", 0 },
		{ "64", 64 },
		{ "65", -1 },
		{ "-1", -1 },
		{ "RTMIN", SIGRTMIN },
		{ "SIGRTMIN+3", SIGRTMIN + 3 },
		{ "rtmax-1", SIGRTMAX - 1 },
		{ "RTMIN-1", -1 },
		{ "RTMIN+31", -1 },
		{ "RTMIN+", -1 },
		{ "", -1 },
		{ "SIG", -1 },
		{ "FOO", -1 },
		{ "9 ", -1 },
		{ "09", -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(signal_number(rows[i].text) == rows[i].number,
		   arena_printf(arena, "signal \"%s\"", rows[i].text));
}

int main(void)
{
	arena = arena_create();
	test_forms();
	test_errors();
	test_signals();
	arena_destroy(arena);
	return tap_end();
}
