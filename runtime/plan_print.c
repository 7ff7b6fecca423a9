/* SPDX-License-Identifier: Apache-2.0 */
/* `sbrun plan`: the plan as a table for people and as JSON for programs. */
#include "planner.h"

#include "../spec/arena.h"
#include "json_text.h"

#include <string.h>

/* Paths may hold any bytes; on a terminal none of them may do anything. */
static char *printable(struct arena *a, const char *s)
{
	char *out = arena_alloc(a, strlen(s) * 4 + 1), *p = out;

	for (; *s; s++) {
		static const char hex[] = "0123456789abcdef";
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c != 0x7f) {
			*p++ = *s;
		} else {
			*p++ = '\\', *p++ = 'x';
			*p++ = hex[c >> 4], *p++ = hex[c & 15];
		}
	}
	*p = 0;
	return out;
}

const char *plan_step_by(const struct planned *p, uint32_t i)
{
#define WHO_P(kind, fn) [STEP_##kind] = "runtime",
#define WHO_C(kind, fn) [STEP_##kind] = "sandbox",
#define WHO_Y(kind, fn) [STEP_##kind] = "payload",
	static const char *const names[STEP__COUNT] = { PLAN_STEPS(WHO_P, WHO_C, WHO_Y) };

	return names[plan_step(p->plan, i)->kind];
}

char *plan_table(struct arena *a, const struct planned *p)
{
	char **lines = arena_array(a, p->plan->n_steps, sizeof *lines);
	size_t size = 1, used = 0;
	char *text;

	for (uint32_t i = 0; i < p->plan->n_steps; i++) {
		lines[i] = arena_printf(a, "%3u  %-8s %-26s %s\n", i + 1, plan_step_by(p, i),
					printable(a, plan_step_pointer(p, i)),
					printable(a, plan_step_text(a, p, i)));
		size += strlen(lines[i]);
	}
	text = arena_alloc(a, size);
	for (uint32_t i = 0; i < p->plan->n_steps; i++) {
		memcpy(text + used, lines[i], strlen(lines[i]));
		used += strlen(lines[i]);
	}
	return text;
}

char *plan_json(struct arena *a, const struct planned *p)
{
	json_t *steps = json_array();

	for (uint32_t i = 0; i < p->plan->n_steps; i++)
		json_array_append_new(steps, json_pack("{s:i, s:s, s:s, s:o, s:o}", "step", (int)i + 1,
						       "kind", plan_step_name(p, i), "by", plan_step_by(p, i),
						       "pointer", json_text(plan_step_pointer(p, i)), "text",
						       json_text(plan_step_text(a, p, i))));
	return json_document(a, json_pack("{s:o}", "steps", steps), JSON_INDENT(2));
}
