/* SPDX-License-Identifier: Apache-2.0 */
#include "../../runtime/criu_log.h"
#include "../../runtime/wire.h"
#include "../../spec/arena.h"
#include "tap.h"

#include <string.h>

/* The examples of https://protobuf.dev/programming-guides/encoding/ */
static void writes(struct arena *a)
{
	struct wire w = { .a = a }, inner = { .a = a }, outer = { .a = a }, minus = { .a = a };

	wire_number(&w, 1, 150);
	ok(w.n == 3 && !memcmp(w.v, "\x08\x96\x01", 3), "a number");
	wire_text(&inner, 2, "testing");
	ok(inner.n == 9 && !memcmp(inner.v, "\x12\x07testing", 9), "a text");
	wire_text(&inner, 3, NULL);
	ok(inner.n == 9, "an optional text");
	wire_message(&outer, 3, &w);
	ok(outer.n == 5 && !memcmp(outer.v, "\x1a\x03\x08\x96\x01", 5), "a message in a message");
	wire_number(&minus, 1, -2);
	ok(minus.n == 11 && !memcmp(minus.v, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11), "a negative number");
	minus.n = 0;
	wire_number(&minus, 34, 0);
	ok(minus.n == 3 && !memcmp(minus.v, "\x90\x02\x00", 3), "a field beyond 15, and a zero");
}

static void reads(struct arena *a)
{
	static const unsigned char message[] = "\x08\x96\x01\x12\x03" "abc\x19\x01\x00\x00\x00\x00\x00\x00\x00\x25\x02\x00\x00\x00";
	struct wire_in in = { message, message + sizeof message - 1 };
	struct wire_field f;

	ok(wire_next(&in, &f) && f.field == 1 && f.number == 150 && !f.bytes, "a number");
	ok(wire_next(&in, &f) && f.field == 2 && f.n == 3 && !strcmp(wire_string(a, &f), "abc"), "bytes");
	ok(wire_next(&in, &f) && f.field == 3 && f.number == 1, "eight bytes");
	ok(wire_next(&in, &f) && f.field == 4 && f.number == 2, "four bytes");
	ok(!wire_next(&in, &f), "the end");
}

static void refuses(void)
{
	static const struct {
		const char *bytes, *name;
		size_t n;
	} bad[] = {
		{ "\x08", "a number that is cut off", 1 },
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a number of eleven bytes", 12 },
		{ "\x12\x07tes", "bytes that are cut off", 5 },
		{ "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bytes without end", 11 },
		{ "\x0b\x01", "a group", 2 },
		{ "\x19\x01\x02", "half of eight bytes", 3 },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const unsigned char *p = (const unsigned char *)bad[i].bytes;
		struct wire_in in = { p, p + bad[i].n };
		struct wire_field f;

		ok(!wire_next(&in, &f) && in.p == in.end, bad[i].name);
	}
}

static void log_lines(struct arena *a)
{
	const char *e = criu_log_error(a, "(00.000008)      2: Error (criu/files.c:1): Can't do it\n");

	ok(e && !strcmp(e, "Can't do it"), "the text of an error");
	ok(!criu_log_error(a, "(00.1) Warn  (criu/files.c:1): Can't do it\n"), "a warning is none");
	ok(!criu_log_error(a, "(00.1) Error (criu/util.c:1): rlimit: Can't setup RLIMIT_NOFILE for self: no\n"),
	   "nor one that harms nothing");
	ok(!criu_log_error(a, "Error ("), "nor half of one");
	ok(strstr(criu_log_hint(a, "iptables-restore failed", "/w", "x.log"), "/w/x.log") != NULL, "a hint names the log");
}

int main(void)
{
	struct arena *a = arena_create();

	writes(a);
	reads(a);
	refuses();
	log_lines(a);
	arena_destroy(a);
	return tap_end();
}
