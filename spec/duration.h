/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_SPEC_DURATION_H
#define SBRUN_SPEC_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A length of time as Go's time.ParseDuration takes it, "1h30m", "1.5s", "100ms", or seconds
 * without a unit, "2". More than nothing; up to 292 years, in nanoseconds.
 */
bool parse_duration(const char *s, uint64_t *ns);
/* The same, or nothing at all: "0", "0s". */
bool parse_duration_or_none(const char *s, uint64_t *ns);

#endif
