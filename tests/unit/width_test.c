/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to a screen: nothing that does anything there, in the columns that it may take. */
#include "../../runtime/human.h"
#include "../../runtime/table.h"
#include "../../runtime/width.h"
#include "../../spec/arena.h"
#include "tap.h"

static struct arena *a;

static void test_safe(void)
{
	is_text(width_safe(a, "/a b/\xc3\xa9\xe6\xbc\xa2", true), "/a b/\xc3\xa9\xe6\xbc\xa2", "UTF-8 stays");
	is_text(width_safe(a, "\xc3\xa9", false), "\\xc3\\xa9", "but where the locale is none of it");
	is_text(width_safe(a, "\033[2J\r\n\t\x7f", true), "\\x1b[2J\\x0d\\x0a\\x09\\x7f", "C0 and DEL");
	is_text(width_safe(a, "\x9b" "31m", true), "\\x9b31m", "C1 as a byte");
	is_text(width_safe(a, "\xc2\x9b" "31m", true), "\\xc2\\x9b31m", "C1 in UTF-8");
	is_text(width_safe(a, "\xe2\x80\xaegnp", true), "\\xe2\\x80\\xaegnp", "writing from the right");
	is_text(width_safe(a, "a\xe2\x80\x8b" "b", true), "a\\xe2\\x80\\x8bb", "a space without width");
	is_text(width_safe(a, "\xff\xfe", true), "\\xff\\xfe", "bytes that are no UTF-8");
	is_text(width_safe_lines(a, "a\tb\n\033c", 6, true), "a b\n\\x1bc", "lines");
}

static void test_width(void)
{
	ok(width_of("abc") == 3, "ASCII");
	ok(width_of("\xc3\xa9") == 1, "two bytes, one column");
	ok(width_of("e\xcc\x81") == 1, "a combining mark");
	ok(width_of("\xe6\xbc\xa2\xe5\xad\x97") == 4, "two characters of two columns");
	ok(width_of("\xf0\x9f\x98\x80") == 2, "an emoji");
	ok(width_fit("\xe6\xbc\xa2\xe5\xad\x97", 3) == 3, "half a character doesn't fit");
	is_text(width_shorten(a, "/var/lib/boxes/one", 18, true), "/var/lib/boxes/one", "what fits stays");
	is_text(width_shorten(a, "/var/lib/boxes/one", 10, true), "/va\xe2\x80\xa6" "es/one", "the middle goes");
	is_text(width_shorten(a, "/var/lib/boxes/one", 10, false), "/v...s/one", "in ASCII");
	is_text(width_shorten(a, "abcdef", 1, true), "a", "one column");
	is_text(width_shorten(a, "abcdef", 0, true), "", "none");
	for (size_t n = 0; n < 12; n++)
		if (width_of(width_shorten(a, "\xe6\xbc\xa2" "a\xe5\xad\x97" "b\xe6\xbc\xa2", n, true)) > n)
			ok(false, "never more than asked for");
}

static void test_lines(void)
{
	size_t next, n = width_line("one two three", 8, &next);

	ok(n == 7 && next == 8, "at a blank");
	n = width_line("rw,nosuid,nodev", 12, &next);
	ok(n == 10 && next == 10, "behind a comma");
	n = width_line("abcdefghijkl", 5, &next);
	ok(n == 5 && next == 5, "anywhere");
	n = width_line("\xe6\xbc\xa2", 1, &next);
	ok(n == 3 && next == 3, "what is wider than the line goes on, too");
	n = width_line("short", 9, &next);
	ok(n == 5 && next == 5, "the last one");
}

static const struct table_column columns[] = {
	{ .head = "ID", .least = 4 },
	{ .head = "N", .right = true },
	{ .head = "NOTE", .leave = 1 },
	{ .head = "NOTHING" },
	{ .head = "PATH", .least = 8 },
};
static const struct table_cell cells[] = {
	{ .text = "a" },          { .text = "5" },   { "good", STYLE_GOOD }, { .text = "" },   { .text = "/x" },
	{ .text = "longer-one" }, { .text = "123" }, { .text = "" },         { .text = NULL }, { .text = "/a/long/path\n" },
};

static char *table(size_t width, bool colour)
{
	struct screen s = { .eyes = true, .colour = colour, .utf8 = true, .width = width };

	return table_screen(a, &s, columns, 5, cells, 2);
}

static void test_table(void)
{
	is_text(table(80, false),
		"ID            N  NOTE  PATH\n"
		"a             5  good  /x\n"
		"longer-one  123        /a/long/path\\x0a\n",
		"a column of nothing is left out, numbers stand to the right");
	is_text(table(33, false),
		"ID            N  NOTE  PATH\n"
		"a             5  good  /x\n"
		"longer-one  123        /a/…th\\x0a\n",
		"the widest is shortened");
	is_text(table(20, false),
		"ID       N  PATH\n"
		"a        5  /x\n"
		"l…one  123  /a…h\\x0a\n",
		"a column is left out");
	ok(strstr(table(80, true), "\033[1mID\033[0m") && strstr(table(80, true), "\033[32mgood\033[0m"),
	   "heads and styles");
	ok(table(1, false) != NULL, "one column");
}

static void test_human(void)
{
	const int64_t s = 1000000000;

	is_text(human_bytes(a, 0), "0B", "nothing");
	is_text(human_bytes(a, 1023), "1023B", "bytes");
	is_text(human_bytes(a, 1048570), "1.0MiB", "never 1024.0");
	is_text(human_time(a, 0), "less than a second", "no time");
	is_text(human_time(a, 61), "1 minute", "one");
	is_text(human_time(a, 7200), "2 hours", "two");
	is_text(human_ago(a, 5 * s, 190 * s), "3 minutes ago", "ago");
	is_text(human_ago(a, 10 * s, 5 * s), "just now", "ahead of now");
	ok(human_parse_time("2026-01-02T03:04:05.678901234Z") == 1767323045 * s, "a time");
	ok(human_parse_time("1970-01-01T00:00:00Z") == 0, "the first one");
	ok(human_parse_time("") == -1 && human_parse_time(NULL) == -1, "none");
	ok(human_parse_time("2026-01-02T03:04:05+01:00") == -1, "of another zone");
}

int main(void)
{
	a = arena_create();
	test_safe();
	test_width();
	test_lines();
	test_table();
	test_human();
	arena_destroy(a);
	return tap_end();
}
