/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capability names to masks. The spec asks for a warning where the host does not know a
 * capability or can't grant it; the sandbox then simply has it not.
 */
#include "planner.h"

#include <sys/capability.h>

static uint64_t all_caps(const struct builder *b)
{
	/* inside a user namespace of its own a process has them all */
	return b->user_new || b->user_joined ? ~0ull : b->f->caps;
}

bool caps_has_own(const struct facts *f, int cap)
{
	return f->caps >> cap & 1;
}

bool caps_has(const struct builder *b, int cap)
{
	return all_caps(b) >> cap & 1;
}

static uint64_t mask(struct builder *b, const struct str_list *names, const char *set, uint64_t *missing)
{
	uint64_t m = 0;

	for (size_t i = 0; i < names->n; i++) {
		cap_value_t cap;

		if (cap_from_name(names->v[i], &cap) < 0)
			continue; /* the loader has warned */
		if (all_caps(b) >> cap & 1) {
			m |= 1ull << cap;
			continue;
		}
		if (!(*missing >> cap & 1))
			spec_atf(b->s,
				 diag_warning(b->dg, "the caller can't grant %s: it is left out", names->v[i]),
				 "/process/capabilities/%s/%zu", set, i);
		*missing |= 1ull << cap;
	}
	return m;
}

void caps_masks(struct builder *b, const struct spec_process *p, struct plan_caps *out)
{
	static const struct spec_caps none;
	const struct spec_caps *c = p->capabilities ? p->capabilities : &none;
	uint64_t missing = 0; /* each is named once, not once a set */

	out->bounding = mask(b, &c->bounding, "bounding", &missing);
	out->permitted = mask(b, &c->permitted, "permitted", &missing);
	out->effective = mask(b, &c->effective, "effective", &missing);
	out->inheritable = mask(b, &c->inheritable, "inheritable", &missing);
	out->ambient = mask(b, &c->ambient, "ambient", &missing);
}
