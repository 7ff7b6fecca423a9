/* SPDX-License-Identifier: Apache-2.0 */
#include "width.h"

#include "../spec/arena.h"
#include "../spec/utf8.h"

#include <stdint.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

/* Unicode 15, East_Asian_Width W and F, with what is unassigned between them. */
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },   { 0x23e9, 0x23ec },
	{ 0x23f0, 0x23f0 },   { 0x23f3, 0x23f3 },   { 0x25fd, 0x25fe },   { 0x2614, 0x2615 },
	{ 0x2648, 0x2653 },   { 0x267f, 0x267f },   { 0x2693, 0x2693 },   { 0x26a1, 0x26a1 },
	{ 0x26aa, 0x26ab },   { 0x26bd, 0x26be },   { 0x26c4, 0x26c5 },   { 0x26ce, 0x26ce },
	{ 0x26d4, 0x26d4 },   { 0x26ea, 0x26ea },   { 0x26f2, 0x26f3 },   { 0x26f5, 0x26f5 },
	{ 0x26fa, 0x26fa },   { 0x26fd, 0x26fd },   { 0x2705, 0x2705 },   { 0x270a, 0x270b },
	{ 0x2728, 0x2728 },   { 0x274c, 0x274c },   { 0x274e, 0x274e },   { 0x2753, 0x2755 },
	{ 0x2757, 0x2757 },   { 0x2795, 0x2797 },   { 0x27b0, 0x27b0 },   { 0x27bf, 0x27bf },
	{ 0x2b1b, 0x2b1c },   { 0x2b50, 0x2b50 },   { 0x2b55, 0x2b55 },   { 0x2e80, 0x303e },
	{ 0x3041, 0x4dbf },   { 0x4e00, 0xa4cf },   { 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },   { 0xfe10, 0xfe19 },   { 0xfe30, 0xfe6f },   { 0xff01, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x16fe0, 0x18aff }, { 0x1aff0, 0x1b2ff }, { 0x1f004, 0x1f004 },
	{ 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f18e }, { 0x1f191, 0x1f19a }, { 0x1f200, 0x1f320 },
	{ 0x1f32d, 0x1f335 }, { 0x1f337, 0x1f37c }, { 0x1f37e, 0x1f393 }, { 0x1f3a0, 0x1f3ca },
	{ 0x1f3cf, 0x1f3d3 }, { 0x1f3e0, 0x1f3f0 }, { 0x1f3f4, 0x1f3f4 }, { 0x1f3f8, 0x1f43e },
	{ 0x1f440, 0x1f440 }, { 0x1f442, 0x1f4fc }, { 0x1f4ff, 0x1f53d }, { 0x1f54b, 0x1f567 },
	{ 0x1f57a, 0x1f57a }, { 0x1f595, 0x1f596 }, { 0x1f5a4, 0x1f5a4 }, { 0x1f5fb, 0x1f64f },
	{ 0x1f680, 0x1f6c5 }, { 0x1f6cc, 0x1f6cc }, { 0x1f6d0, 0x1f6d7 }, { 0x1f6dc, 0x1f6ec },
	{ 0x1f6f4, 0x1f6fc }, { 0x1f7e0, 0x1f7f0 }, { 0x1f90c, 0x1f945 }, { 0x1f947, 0x1f9ff },
	{ 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

/* Marks on the character before: those of most scripts, not of all. */
static const struct range none[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a },   { 0x064b, 0x065f },
	{ 0x06d6, 0x06dc }, { 0x093c, 0x093c }, { 0x094d, 0x094d }, { 0x0e34, 0x0e3a },   { 0x0e47, 0x0e4e },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0x3099, 0x309a },   { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f }, { 0xe0100, 0xe01ef },
};

/* Not shown, or changing how others are: control characters, directions, joiners, tags, private ones. */
static const struct range unsafe[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f },   { 0x061c, 0x061c },
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },   { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xe000, 0xf8ff }, { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0xe00ff }, { 0xf0000, 0x10ffff },
};

#define IN(table, c) in(table, sizeof(table) / sizeof *(table), c)

static bool in(const struct range *v, size_t n, uint32_t c)
{
	size_t low = 0;

	while (n) {
		size_t half = n / 2;

		if (c > v[low + half].last) {
			low += half + 1;
			n -= half + 1;
		} else if (c < v[low + half].first) {
			n = half;
		} else {
			return true;
		}
	}
	return false;
}

/* The character of n bytes that is well formed. */
static uint32_t decode(const char *s, size_t n)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)*s & first[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

/* Bytes of the character at s, which is safe text; 1 where it isn't. */
static size_t character(const char *s, size_t *columns)
{
	size_t n = utf8_sequence((const unsigned char *)s, strnlen(s, 4));
	uint32_t c = n ? decode(s, n) : 0xfffd;

	*columns = IN(none, c) ? 0 : IN(wide, c) ? 2 : 1;
	return n ? n : 1;
}

static char *escape(struct arena *a, const char *s, size_t n, bool utf8, bool lines)
{
	static const char hex[] = "0123456789abcdef";
	char *out = arena_alloc(a, 4 * n + 1), *p = out;

	for (size_t len; n; s += len, n -= len) {
		len = utf8_sequence((const unsigned char *)s, n);
		if (lines && (*s == '\n' || *s == '\t')) {
			*p++ = *s == '\n' ? '\n' : ' ';
		} else if (len && !IN(unsafe, decode(s, len)) && (utf8 || len == 1)) {
			p = mempcpy(p, s, len);
		} else {
			len = len ? len : 1;
			for (size_t i = 0; i < len; i++) {
				*p++ = '\\', *p++ = 'x';
				*p++ = hex[(unsigned char)s[i] >> 4], *p++ = hex[s[i] & 15];
			}
		}
	}
	*p = 0;
	return out;
}

char *width_safe(struct arena *a, const char *s, bool utf8)
{
	return escape(a, s, strlen(s), utf8, false);
}

char *width_safe_lines(struct arena *a, const char *s, size_t n, bool utf8)
{
	return escape(a, s, n, utf8, true);
}

size_t width_of(const char *s)
{
	size_t width = 0;

	while (*s) {
		size_t columns;

		s += character(s, &columns);
		width += columns;
	}
	return width;
}

size_t width_fit(const char *s, size_t columns)
{
	size_t used = 0, width = 0;

	while (s[used]) {
		size_t c, n = character(s + used, &c);

		if (width + c > columns)
			break;
		width += c;
		used += n;
	}
	return used;
}

char *width_shorten(struct arena *a, const char *s, size_t columns, bool utf8)
{
	const char *gap = utf8 ? "…" : "...", *tail = s;
	size_t gap_width = utf8 ? 1 : 3, all = width_of(s), left, right;

	if (all <= columns)
		return arena_strdup(a, s);
	if (columns <= gap_width)
		return arena_strndup(a, s, width_fit(s, columns));
	/* the end of a path tells more than its beginning */
	left = (columns - gap_width) / 3;
	right = columns - gap_width - left;
	while (all > right) {
		size_t c;

		tail += character(tail, &c);
		all -= c;
	}
	return arena_printf(a, "%.*s%s%s", (int)width_fit(s, left), s, gap, tail);
}

/* Bytes before the best place to end a line in the n that fit; 0: there is none in the second half. */
static size_t breaking_point(const char *s, size_t n)
{
	for (size_t i = n; i > n / 2; i--)
		if (s[i] == ' ')
			return i;
	for (size_t i = n; i > n / 2; i--)
		if (strchr(",/)}]", s[i - 1]))
			return i;
	return 0;
}

size_t width_line(const char *s, size_t columns, size_t *next)
{
	size_t n = width_fit(s, columns), at;

	*next = n;
	if (!s[n])
		return n;
	at = breaking_point(s, n);
	if (!at && n)
		return n;
	if (!n) { /* a character wider than the line: somewhere it must go */
		size_t c;

		*next = character(s, &c);
		return *next;
	}
	*next = at + strspn(s + at, " ");
	return at;
}
