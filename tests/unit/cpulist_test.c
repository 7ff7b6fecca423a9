/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of processors: what is one, and the mask that it makes. */
#include "../../spec/arena.h"
#include "../../spec/cpulist.h"
#include "tap.h"

static void refused(struct arena *a)
{
	static const char *const lists[] = {
		"", ",", "-", "0-", "-1", "0,", ",0", "1-0", "0--1", "0-1-2", " 0", "0 ", "a", "65536", "0-4294967296",
		"18446744073709551616",
	};
	size_t n;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		ok(cpu_list_mask(a, lists[i], &n) == NULL, lists[i]);
}

int main(void)
{
	struct arena *a = arena_create();
	uint64_t *m;
	size_t n = 0;

	m = cpu_list_mask(a, "0", &n);
	ok(m && n == 8 && m[0] == 1, "one");
	m = cpu_list_mask(a, "0-3,7", &n);
	ok(m && n == 8 && m[0] == 0x8f, "a range and a number");
	m = cpu_list_mask(a, "63-64,5", &n);
	ok(m && n == 16 && m[0] == (1ull << 63 | 1u << 5) && m[1] == 1, "over a word's end");
	m = cpu_list_mask(a, "65535", &n);
	ok(m && n == 8192 && m[1023] == 1ull << 63, "the largest");
	refused(a);
	arena_destroy(a);
	return tap_end();
}
