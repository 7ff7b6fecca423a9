/* SPDX-License-Identifier: Apache-2.0 */
#include "gvariant.h"

#include "../spec/arena.h"

#include <string.h>

enum { DEEPEST = 2 }; /* arrays in an array: nothing that is asked for has more */

static void skip_blanks(const char **s)
{
	*s += strspn(*s, " \t\n");
}

static size_t word_length(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789");
}

static bool take_word(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (word_length(*s) != n || strncmp(*s, word, n))
		return false;
	*s += n;
	return true;
}

/* ---- numbers ---- */

static bool hex_number(const char *s, size_t n, struct number *out)
{
	static const char digits[] = "0123456789abcdef";

	out->magnitude = 0;
	if (n == 0 || n > 16)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *d = strchr(digits, s[i] >= 'A' && s[i] <= 'F' ? s[i] | 0x20 : s[i]);

		if (!d || !*d)
			return false;
		out->magnitude = out->magnitude << 4 | (uint64_t)(d - digits);
	}
	return true;
}

static const char *decimal_number(struct arena *a, const char *s, size_t n, struct gvariant *out)
{
	size_t whole = strspn(s, "0123456789");

	if (n > 1 && *s == '0' && whole > 1)
		return "a number with a leading zero would be an octal one";
	switch (number_parse(s, n, &out->integer)) {
	case NUMBER_OK: return NULL;
	case NUMBER_HUGE: return "a number of more than 64 bits";
	case NUMBER_FRACTION: break;
	case NUMBER_INVALID: return "not a number";
	}
	if (!whole || s[whole] != '.' || whole + 1 + strspn(s + whole + 1, "0123456789") != n)
		return "a fraction is written with digits and a point, as 2.5";
	out->kind = GV_FRACTION;
	out->text = arena_strndup(a, s, n);
	return NULL;
}

static const char *number(struct arena *a, const char **s, struct gvariant *out)
{
	bool minus = **s == '-';
	const char *p = *s + (minus || **s == '+'), *wrong = NULL;
	size_t n = strcspn(p, " \t\n,]");

	out->kind = GV_INTEGER;
	if (!strncmp(p, "0x", 2))
		wrong = hex_number(p + 2, n - 2, &out->integer) ? NULL : "not a hexadecimal number of up to 64 bits";
	else
		wrong = decimal_number(a, p, n, out);
	out->integer.negative = minus && out->integer.magnitude;
	if (!wrong && minus && out->kind == GV_FRACTION)
		wrong = "a fraction below zero";
	*s = p + n;
	return wrong;
}

/* ---- strings ---- */

static const char *string(struct arena *a, const char **s, struct gvariant *out)
{
	char quote = *(*s)++, *text = arena_alloc(a, strlen(*s) + 1), *w = text;

	for (; **s && **s != quote; ++*s) {
		if (**s == '\\') {
			++*s;
			if (**s != '\\' && **s != '\'' && **s != '"')
				return "a backslash in a string may stand before a quote or a backslash";
		}
		if ((unsigned char)**s < ' ' || **s == 0x7f)
			return "a control character in a string";
		*w++ = **s;
	}
	if (!**s)
		return "a string without its closing quote";
	++*s;
	out->kind = GV_STRING;
	out->text = text;
	return NULL;
}

/* ---- values ---- */

static const char *value(struct arena *a, const char **s, struct gvariant *out, unsigned depth);

static const char *array(struct arena *a, const char **s, struct gvariant *out, unsigned depth)
{
	const char *wrong;
	size_t cap = 0;

	if (depth == DEEPEST)
		return "arrays in arrays in arrays";
	out->kind = GV_ARRAY;
	++*s;
	skip_blanks(s);
	while (**s != ']') {
		out->items = arena_grow(a, out->items, &cap, out->n + 1, sizeof *out->items);
		wrong = value(a, s, &out->items[out->n++], depth + 1);
		if (wrong)
			return wrong;
		if (**s == ',')
			++*s;
		else if (**s != ']')
			return "the items of an array are separated by commas and end with ]";
		skip_blanks(s);
	}
	++*s;
	return NULL;
}

static const struct type { const char *word; unsigned kinds; } types[] = {
	{ "boolean", 1 << GV_BOOLEAN }, { "byte", 1 << GV_INTEGER },
	{ "int16", 1 << GV_INTEGER },   { "uint16", 1 << GV_INTEGER },
	{ "int32", 1 << GV_INTEGER },   { "uint32", 1 << GV_INTEGER },
	{ "int64", 1 << GV_INTEGER },   { "uint64", 1 << GV_INTEGER },
	{ "string", 1 << GV_STRING },   { "double", 1 << GV_INTEGER | 1 << GV_FRACTION },
	{ "@b", 1 << GV_BOOLEAN },      { "@y", 1 << GV_INTEGER },
	{ "@i", 1 << GV_INTEGER },      { "@u", 1 << GV_INTEGER },
	{ "@x", 1 << GV_INTEGER },      { "@t", 1 << GV_INTEGER },
	{ "@s", 1 << GV_STRING },       { "@as", 1 << GV_ARRAY },
	{ "@ay", 1 << GV_ARRAY },
};

/* The kinds that the type before the value allows. The width is checked against the property's. */
static unsigned take_type(const char **s)
{
	bool at = **s == '@';
	size_t n = at + word_length(*s + at);

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strlen(types[i].word) == n && !strncmp(*s, types[i].word, n)) {
			*s += n;
			skip_blanks(s);
			return types[i].kinds;
		}
	return ~0u;
}

static const char *value(struct arena *a, const char **s, struct gvariant *out, unsigned depth)
{
	unsigned kinds = take_type(s);
	const char *wrong = NULL;

	*out = (struct gvariant){ 0 };
	if (take_word(s, "true"))
		*out = (struct gvariant){ .kind = GV_BOOLEAN, .boolean = true };
	else if (take_word(s, "false"))
		*out = (struct gvariant){ .kind = GV_BOOLEAN };
	else if (**s == '\'' || **s == '"')
		wrong = string(a, s, out);
	else if (**s == '[')
		wrong = array(a, s, out, depth);
	else if (**s && strchr("+-0123456789", **s))
		wrong = number(a, s, out);
	else
		wrong = "neither a string in quotes, a number, true, false nor an array in []";
	if (!wrong && !(kinds & 1u << out->kind))
		wrong = "the value is not of the type before it";
	skip_blanks(s);
	return wrong;
}

const char *gvariant_parse(struct arena *a, const char *text, struct gvariant *out)
{
	const char *s = text, *wrong;

	skip_blanks(&s);
	wrong = value(a, &s, out, 0);
	return wrong ? wrong : *s ? "something follows the value" : NULL;
}
