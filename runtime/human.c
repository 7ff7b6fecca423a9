/* SPDX-License-Identifier: Apache-2.0 */
#include "human.h"

#include "../spec/arena.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_NS 1000000000

const char *human_bytes(struct arena *a, uint64_t v)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double x = (double)v;
	size_t u = 0;

	for (; x >= 1023.95 && u + 1 < sizeof units / sizeof *units; u++) /* what would read 1024.0 */
		x /= 1024;
	return u ? arena_printf(a, "%.1f%s", x, units[u]) : arena_printf(a, "%.0fB", x);
}

const char *human_time(struct arena *a, uint64_t seconds)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {
		{ 365ull * 86400, "year" }, { 7ull * 86400, "week" }, { 86400, "day" },
		{ 3600, "hour" },        { 60, "minute" },      { 1, "second" },
	};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		uint64_t n = seconds / units[i].seconds;

		if (n)
			return arena_printf(a, "%llu %s%s", (unsigned long long)n, units[i].name,
					    n == 1 ? "" : "s");
	}
	return "less than a second";
}

const char *human_ago(struct arena *a, int64_t then_ns, int64_t now_ns)
{
	if (now_ns - then_ns < SECOND_NS)
		return "just now";
	return arena_printf(a, "%s ago", human_time(a, (uint64_t)(now_ns - then_ns) / SECOND_NS));
}

int64_t human_parse_time(const char *s)
{
	struct tm tm = { 0 };
	const char *end = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	time_t t = end ? timegm(&tm) : -1;

	/* ours, always: a fraction or none, and UTC */
	if (t < 0 || end[strspn(end, ".0123456789")] != 'Z')
		return -1;
	return (int64_t)t * SECOND_NS;
}
