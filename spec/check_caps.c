/* SPDX-License-Identifier: Apache-2.0 */
/* The five capability sets (capabilities(7)) and how they must contain each other. */
#include <string.h>

#include "check.h"
#include "words.h"

static const struct {
	const char *name;
	size_t offset;
} sets[] = {
	{ "bounding", offsetof(struct spec_caps, bounding) },
	{ "permitted", offsetof(struct spec_caps, permitted) },
	{ "effective", offsetof(struct spec_caps, effective) },
	{ "inheritable", offsetof(struct spec_caps, inheritable) },
	{ "ambient", offsetof(struct spec_caps, ambient) },
};

static const struct str_list *set_of(const struct spec_caps *caps, size_t i)
{
	return (const struct str_list *)(const void *)((const char *)caps + sets[i].offset);
}

/* Whether the kernel could know it. */
static bool check_name(struct check *c, const char *set, size_t i, const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	const char *close;

	if (words_find(&words_capability, name, strlen(name)) >= 0)
		return true;
	close = suggest(name, words_capability.v);
	check_at(c, "%s/capabilities/%s/%zu", c->process, set, i);
	if (!strncmp(name, "CAP_", 4) && name[4] && !name[4 + strspn(name + 4, letters)]) {
		check_warn(c, "sbrun knows no capability %s; it can't be granted", name)->hint =
			close ? check_text(c, "did you mean \"%s\"?", close) : NULL;
		return true;
	}
	check_refuse(c, "\"%s\" is not the name of a capability", name)->hint =
		close ? check_text(c, "did you mean \"%s\"?", close) : "names are written as in \"CAP_KILL\"";
	return false;
}

/* Every capability of one set must be in another as well. */
static void check_inside(struct check *c, const struct spec_caps *caps, size_t inner, size_t outer,
			 const char *why)
{
	const struct str_list *in = set_of(caps, inner), *out = set_of(caps, outer);

	for (size_t i = 0; i < in->n; i++)
		if (!str_listed(out, in->v[i]))
			check_refuse(check_at(c, "%s/capabilities/%s/%zu", c->process, sets[inner].name, i),
				     "%s is %s but not %s", in->v[i], sets[inner].name, sets[outer].name)
				->hint = why;
}

/*
 * An ambient capability must be inheritable too, or the kernel refuses it. The configurations
 * that `runc spec` (1.1) and `crun spec` write break this rule, so it can't be an error: those
 * capabilities are left out, and it is said once.
 */
static void drop_ambient(struct check *c, struct spec_caps *caps)
{
	struct str_list *amb = &caps->ambient;
	const char *dropped = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < amb->n; i++) {
		if (str_listed(&caps->inheritable, amb->v[i]))
			amb->v[kept++] = amb->v[i];
		else
			dropped = dropped ? check_text(c, "%s, %s", dropped, amb->v[i]) : amb->v[i];
	}
	amb->n = kept;
	if (!dropped)
		return;
	amb->v[kept] = NULL;
	check_warn(check_at(c, "%s/capabilities/ambient", c->process),
		   "not ambient, because not inheritable: %s", dropped)
		->hint = "add them to inheritable, or remove them here";
}

void check_caps(struct check *c)
{
	const struct spec_caps *caps = c->s->process->capabilities;
	bool good = true;

	if (!caps)
		return;
	for (size_t k = 0; k < sizeof(sets) / sizeof(sets[0]); k++)
		for (size_t i = 0; i < set_of(caps, k)->n; i++)
			good &= check_name(c, sets[k].name, i, set_of(caps, k)->v[i]);
	if (!good || check_flawed(c, "%s/capabilities", c->process))
		return;
	check_inside(c, caps, 2, 1, "the kernel allows in the effective set only what is permitted");
	check_inside(c, caps, 4, 1, "an ambient capability must be permitted and inheritable");
	drop_ambient(c, c->s->process->capabilities);
}
