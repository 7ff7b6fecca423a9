/* SPDX-License-Identifier: Apache-2.0 */
#include "ps_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

bool ps_column_find(const char *head, struct ps_column *out)
{
	size_t field = 0;

	for (const char *p = head + strspn(head, BLANKS); *p && *p != '\n'; field++) {
		size_t n = strcspn(p, BLANKS "\n");

		if (n == 3 && !memcmp(p, "PID", 3)) {
			*out = (struct ps_column){ (size_t)(p - head) + n, field };
			return true;
		}
		p += n + strspn(p + n, BLANKS);
	}
	return false;
}

/* What a word of n bytes says. */
static pid_t word_pid(const char *word, size_t n)
{
	char *end;
	long v;

	if (n == 1 && *word == '-')
		return 0;
	if (n == 0 || *word < '0' || *word > '9')
		return -1;
	v = strtol(word, &end, 10);
	return (size_t)(end - word) == n && v > 0 && v <= INT32_MAX ? (pid_t)v : -1;
}

/* The word that ends where the head does. */
static pid_t pid_below(const char *line, size_t end)
{
	size_t start = end;

	if (strcspn(line, "\n") < end || !strchr(BLANKS "\n", line[end]))
		return -1;
	while (start > 0 && !strchr(BLANKS, line[start - 1]))
		start--;
	return word_pid(line + start, end - start);
}

pid_t ps_line_pid(const char *line, const struct ps_column *column)
{
	const char *p = line + strspn(line, BLANKS);
	pid_t pid = pid_below(line, column->end);

	for (size_t i = 0; i < column->field && pid < 0; i++) {
		p += strcspn(p, BLANKS "\n");
		p += strspn(p, BLANKS);
	}
	return pid < 0 ? word_pid(p, strcspn(p, BLANKS "\n")) : pid;
}
