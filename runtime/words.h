/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of words as the kernel and we write them: "cpu,cpuacct", "memory pids\n". */
#ifndef SBRUN_RUNTIME_WORDS_H
#define SBRUN_RUNTIME_WORDS_H

#include <stdbool.h>
#include <string.h>

#define WORDS_BETWEEN ", \n"

/* Whether one of them is the word of n bytes. */
static inline bool words_have(const char *list, const char *word, size_t n)
{
	for (const char *p = list; *p; p += strspn(p, WORDS_BETWEEN)) {
		if (!strncmp(p, word, n) && (!p[n] || strchr(WORDS_BETWEEN, p[n])))
			return true;
		p += strcspn(p, WORDS_BETWEEN);
	}
	return false;
}

#endif
