/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What may follow a lead byte: the range of the second byte; all later ones are 80..bf. */
static const struct {
	unsigned char first, last, len, low, high;
} leads[] = {
	{ 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf }, { 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

size_t utf8_sequence(const unsigned char *s, size_t n)
{
	if (n == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if (s[0] < leads[i].first || s[0] > leads[i].last)
			continue;
		if (n < leads[i].len || s[1] < leads[i].low || s[1] > leads[i].high)
			return 0;
		for (size_t k = 2; k < leads[i].len; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return leads[i].len;
	}
	return 0;
}

/* Eight bytes at once: none above 7f and none zero. */
static bool plain_word(const unsigned char *s)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
	uint64_t w;

	memcpy(&w, s, sizeof(w));
	return !((w | (w - ones)) & highs);
}

size_t utf8_check(const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = 0, len;

	while (i < n) {
		if (n - i >= 8 && plain_word(s + i)) {
			i += 8;
			continue;
		}
		len = s[i] ? utf8_sequence(s + i, n - i) : 0;
		if (!len)
			return i;
		i += len;
	}
	return n;
}
