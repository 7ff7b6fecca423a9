/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

#include <stdlib.h>
#include <string.h>

#include "../spec/arena.h"
#include "../spec/utf8.h"

/* At most three bytes for each one that is wrong. */
static char *replace_bad(const char *s, size_t n)
{
	char *out = malloc(3 * n + 1), *p = out;

	if (!out)
		return NULL;
	while (n) {
		size_t len = utf8_sequence((const unsigned char *)s, n);

		if (len) {
			memcpy(p, s, len);
			p += len;
		} else {
			memcpy(p, "\xef\xbf\xbd", 3);
			p += 3;
			len = 1;
		}
		s += len;
		n -= len;
	}
	*p = '\0';
	return out;
}

json_t *json_text(const char *s)
{
	size_t n = s ? strlen(s) : 0;
	char *fixed;
	json_t *v;

	if (!s)
		return json_null();
	if (utf8_check(s, n) == n)
		return json_stringn_nocheck(s, n);
	fixed = replace_bad(s, n);
	v = fixed ? json_string_nocheck(fixed) : NULL;
	free(fixed);
	return v;
}

json_t *json_from_bytes(const char *s)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = s ? strlen(s) : 0;
	json_t *v;
	char *hex;

	if (!s || utf8_check(s, n) == n)
		return json_text(s);
	hex = malloc(2 * n + 1);
	if (!hex)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[(unsigned char)s[i] >> 4];
		hex[2 * i + 1] = digits[s[i] & 15];
	}
	hex[2 * n] = '\0';
	v = json_pack("{s:s}", "hex", hex);
	free(hex);
	return v;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *json_to_bytes(struct arena *a, const json_t *v)
{
	const char *hex;
	char *out;
	size_t n;

	if (json_is_string(v))
		return arena_strndup(a, json_string_value(v), json_string_length(v));
	hex = json_string_value(json_object_get(v, "hex"));
	if (!hex || (n = strlen(hex)) % 2)
		return NULL;
	out = arena_alloc(a, n / 2 + 1);
	for (size_t i = 0; i < n; i += 2) {
		int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);

		if (high < 0 || low < 0 || high + low == 0)
			return NULL;
		out[i / 2] = (char)(high << 4 | low);
	}
	return out;
}

char *json_document(struct arena *a, json_t *doc, size_t flags)
{
	char first[4096]; /* most fit: to learn the size takes as long as to write */
	size_t n = doc ? json_dumpb(doc, first, sizeof first, flags) : 0;
	char *text;

	if (n == 0) {
		/* Not the arena's memory, but the same end: there is nothing to go on with. */
		json_decref(doc);
		return NULL;
	}
	text = arena_alloc(a, n + 2);
	if (n <= sizeof first)
		memcpy(text, first, n);
	else
		json_dumpb(doc, text, n, flags);
	text[n] = '\n';
	json_decref(doc);
	return text;
}
