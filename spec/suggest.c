/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "did you mean": the edit distance of Damerau and Levenshtein in its restricted form
 * (insert, delete, replace, swap of neighbours), where a letter in the wrong case is
 * half a mistake. One mistake in three letters is the most that is worth a suggestion.
 */
#include <ctype.h>
#include <string.h>

#include "spec.h"

enum { LONGEST = 64, MISTAKE = 2, WRONG_CASE = 1 };

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned replace_cost(char a, char b)
{
	if (a == b)
		return 0;
	return tolower((unsigned char)a) == tolower((unsigned char)b) ? WRONG_CASE : MISTAKE;
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned row[3][LONGEST + 1], *older = row[0], *old = row[1], *cur = row[2];

	for (size_t j = 0; j <= m; j++)
		old[j] = (unsigned)j * MISTAKE;
	for (size_t i = 1; i <= n; i++) {
		unsigned *t;

		cur[0] = (unsigned)i * MISTAKE;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = old[j - 1] + replace_cost(a[i - 1], b[j - 1]);

			best = min2(best, min2(old[j], cur[j - 1]) + MISTAKE);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = min2(best, older[j - 2] + MISTAKE);
			cur[j] = best;
		}
		t = older;
		older = old;
		old = cur;
		cur = t;
	}
	return old[m];
}

/*
 * "NOFILE" or "nofile" for "RLIMIT_NOFILE": the prefix was left out. Or all of the name,
 * in the wrong case.
 */
static bool is_tail(const char *word, size_t n, const char *name, size_t m)
{
	if (n < 2 || m < n || (m > n && name[m - n - 1] != '_'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (replace_cost(word[i], name[m - n + i]) == MISTAKE)
			return false;
	return true;
}

const char *suggest(const char *word, const char *const *names)
{
	size_t n = strlen(word);
	unsigned worth = MISTAKE * (unsigned)(n / 3 ? n / 3 : 1), best = worth + 1;
	const char *found = NULL;

	if (n == 0 || n > LONGEST)
		return NULL;
	for (; *names; names++) {
		size_t m = strlen(*names);
		unsigned d;

		if (m > LONGEST)
			continue;
		d = is_tail(word, n, *names, m) ? WRONG_CASE : distance(word, n, *names, m);
		/* Nothing in common is no resemblance, however short the two are. */
		if (d < best && d < MISTAKE * (unsigned)(n > m ? n : m)) {
			best = d;
			found = *names;
		}
	}
	return found;
}
