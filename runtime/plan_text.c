/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line for each step: what `sbrun plan` prints, what the debug log says while it runs, what
 * an error names. Made from the plan itself, so it says what will be done, not what was asked.
 */
#include "plan_text.h"

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buffer_vadd(&t->out, fmt, ap);
	va_end(ap);
}

const char *text_arg(const struct text *t, uint32_t off)
{
	return plan_str(t->p->plan, off);
}

void text_add_listed(struct text *t, const char *word, size_t done, size_t of)
{
	text_add(t, "%s%s", done == 0 ? "" : done + 1 == of ? " and " : ", ", word);
}

#define ROW(kind, fn) [STEP_##kind] = { #fn, text_##fn },
static const struct {
	const char *name;
	void (*text)(struct text *, const struct step *);
} rows[STEP__COUNT] = { PLAN_STEPS(ROW, ROW, ROW) };

char *plan_step_text(struct arena *a, const struct planned *p, uint32_t i)
{
	const struct step *s = plan_step(p->plan, i);
	struct text t = { .out = { .a = a }, .p = p };

	rows[s->kind].text(&t, s);
	return t.out.s;
}

const char *plan_step_name(const struct planned *p, uint32_t i)
{
	return rows[plan_step(p->plan, i)->kind].name;
}

const char *plan_step_pointer(const struct planned *p, uint32_t i)
{
	return plan_str(p->plan, plan_step(p->plan, i)->pointer);
}
