/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers from their text, exactly: no value goes through a double. */
#ifndef SBRUN_SPEC_NUMBER_H
#define SBRUN_SPEC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum number_status {
	NUMBER_OK,
	NUMBER_FRACTION, /* has a point or an exponent */
	NUMBER_HUGE,     /* its magnitude needs more than 64 bits */
	NUMBER_INVALID,  /* not a number at all */
};

struct number { bool negative; uint64_t magnitude; };

enum number_status number_parse(const char *s, size_t n, struct number *out);

/* "65536", "64k", "512m", "1g", "2t" (either case, powers of 1024) in bytes. */
enum number_status number_parse_size(const char *s, size_t n, uint64_t *out);

/*
 * The decimal number that *s begins with, behind blanks; *s is then behind it. False, and *s is anywhere,
 * when there is none of 32 bits. For short files of the kernel and of /etc: sscanf(3) brings 40 KiB of
 * program into memory.
 */
bool number_next(const char **s, uint32_t *out);

/* Whether the number lies in low..high. */
bool number_in_range(struct number v, int64_t low, uint64_t high);

#endif
