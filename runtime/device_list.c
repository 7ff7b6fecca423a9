/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources.devices: the list as it is meant, with the defaults and without what has no effect. */
#include "device_list.h"

#include "../spec/arena.h"
#include "../spec/diag.h"

/* A dev_t of the kernel's own has 12 and 20 bits: no device has higher numbers. */
enum { MAJOR_MAX = 0xfff, MINOR_MAX = 0xfffff };

#define CHARS(major, minor, access) \
	{ { BPF_DEVCG_DEV_CHAR, (major), (minor) }, true, (access), SIZE_MAX }
static const struct device_rule defaults[] = {
	{ { DEVICE_BOTH, DEVICE_ANY, DEVICE_ANY }, true, BPF_DEVCG_ACC_MKNOD, SIZE_MAX },
	CHARS(1, 3, DEVICE_RWM),            /* null */
	CHARS(1, 5, DEVICE_RWM),            /* zero */
	CHARS(1, 7, DEVICE_RWM),            /* full */
	CHARS(1, 8, DEVICE_RWM),            /* random */
	CHARS(1, 9, DEVICE_RWM),            /* urandom */
	CHARS(5, 0, DEVICE_RWM),            /* tty */
	CHARS(5, 2, DEVICE_RWM),            /* ptmx */
	CHARS(136, DEVICE_ANY, DEVICE_RWM), /* ptys */
};
enum { N_DEFAULTS = sizeof defaults / sizeof *defaults };

/* ---- reading the entries ---- */

static uint32_t types_of(const char *type)
{
	if (!type || *type == 'a')
		return DEVICE_BOTH;
	return *type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
}

static uint32_t access_of(const char *access)
{
	uint32_t bits = 0;

	if (!access)
		return DEVICE_RWM;
	for (; *access; access++)
		bits |= *access == 'r'	 ? BPF_DEVCG_ACC_READ
			: *access == 'w' ? BPF_DEVCG_ACC_WRITE
			: *access == 'm' ? BPF_DEVCG_ACC_MKNOD
					 : 0;
	return bits;
}

static bool is_any(struct opt_i64 number)
{
	return !number.set || number.v < 0;
}

/* False: there can be no device that it is about. */
static bool read_rule(const struct spec_device_rule *r, size_t from, struct device_rule *out)
{
	bool any_major = is_any(r->major), any_minor = is_any(r->minor);

	if ((!any_major && r->major.v > MAJOR_MAX) || (!any_minor && r->minor.v > MINOR_MAX))
		return false;
	*out = (struct device_rule){
		.on = { types_of(r->type), any_major ? DEVICE_ANY : (uint32_t)r->major.v,
			any_minor ? DEVICE_ANY : (uint32_t)r->minor.v },
		.allow = r->allow,
		.access = access_of(r->access),
		.from = from,
	};
	return true;
}

static bool denies_everything(const struct spec_device_rule *r)
{
	return !r->allow && types_of(r->type) == DEVICE_BOTH && is_any(r->major) && is_any(r->minor) &&
	       access_of(r->access) == DEVICE_RWM;
}

/* ---- leaving out what has no effect ---- */

static bool number_covers(uint32_t outer, uint32_t inner)
{
	return outer == DEVICE_ANY || outer == inner;
}

bool device_covers(const struct device_range *outer, const struct device_range *inner)
{
	return (outer->types & inner->types) == inner->types && number_covers(outer->major, inner->major) &&
	       number_covers(outer->minor, inner->minor);
}

static bool numbers_meet(uint32_t a, uint32_t b)
{
	return a == b || a == DEVICE_ANY || b == DEVICE_ANY;
}

static bool meet(const struct device_range *a, const struct device_range *b)
{
	return (a->types & b->types) && numbers_meet(a->major, b->major) && numbers_meet(a->minor, b->minor);
}

/* A later rule for all of these devices decides: the accesses that are left to this one. */
static uint32_t not_overruled(const struct device_rules *r, size_t i)
{
	uint32_t left = r->v[i].access;

	for (size_t k = i + 1; k < r->n && left; k++)
		if (device_covers(&r->v[k].on, &r->v[i].on))
			left &= ~r->v[k].access;
	return left;
}

/* Whether all devices of this rule have its answer already, by the rules before it. */
static bool says_nothing_new(const struct device_rules *r, size_t i, uint32_t access)
{
	const struct device_rule *rule = &r->v[i];

	for (size_t k = i; k-- > 0;) {
		const struct device_rule *before = &r->v[k];

		if (!(before->access & access) || !meet(&before->on, &rule->on))
			continue;
		if (before->allow != rule->allow)
			return false;
		if (device_covers(&before->on, &rule->on))
			return true;
	}
	return !rule->allow;
}

static void keep_used(struct device_rules *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].access)
			r->v[n++] = r->v[i];
	r->n = n;
}

static void simplify(struct device_rules *r)
{
	static const uint32_t accesses[] = { BPF_DEVCG_ACC_READ, BPF_DEVCG_ACC_WRITE, BPF_DEVCG_ACC_MKNOD };

	for (size_t i = 0; i < r->n; i++)
		r->v[i].access = not_overruled(r, i);
	keep_used(r);
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < sizeof accesses / sizeof *accesses; k++)
			if (says_nothing_new(r, i, accesses[k]))
				r->v[i].access &= ~accesses[k];
	keep_used(r);
}

int device_list(struct arena *a, const struct device_rule_list *list, struct device_rules *out,
		struct diags *dg)
{
	size_t n = list ? list->n : 0, start = n;

	if (n > DEVICE_RULES_MAX) {
		struct diag *d = diag_error(dg, "%zu rules for devices are too many", n);

		d->pointer = "/linux/resources/devices";
		d->hint = arena_printf(a, "at most %d can be enforced", DEVICE_RULES_MAX);
		return -1;
	}
	while (start > 0 && !denies_everything(&list->v[start - 1]))
		start--;
	*out = (struct device_rules){ arena_array(a, N_DEFAULTS + n, sizeof *out->v), N_DEFAULTS };
	for (size_t i = 0; i < N_DEFAULTS; i++)
		out->v[i] = defaults[i];
	for (size_t i = start; i < n; i++)
		out->n += read_rule(&list->v[i], i, &out->v[out->n]);
	simplify(out);
	return 0;
}
