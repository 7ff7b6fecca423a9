/* SPDX-License-Identifier: Apache-2.0 */
/* TAP from C: each check prints "ok N - name" or "not ok N - name"; end a test with return tap_end(). */
#ifndef SBRUN_TESTS_TAP_H
#define SBRUN_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline bool tap_report(bool good, const char *name, const char *file, int line)
{
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++tap_count, name);
	if (!good) {
		printf("# at %s:%d\n", file, line);
		tap_failed++;
	}
	return good;
}

static inline bool tap_is_text(const char *got, const char *want, const char *name, const char *file,
			       int line)
{
	bool good = got && want ? strcmp(got, want) == 0 : got == want;

	tap_report(good, name, file, line);
	if (!good)
		printf("# got  \"%s\"\n# want \"%s\"\n", got ? got : "(null)", want ? want : "(null)");
	return good;
}

#define ok(condition, name)      tap_report((condition), (name), __FILE__, __LINE__)
#define is_text(got, want, name) tap_is_text((got), (want), (name), __FILE__, __LINE__)

static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
