/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as JSON: for people with U+FFFD for what is no UTF-8, for ourselves as they were. */
#include "../../runtime/json_text.h"

#include <stdlib.h>

#include "../../spec/arena.h"
#include "tap.h"

#define BAD "\xef\xbf\xbd"

static const struct {
	const char *bytes, *shown, *name;
} rows[] = {
	{ "", "", "nothing" },
	{ "plain \xc3\xa4 \xf0\x9f\x8c\xb3", "plain \xc3\xa4 \xf0\x9f\x8c\xb3", "UTF-8 is left as it is" },
	{ "a\xff"
	  "b",
	  "a" BAD "b", "a byte that there is not" },
	{ "\xff\xfe\xfd", BAD BAD BAD, "nothing but such: three bytes for each" },
	{ "x\xc3", "x" BAD, "one that ends too early" },
	{ "\xe2\x82/", BAD BAD "/", "a slash is not taken with it" },
	{ "\xc0\xaf", BAD BAD, "a slash that is written too long" },
	{ "\xed\xa0\x80", BAD BAD BAD, "half a surrogate pair" },
	{ "\xf4\x90\x80\x80", BAD BAD BAD BAD, "beyond the last character" },
};

static void one_row(struct arena *a, const char *bytes, const char *shown, const char *name)
{
	json_t *v = json_text(bytes), *own = json_from_bytes(bytes);
	const char *back = json_to_bytes(a, own);

	ok(v && json_is_string(v) && !strcmp(json_string_value(v), shown), name);
	ok(back && !strcmp(back, bytes), "and the same bytes again");
	json_decref(v);
	json_decref(own);
}

int main(void)
{
	struct arena *a = arena_create();
	json_t *none = json_text(NULL), *number = json_integer(7);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		one_row(a, rows[i].bytes, rows[i].shown, rows[i].name);
	ok(json_is_null(none), "no string: null");
	ok(!json_to_bytes(a, number), "a number is no text");
	json_decref(none);
	json_decref(number);
	arena_destroy(a);
	return tap_end();
}
