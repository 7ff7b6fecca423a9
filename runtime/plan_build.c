/* SPDX-License-Identifier: Apache-2.0 */
/* The planner's bricks: the blob, steps, slots, and putting the flat plan together. */
#include "planner.h"

#include "../spec/arena.h"

#include <stdio.h>
#include <string.h>

static char *reserve(struct builder *b, size_t n)
{
	char *at;

	b->blob = arena_grow(b->a, b->blob, &b->cap_blob, b->n_blob + n, 1);
	at = b->blob + b->n_blob;
	b->n_blob += n;
	return at;
}

uint32_t put_bytes(struct builder *b, const void *p, size_t n)
{
	uint32_t off;

	do
		*reserve(b, 1) = 0; /* never at offset 0, which means "none" */
	while (b->n_blob % 8);
	off = (uint32_t)b->n_blob;
	memcpy(reserve(b, n), p, n);
	return off;
}

uint32_t put_str(struct builder *b, const char *s)
{
	uint32_t off;
	size_t n;

	if (!b->n_blob)
		*reserve(b, 1) = 0;
	if (!s || !*s)
		return 0;
	n = strlen(s) + 1;
	off = (uint32_t)b->n_blob;
	memcpy(reserve(b, n), s, n);
	return off;
}

uint32_t put_list(struct builder *b, const struct str_list *l)
{
	uint32_t off;

	if (!b->n_blob)
		*reserve(b, 1) = 0;
	off = (uint32_t)b->n_blob;
	for (size_t i = 0; i < l->n; i++) {
		size_t n = strlen(l->v[i]) + 1;

		memcpy(reserve(b, n), l->v[i], n);
	}
	return l->n ? off : 0;
}

/* The same pointer serves many steps in a row (the default devices): stored once. */
static uint32_t put_pointer(struct builder *b, const char *pointer)
{
	if (b->n_steps) {
		uint32_t last = b->steps[b->n_steps - 1].pointer;

		if (last && !strcmp(b->blob + last, pointer))
			return last;
	}
	return put_str(b, pointer);
}

struct step *add_step(struct builder *b, enum step_kind k, const char *fmt, ...)
{
	struct step *s;
	uint32_t p;
	va_list ap;

	va_start(ap, fmt);
	p = put_pointer(b, arena_vprintf(b->a, fmt, ap));
	va_end(ap);
	b->steps = arena_grow(b->a, b->steps, &b->cap_steps, b->n_steps + 1, sizeof *s);
	s = &b->steps[b->n_steps++];
	memset(s, 0, sizeof *s);
	s->kind = k;
	s->pointer = p;
	return s;
}

int add_slot(struct builder *b, struct slot s)
{
	b->slots = arena_grow(b->a, b->slots, &b->cap_slots, b->n_slots + 1, sizeof s);
	b->slots[b->n_slots] = s;
	return (int)b->n_slots++;
}

const char *host_path(struct builder *b, const char *path)
{
	if (!path || *path == '/')
		return path;
	return arena_printf(b->a, "%s/%s", b->bundle, path);
}

bool id_mapped(const struct id_maps *m, uint32_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (id >= m->v[i].container && id - m->v[i].container < m->v[i].size)
			return true;
	return false;
}

char *id_map_text(struct arena *a, const struct id_maps *m)
{
	size_t size = m->n * 36 + 1, used = 0;
	char *text = arena_alloc(a, size);

	for (size_t i = 0; i < m->n; i++)
		used += (size_t)snprintf(text + used, size - used, "%u %u %u\n", m->v[i].container,
					 m->v[i].host, m->v[i].size);
	return text;
}

void finish_plan(struct builder *b, uint32_t first_child, uint32_t flags)
{
	size_t steps = b->n_steps * sizeof(struct step);
	size_t size;
	struct plan *p;

	*reserve(b, 1) = 0; /* the last byte: no string runs over the end */
	size = sizeof *p + steps + b->n_blob;
	p = arena_alloc(b->a, size);
	memcpy((char *)p + sizeof *p, b->steps, steps);
	memcpy((char *)p + sizeof *p + steps, b->blob, b->n_blob);
	p->magic = PLAN_MAGIC;
	p->size = (uint32_t)size;
	p->n_steps = (uint32_t)b->n_steps;
	p->first_child_step = first_child;
	p->steps = sizeof *p;
	p->blob = (uint32_t)(sizeof *p + steps);
	p->flags = flags;
	p->fail_step = ~0u;
	p->end_slot = p->held_slot = p->net_fd = -1;
	p->n_slots = (int32_t)b->n_slots;
	b->out->plan = p;
	b->out->slots = b->slots;
}

const char *plan_str(const struct plan *p, uint32_t off)
{
	return (const char *)p + p->blob + off;
}

const void *plan_blob(const struct plan *p, uint32_t off)
{
	return (const char *)p + p->blob + off;
}

const struct step *plan_step(const struct plan *p, uint32_t i)
{
	return (const struct step *)((const char *)p + p->steps) + i;
}

uint32_t plan_clone_index(const struct plan *p)
{
	uint32_t i = 0;

	while (plan_step(p, i)->kind != STEP_CLONE)
		i++;
	return i;
}
