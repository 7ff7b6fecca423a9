/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <string.h>

static enum number_status digits(const char *s, size_t n, uint64_t *out)
{
	*out = 0;
	if (n == 0)
		return NUMBER_INVALID;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return NUMBER_INVALID;
		if (__builtin_mul_overflow(*out, 10u, out) ||
		    __builtin_add_overflow(*out, (unsigned)(s[i] - '0'), out))
			return NUMBER_HUGE;
	}
	return NUMBER_OK;
}

enum number_status number_parse(const char *s, size_t n, struct number *out)
{
	*out = (struct number){ .negative = n && *s == '-' };
	if (memchr(s, '.', n) || memchr(s, 'e', n) || memchr(s, 'E', n))
		return NUMBER_FRACTION;
	return digits(s + out->negative, n - out->negative, &out->magnitude);
}

enum number_status number_parse_size(const char *s, size_t n, uint64_t *out)
{
	static const char suffixes[] = "kmgt";
	enum number_status status;
	unsigned shift = 0;

	if (n > 1) {
		const char *p = memchr(suffixes, s[n - 1] | 0x20, sizeof(suffixes) - 1);

		if (p) {
			shift = 10 * (unsigned)(p - suffixes + 1);
			n--;
		}
	}
	status = digits(s, n, out);
	if (status == NUMBER_OK && *out > UINT64_MAX >> shift)
		return NUMBER_HUGE;
	*out <<= shift;
	return status;
}

bool number_in_range(struct number v, int64_t low, uint64_t high)
{
	if (v.negative && v.magnitude)
		return low < 0 && v.magnitude <= -(uint64_t)low;
	return (low <= 0 || v.magnitude >= (uint64_t)low) && v.magnitude <= high;
}

bool number_next(const char **s, uint32_t *out)
{
	uint64_t v = 0;
	const char *p = *s + strspn(*s, " \t\n"), *first = p;

	for (; *p >= '0' && *p <= '9' && v <= UINT32_MAX; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	*s = p;
	*out = (uint32_t)v;
	return p > first && v <= UINT32_MAX;
}
