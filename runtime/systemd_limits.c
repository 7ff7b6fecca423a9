/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to cgroup files as properties of a unit. */
#include "systemd_unit.h"

#include "../spec/arena.h"
#include "../spec/cpulist.h"
#include "../spec/number.h"
#include "limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void property_put(struct arena *a, struct property_list *l, struct property p)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].name, p.name)) {
			l->v[i] = p;
			return;
		}
	l->v = arena_grow(a, l->v, &l->cap, l->n + 1, sizeof *l->v);
	l->v[l->n++] = p;
}

static void put_u64(struct arena *a, struct property_list *l, const char *name, uint64_t v)
{
	property_put(a, l, (struct property){ name, "t", arena_printf(a, "%" PRIu64, v) });
}

/* ---- the forms of a file: each gives the property, or none for what it doesn't know ---- */

struct form {
	const char *file, *property;
	void (*put)(struct arena *a, const struct form *f, const char *value, struct property_list *out);
	uint64_t low, high; /* what systemd takes */
};

/* "max", v1's -1, is UINT64_MAX, systemd's "infinity"; memory's files take "64M" as well. */
static bool read_amount(const char *v, uint64_t *out)
{
	*out = UINT64_MAX;
	return !strcmp(v, "max") || !strcmp(v, "-1") || number_parse_size(v, strlen(v), out) == NUMBER_OK;
}

static void amount(struct arena *a, const struct form *f, const char *value, struct property_list *out)
{
	uint64_t n;

	if (read_amount(value, &n) && n >= f->low)
		put_u64(a, out, f->property, n);
}

/* io.weight has "default 100", and lines for devices that systemd knows by path only. */
static void weight(struct arena *a, const struct form *f, const char *value, struct property_list *out)
{
	uint64_t n;

	if (!strncmp(value, "default ", 8))
		value += 8;
	if (read_amount(value, &n) && n >= f->low && n <= f->high)
		put_u64(a, out, f->property, n);
}

/* "0-2,7" as bits, the lowest first. */
static void set_of(struct arena *a, const struct form *f, const char *value, struct property_list *out)
{
	size_t bytes, used;
	uint64_t *mask = *value ? cpu_list_mask(a, value, &bytes) : NULL;
	char *hex, *w;

	if (!mask)
		return;
	for (used = bytes; used && !(mask[(used - 1) / 8] >> ((used - 1) % 8 * 8) & 0xff); used--)
		;
	w = hex = arena_alloc(a, used * 2 + 1);
	for (size_t i = 0; i < used; i++)
		w += sprintf(w, "%02x", (unsigned)(mask[i / 8] >> (i % 8 * 8) & 0xff));
	property_put(a, out, (struct property){ f->property, "ay", hex });
}

static const struct form forms[] = {
	{ "memory.max", "MemoryMax", amount, 1, 0 },
	{ "memory.high", "MemoryHigh", amount, 1, 0 },
	{ "memory.low", "MemoryLow", amount, 0, 0 },
	{ "memory.min", "MemoryMin", amount, 0, 0 },
	{ "memory.swap.max", "MemorySwapMax", amount, 0, 0 },
	{ "memory.zswap.max", "MemoryZSwapMax", amount, 0, 0 },
	{ "cpu.weight", "CPUWeight", weight, 1, 10000 },
	{ "cpuset.cpus", "AllowedCPUs", set_of, 0, 0 },
	{ "cpuset.mems", "AllowedMemoryNodes", set_of, 0, 0 },
	{ "pids.max", "TasksMax", amount, 1, 0 },
	{ "io.weight", "IOWeight", weight, 1, 10000 },
	/* v1: systemd translates what it knows under v2's name, and kept the old one for the rest */
	{ "memory.limit_in_bytes", "MemoryMax", amount, 1, 0 },
	{ "cpu.shares", "CPUShares", weight, 2, 262144 },
	{ "blkio.weight", "BlockIOWeight", weight, 10, 1000 },
};

/* ---- the quota, which is two numbers: in one file, or v1's two ---- */

struct quota { uint64_t usec, period; bool set; };

static void read_quota(struct arena *a, const struct limit *w, struct quota *q)
{
	char *value = arena_strdup(a, w->value), *space = strchr(value, ' ');
	uint64_t n;

	if (!strcmp(w->file, "cpu.max")) {
		if (space)
			*space++ = 0;
		q->set = read_amount(value, &q->usec);
		if (space && read_amount(space, &n))
			q->period = n;
	} else if (!strcmp(w->file, "cpu.cfs_quota_us")) {
		q->set = read_amount(value, &q->usec);
	} else if (!strcmp(w->file, "cpu.cfs_period_us") && read_amount(value, &n)) {
		q->period = n;
	}
}

/*
 * systemd counts in hundredths of a processor and rounds down: less than the sandbox's own
 * cgroups ask for would be refused to them, so it is rounded up.
 */
static void put_quota(struct arena *a, const struct quota *q, struct property_list *out)
{
	enum { SECOND = 1000000, STEP = 10000 };
	uint64_t per_second = UINT64_MAX;

	if (q->set && q->period && q->usec < UINT64_MAX / SECOND)
		per_second = (q->usec * SECOND / q->period + STEP - 1) / STEP * STEP;
	if (q->set)
		put_u64(a, out, "CPUQuotaPerSecUSec", per_second);
	if (q->set && q->period && q->period < SECOND * 1000ULL)
		put_u64(a, out, "CPUQuotaPeriodUSec", q->period);
}

static void put_file(struct arena *a, const char *file, const char *value, struct property_list *out)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (!strcmp(forms[i].file, file))
			forms[i].put(a, &forms[i], value, out);
}

void systemd_limit_properties(struct arena *a, const struct limit_list *l, struct property_list *out)
{
	struct quota q = { .period = 100000 }; /* the kernel's own */

	for (size_t i = 0; i < l->n; i++) {
		put_file(a, l->v[i].file, l->v[i].value, out);
		if (l->v[i].alt_file) /* systemd knows the one that is there by the other's name */
			put_file(a, l->v[i].alt_file, l->v[i].alt_value, out);
		read_quota(a, &l->v[i], &q);
	}
	put_quota(a, &q, out);
}
