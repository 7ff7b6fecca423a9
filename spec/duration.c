/* SPDX-License-Identifier: Apache-2.0 */
#include "duration.h"

#include <stddef.h>
#include <string.h>

static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	/* a name that begins another one comes after it */
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 }, /* the micro sign and the Greek letter */
	{ "\xce\xbcs", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60ull * 1000000000 },
	{ "h", 3600ull * 1000000000 },
};

static const struct unit *find_unit(const char *s)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strncmp(s, units[i].name, strlen(units[i].name)))
			return &units[i];
	return NULL;
}

/* Digits in nanoseconds of the unit, with what stands behind the point; NULL: no number, or too large. */
static const char *parse_number(const char *s, uint64_t *whole, double *fraction)
{
	const char *start = s;
	double place = 1;
	size_t digits;

	*whole = 0;
	*fraction = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (*whole > INT64_MAX / 10 - 1)
			return NULL;
		*whole = *whole * 10 + (uint64_t)(*s - '0');
	}
	digits = (size_t)(s - start);
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, digits++)
			*fraction += (place /= 10) * (*s - '0');
	return digits ? s : NULL;
}

bool parse_duration_or_none(const char *s, uint64_t *ns)
{
	static const struct unit second = { "", 1000000000 };
	uint64_t sum = 0, whole;
	double fraction;
	bool bare = strspn(s, "0123456789.") == strlen(s);

	do {
		const struct unit *u;

		s = parse_number(s, &whole, &fraction);
		u = !s ? NULL : bare ? &second : find_unit(s);
		if (!u || whole > INT64_MAX / u->ns)
			return false;
		sum += whole * u->ns + (uint64_t)(fraction * (double)u->ns + 0.5);
		if (sum > INT64_MAX)
			return false;
		s += strlen(u->name);
	} while (*s);
	*ns = sum;
	return true;
}

bool parse_duration(const char *s, uint64_t *ns)
{
	return parse_duration_or_none(s, ns) && *ns > 0;
}
