/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of a sandbox that lives: what an update adds up to, and writes in an order that the kernel takes. */
#include "limits.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/spec.h"

#include <errno.h>
#include <string.h>

/* ---- merging */

/* A zero is an absent value for TAKE, and a value for TAKE_ANY. */
#define TAKE(to, from, field)                        \
	do {                                         \
		if ((from)->field.v)                 \
			(to)->field = (from)->field; \
	} while (0)
#define TAKE_ANY(to, from, field)                    \
	do {                                         \
		if ((from)->field.set)               \
			(to)->field = (from)->field; \
	} while (0)
#define TAKE_TEXT(to, from, field)                   \
	do {                                         \
		if ((from)->field)                   \
			(to)->field = (from)->field; \
	} while (0)

/* A copy to be changed; of nothing, an empty one. */
static void *copy_of(struct arena *a, const void *p, size_t size)
{
	return p ? arena_memdup(a, p, size) : arena_alloc(a, size);
}

static void merge_memory(struct spec_memory *to, const struct spec_memory *from)
{
	TAKE(to, from, limit);
	TAKE(to, from, swap);
	TAKE(to, from, reservation);
	TAKE(to, from, kernel);
	TAKE(to, from, kernel_tcp);
	TAKE_ANY(to, from, swappiness);
	TAKE_ANY(to, from, disable_oom_killer);
	TAKE_ANY(to, from, use_hierarchy);
	TAKE_ANY(to, from, check_before_update);
	if (from->limit.v < 0 && !from->swap.v && to->swap.v)
		to->swap.v = -1; /* it counts the memory */
}

static void merge_cpu(struct spec_cpu *to, const struct spec_cpu *from)
{
	TAKE(to, from, shares);
	TAKE(to, from, period);
	TAKE(to, from, quota);
	TAKE_ANY(to, from, burst);
	TAKE(to, from, realtime_period);
	TAKE(to, from, realtime_runtime);
	TAKE_ANY(to, from, idle);
	TAKE_TEXT(to, from, cpus);
	TAKE_TEXT(to, from, mems);
}

/* Every list of spec.h is { T *v; size_t n; }. */
struct any_list {
	char *v;
	size_t n;
};

struct list_kind {
	size_t size;
	bool (*same)(const void *, const void *);
	void (*onto)(void *to, const void *from); /* NULL: the new item as a whole */
};

static void merge_list(struct arena *a, void *to, const void *from, const struct list_kind *k)
{
	struct any_list old, add, out = { 0 };

	memcpy(&old, to, sizeof old);
	memcpy(&add, from, sizeof add);
	if (!add.n)
		return;
	out.v = arena_array(a, old.n + add.n, k->size);
	if (old.n)
		memcpy(out.v, old.v, old.n * k->size);
	out.n = old.n;
	for (size_t i = 0; i < add.n; i++) {
		const char *item = add.v + i * k->size;
		size_t at = 0;

		while (at < out.n && !k->same(out.v + at * k->size, item))
			at++;
		if (at < out.n && k->onto)
			k->onto(out.v + at * k->size, item);
		else
			memcpy(out.v + at * k->size, item, k->size);
		out.n += at == out.n;
	}
	memcpy(to, &out, sizeof out);
}

static bool same_device(const void *x, const void *y)
{
	const struct spec_block_device *a = x, *b = y;

	return a->major == b->major && a->minor == b->minor;
}

/* The first member is what the item is called. */
static bool same_name(const void *x, const void *y)
{
	return !strcmp(*(char *const *)x, *(char *const *)y);
}

static void onto_weights(void *x, const void *y)
{
	struct spec_block_device *to = x;
	const struct spec_block_device *from = y;

	TAKE(to, from, weight);
	TAKE(to, from, leaf_weight);
}

static void onto_rdma(void *x, const void *y)
{
	struct spec_rdma *to = x;
	const struct spec_rdma *from = y;

	TAKE_ANY(to, from, hca_handles);
	TAKE_ANY(to, from, hca_objects);
}

static const struct list_kind weights = { sizeof(struct spec_block_device), same_device, onto_weights };
static const struct list_kind rates = { sizeof(struct spec_block_device), same_device, NULL };
static const struct list_kind page_sizes = { sizeof(struct spec_hugepage_limit), same_name, NULL };
static const struct list_kind interfaces = { sizeof(struct spec_if_priority), same_name, NULL };
static const struct list_kind rdma_devices = { sizeof(struct spec_rdma), same_name, onto_rdma };
static const struct list_kind files = { sizeof(struct kv), same_name, NULL };

static void merge_block_io(struct arena *a, struct spec_block_io *to, const struct spec_block_io *from)
{
	TAKE(to, from, weight);
	TAKE(to, from, leaf_weight);
	merge_list(a, &to->weight_device, &from->weight_device, &weights);
	merge_list(a, &to->throttle_read_bps, &from->throttle_read_bps, &rates);
	merge_list(a, &to->throttle_write_bps, &from->throttle_write_bps, &rates);
	merge_list(a, &to->throttle_read_iops, &from->throttle_read_iops, &rates);
	merge_list(a, &to->throttle_write_iops, &from->throttle_write_iops, &rates);
}

static void merge_network(struct arena *a, struct spec_network_limits *to,
			  const struct spec_network_limits *from)
{
	TAKE_ANY(to, from, class_id);
	merge_list(a, &to->priorities, &from->priorities, &interfaces);
}

static void merge(struct arena *a, struct spec_resources *to, const struct spec_resources *from)
{
	if (from->devices.n)
		to->devices = from->devices; /* their order counts: they are one list */
	if (from->memory) {
		to->memory = copy_of(a, to->memory, sizeof *to->memory);
		merge_memory(to->memory, from->memory);
	}
	if (from->cpu) {
		to->cpu = copy_of(a, to->cpu, sizeof *to->cpu);
		merge_cpu(to->cpu, from->cpu);
	}
	TAKE_ANY(to, from, pids_limit);
	to->has_pids |= from->has_pids;
	if (from->block_io) {
		to->block_io = copy_of(a, to->block_io, sizeof *to->block_io);
		merge_block_io(a, to->block_io, from->block_io);
	}
	merge_list(a, &to->hugepage_limits, &from->hugepage_limits, &page_sizes);
	if (from->network) {
		to->network = copy_of(a, to->network, sizeof *to->network);
		merge_network(a, to->network, from->network);
	}
	merge_list(a, &to->rdma, &from->rdma, &rdma_devices);
	merge_list(a, &to->unified, &from->unified, &files);
}

/* What goes with a value that was given. */
static void add_partners(struct spec_resources *changed, const struct spec_resources *merged)
{
	struct spec_memory *mem = changed->memory;
	struct spec_cpu *cpu = changed->cpu;

	if (mem && (mem->limit.v || mem->swap.v)) {
		mem->limit = merged->memory->limit;
		mem->swap = merged->memory->swap;
		mem->check_before_update = merged->memory->check_before_update;
	}
	if (cpu && (cpu->quota.v || cpu->period.v)) {
		cpu->quota = merged->cpu->quota;
		cpu->period = merged->cpu->period;
	}
	if (cpu && (cpu->idle.set || cpu->shares.v)) {
		cpu->idle = merged->cpu->idle; /* with it there are no shares, and after it new ones */
		cpu->shares = merged->cpu->shares;
	}
}

void limits_merge(struct arena *a, const struct spec_resources *stored, const struct spec_resources *given,
		  struct spec_resources **merged, struct spec_resources **changed)
{
	*merged = copy_of(a, stored, sizeof **merged);
	merge(a, *merged, given);
	*changed = copy_of(a, given, sizeof **changed);
	if (given->memory)
		(*changed)->memory = copy_of(a, given->memory, sizeof *given->memory);
	if (given->cpu)
		(*changed)->cpu = copy_of(a, given->cpu, sizeof *given->cpu);
	add_partners(*changed, *merged);
}

/* ---- before and while writing */

static int refuse_usage(const struct spec *s, const char *field, long long limit, uint64_t used,
			struct diags *dg)
{
	struct diag *d = diag_error(dg, "%s (%lld) is below what is in use (%llu)", field, limit,
				    (unsigned long long)used);

	if (s)
		spec_atf(s, d, "%s/memory/%s", s->resources_at, field);
	d->hint = "checkBeforeUpdate asks for this refusal; without it the kernel reclaims memory or kills";
	return -1;
}

int limits_check_usage(const struct spec *s, const struct spec_resources *r, uint64_t memory, uint64_t swap,
		       struct diags *dg)
{
	const struct spec_memory *m = r->memory;

	if (!m || !m->check_before_update.v)
		return 0;
	if (m->limit.v > 0 && (uint64_t)m->limit.v < memory)
		return refuse_usage(s, "limit", m->limit.v, memory, dg);
	if (m->swap.v > 0 && (uint64_t)m->swap.v < memory + swap)
		return refuse_usage(s, "swap", m->swap.v, memory + swap, dg);
	return 0;
}

static int write_one(const struct limit *w, limit_writer *put, void *arg)
{
	int err = put(arg, w, w->file, w->value);

	if (err == -ENOENT && w->alt_file)
		err = put(arg, w, w->alt_file, w->alt_value);
	return err == -ENOENT && w->flags & LIMIT_IF_THERE ? 0 : err;
}

const struct limit *limits_write(const struct limit_list *list, limit_writer *put, void *arg, int *err)
{
	enum { CHAIN = 4 }; /* more than any row of LIMIT_RETRY is long */
	const struct limit *waiting[CHAIN];
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct limit *w = &list->v[i];

		*err = write_one(w, put, arg);
		if (*err == -EINVAL && w->flags & LIMIT_RETRY && n < CHAIN) {
			waiting[n++] = w;
			continue;
		}
		if (*err)
			return w;
		/* The latest first: it may be what those before it wait for. */
		while (n && (*err = write_one(waiting[n - 1], put, arg)) == 0)
			n--;
		if (n && !(w->flags & LIMIT_RETRY))
			return waiting[n - 1];
	}
	if (!n)
		return NULL;
	*err = -EINVAL;
	return waiting[n - 1];
}
