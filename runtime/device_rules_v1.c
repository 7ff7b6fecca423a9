/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.devices as writes for cgroup v1 (the kernel's cgroup-v1/devices.rst). There a
 * request is held against each exception by itself:
 *
 *   denied by default:  one exception must have all the accesses that are asked for
 *   allowed by default: no exception may have any of them
 *
 * An exception is a range: everything of a type, a major, a minor or one device. So what a list
 * allows is looked at per range: `access` below is what the devices have that are in this range
 * and in no narrower one. With a line for each, all is as it should be, if what is in a range is an
 * exception at least as far as the range is. For that, where a major and a minor cross, the
 * device at the crossing is a range of its own.
 */
#include "device_list.h"

#include "../spec/arena.h"
#include "../spec/diag.h"

enum { CELLS_MAX = 2 * DEVICE_RULES_MAX + 64 };

struct cell {
	struct device_range on; /* of one type */
	uint32_t access;
};

struct cells {
	struct arena *a;
	const struct device_rules *rules;
	struct cell *v;
	size_t n, cap;
};

/* The rule that decides about an access of such devices; NULL: none, so it is denied. */
static const struct device_rule *decider(const struct device_rules *rules, const struct device_range *on,
					 uint32_t access)
{
	for (size_t i = rules->n; i-- > 0;)
		if ((rules->v[i].access & access) && device_covers(&rules->v[i].on, on))
			return &rules->v[i];
	return NULL;
}

static uint32_t allowed(const struct device_rules *rules, const struct device_range *on)
{
	uint32_t left = DEVICE_RWM, got = 0;

	for (size_t i = rules->n; i-- > 0 && left;) {
		const struct device_rule *r = &rules->v[i];

		if (!device_covers(&r->on, on))
			continue;
		if (r->allow)
			got |= left & r->access;
		left &= ~r->access;
	}
	return got;
}

static int add_cell(struct cells *c, struct device_range on, struct diags *dg)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].on.types == on.types && c->v[i].on.major == on.major &&
		    c->v[i].on.minor == on.minor)
			return 0;
	if (c->n == CELLS_MAX) {
		diag_error(dg, "the rules for devices would take too many lines on cgroup v1")->pointer =
			"/linux/resources/devices";
		return -1;
	}
	c->v = arena_grow(c->a, c->v, &c->cap, c->n + 1, sizeof *c->v);
	c->v[c->n++] = (struct cell){ on, allowed(c->rules, &on) };
	return 0;
}

/* Where a major (of v[i]) and the minors cross. */
static int add_crossings(struct cells *c, size_t i, size_t first, size_t end, struct diags *dg)
{
	for (size_t k = first; k < end; k++) {
		struct device_range major = c->v[i].on, minor = c->v[k].on;

		if (minor.major != DEVICE_ANY || minor.minor == DEVICE_ANY)
			continue;
		if (add_cell(c, (struct device_range){ major.types, major.major, minor.minor }, dg) < 0)
			return -1;
	}
	return 0;
}

static int add_type(struct cells *c, uint32_t type, struct diags *dg)
{
	size_t first = c->n, end;

	if (add_cell(c, (struct device_range){ type, DEVICE_ANY, DEVICE_ANY }, dg) < 0)
		return -1;
	for (size_t i = 0; i < c->rules->n; i++) {
		struct device_range on = c->rules->v[i].on;

		if (!(on.types & type))
			continue;
		on.types = type;
		if (add_cell(c, on, dg) < 0)
			return -1;
	}
	end = c->n;
	for (size_t i = first; i < end; i++)
		if (c->v[i].on.major != DEVICE_ANY && c->v[i].on.minor == DEVICE_ANY &&
		    add_crossings(c, i, first, end, dg) < 0)
			return -1;
	return 0;
}

/* What is an exception in a cell. */
static uint32_t exception(const struct cell *cell, bool by_default)
{
	return by_default ? DEVICE_RWM & ~cell->access : cell->access;
}

struct conflict {
	const struct cell *outer, *inner;
	uint32_t access; /* exceptions in outer, not in inner; 0: no conflict */
};

static struct conflict find_conflict(const struct cells *c, bool by_default)
{
	for (size_t i = 0; i < c->n; i++) {
		uint32_t has = exception(&c->v[i], by_default);

		for (size_t k = 0; k < c->n; k++) {
			uint32_t missing = exception(&c->v[k], by_default) & ~has;

			if (missing && device_covers(&c->v[k].on, &c->v[i].on))
				return (struct conflict){ &c->v[k], &c->v[i], missing };
		}
	}
	return (struct conflict){ 0 };
}

static const char *number(struct arena *a, uint32_t n)
{
	return n == DEVICE_ANY ? "*" : arena_printf(a, "%u", n);
}

/* "c 1:3 rwm", as the kernel reads it */
static const char *line(struct arena *a, const struct device_range *on, uint32_t access)
{
	return arena_printf(a, "%c %s:%s %s%s%s", on->types == BPF_DEVCG_DEV_CHAR ? 'c' : 'b',
			    number(a, on->major), number(a, on->minor),
			    access & BPF_DEVCG_ACC_READ ? "r" : "", access & BPF_DEVCG_ACC_WRITE ? "w" : "",
			    access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
}

static int refuse(const struct cells *c, const struct conflict *x, bool by_default, struct diags *dg)
{
	uint32_t one = x->access & -x->access;
	const struct device_rule *rule = decider(c->rules, &x->inner->on, one);
	struct diag *d = diag_error(dg, "cgroup v1 can't %s \"%s\" and %s \"%s\"",
				    by_default ? "deny" : "allow", line(c->a, &x->outer->on, x->access),
				    by_default ? "allow" : "deny", line(c->a, &x->inner->on, x->access));

	if (rule && rule->from != SIZE_MAX)
		d->pointer = arena_printf(c->a, "/linux/resources/devices/%zu", rule->from);
	d->hint = by_default ? "it has no exceptions from what is denied: deny the others one by one, or use cgroup v2"
			     : "it has no exceptions from what is allowed: allow the others one by one, or use cgroup v2";
	return -1;
}

/* A range around it has a line that says the same. */
static bool said_before(const struct cells *c, const struct cell *cell)
{
	for (size_t i = 0; i < c->n; i++)
		if (&c->v[i] != cell && c->v[i].access == cell->access &&
		    device_covers(&c->v[i].on, &cell->on))
			return true;
	return false;
}

static void write_lines(const struct cells *c, bool by_default, struct device_writes *out)
{
	static const char *const files[] = { "devices.deny", "devices.allow" };

	out->v = arena_array(c->a, c->n + 1, sizeof *out->v);
	out->n = 0;
	out->v[out->n++] = (struct device_write){ files[by_default], "a" };
	for (size_t i = 0; i < c->n; i++) {
		uint32_t access = exception(&c->v[i], by_default);

		if (access && !said_before(c, &c->v[i]))
			out->v[out->n++] = (struct device_write){ files[!by_default],
								  line(c->a, &c->v[i].on, access) };
	}
}

int device_rules_v1(struct arena *a, const struct device_rule_list *list, struct device_writes *out,
		    struct diags *dg)
{
	struct device_rules rules;
	struct cells c = { .a = a, .rules = &rules };
	struct conflict x;
	size_t blocks;
	bool by_default;

	if (device_list(a, list, &rules, dg) < 0 || add_type(&c, BPF_DEVCG_DEV_CHAR, dg) < 0)
		return -1;
	blocks = c.n;
	if (add_type(&c, BPF_DEVCG_DEV_BLOCK, dg) < 0)
		return -1;
	/* the first cell of a type is for what is not named */
	by_default = c.v[0].access == DEVICE_RWM && c.v[blocks].access == DEVICE_RWM;
	x = find_conflict(&c, by_default);
	if (x.access && !by_default && !find_conflict(&c, true).access)
		by_default = true;
	else if (x.access)
		return refuse(&c, &x, by_default, dg);
	write_lines(&c, by_default, out);
	return 0;
}
