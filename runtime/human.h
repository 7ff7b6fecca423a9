/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people say them. In the arena. */
#ifndef SBRUN_RUNTIME_HUMAN_H
#define SBRUN_RUNTIME_HUMAN_H

#include <stdint.h>

struct arena;

/* "512B", "40.1MiB": powers of 1024, one digit behind the point */
const char *human_bytes(struct arena *a, uint64_t v);
/* "3 minutes", "1 hour": one unit, rounded down; below a second "less than a second" */
const char *human_time(struct arena *a, uint64_t seconds);
/* "3 minutes ago", "just now"; what is ahead, as after the clock was set, too */
const char *human_ago(struct arena *a, int64_t then_ns, int64_t now_ns);
/* Nanoseconds since 1970 of "2026-01-02T03:04:05.678Z"; -1: it is something else */
int64_t human_parse_time(const char *rfc3339);

#endif
