/* SPDX-License-Identifier: Apache-2.0 */
#include "cpulist.h"

#include "arena.h"

static int number(const char **s, uint32_t *n)
{
	const char *p = *s;

	for (*n = 0; *p >= '0' && *p <= '9'; p++) {
		*n = *n * 10 + (uint32_t)(*p - '0');
		if (*n > CPU_LIST_MAX)
			return -1;
	}
	if (p == *s)
		return -1;
	*s = p;
	return 0;
}

int cpu_list_next(const char **s, uint32_t *first, uint32_t *last)
{
	if (number(s, first) < 0)
		return -1;
	*last = *first;
	if (**s == '-') {
		++*s;
		if (number(s, last) < 0 || *last < *first)
			return -1;
	}
	if (!**s)
		return 0;
	if (**s != ',' || !(*s)[1])
		return -1;
	++*s;
	return 0;
}

uint64_t *cpu_list_mask(struct arena *a, const char *list, size_t *bytes)
{
	uint32_t first, last, highest = 0;
	const char *s = list;
	uint64_t *mask;

	do {
		if (cpu_list_next(&s, &first, &last) < 0)
			return NULL;
		highest = last > highest ? last : highest;
	} while (*s);
	*bytes = (highest / 64 + 1) * sizeof *mask;
	mask = arena_array(a, highest / 64 + 1, sizeof *mask);
	for (s = list; *s;) {
		cpu_list_next(&s, &first, &last);
		for (; first <= last; first++)
			mask[first / 64] |= 1ull << first % 64;
	}
	return mask;
}
