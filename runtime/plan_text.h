/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of the steps, a file for each kind of subject: plan_text_*.c. What they share. */
#ifndef SBRUN_RUNTIME_PLAN_TEXT_H
#define SBRUN_RUNTIME_PLAN_TEXT_H

#include "buffer.h"
#include "planner.h"

/* One text being put together; text_add() appends to it. */
struct text {
	struct buffer out;
	const struct planned *p;
};

__attribute__((format(printf, 2, 3))) void text_add(struct text *t, const char *fmt, ...);
/* A string of the plan's. */
const char *text_arg(const struct text *t, uint32_t off);
/* "a", "a and b", "a, b and c": done is how many of `of` came before. */
void text_add_listed(struct text *t, const char *word, size_t done, size_t of);

#define PLAN_TEXT(kind, fn) void text_##fn(struct text *t, const struct step *s);
PLAN_STEPS(PLAN_TEXT, PLAN_TEXT, PLAN_TEXT)
#undef PLAN_TEXT

#endif
