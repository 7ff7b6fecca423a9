/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about a loaded spec that more than one room has. */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "places.h"
#include "spec.h"

static struct diag *at(const struct spec *s, struct diag *d, const char *pointer)
{
	bool exact;
	uint32_t id = s->places ? places_find(s->places, pointer, &exact) : PLACE_NONE;

	d->file = s->file;
	d->pointer = pointer;
	d->line = d->col = 0;
	if (id != PLACE_NONE)
		places_line_col(s->places, places_offset(s->places, id), &d->line, &d->col);
	return d;
}

struct diag *spec_at(const struct spec *s, struct diag *d, const char *pointer)
{
	return at(s, d, arena_strdup(s->arena, pointer));
}

struct diag *spec_atf(const struct spec *s, struct diag *d, const char *fmt, ...)
{
	va_list ap;
	char *pointer;

	va_start(ap, fmt);
	pointer = arena_vprintf(s->arena, fmt, ap);
	va_end(ap);
	return at(s, d, pointer);
}

const struct spec_namespace *spec_namespace(const struct spec *s, enum ns_type t)
{
	const struct namespace_list *list = &s->linux_->namespaces;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].type == t)
			return &list->v[i];
	return NULL;
}

const char *spec_annotation(const struct spec *s, const char *key)
{
	for (size_t i = 0; i < s->annotations.n; i++)
		if (!strcmp(s->annotations.v[i].key, key))
			return s->annotations.v[i].value;
	return NULL;
}

bool spec_annotation_on(const struct spec *s, const char *key)
{
	const char *value = spec_annotation(s, key);

	return value && strcmp(value, "0") != 0;
}

static const struct {
	const char *name;
	size_t offset;
} hook_points[HOOK__COUNT] = {
	[HOOK_PRESTART] = { "prestart", offsetof(struct spec_hooks, prestart) },
	[HOOK_CREATE_RUNTIME] = { "createRuntime", offsetof(struct spec_hooks, create_runtime) },
	[HOOK_CREATE_CONTAINER] = { "createContainer", offsetof(struct spec_hooks, create_container) },
	[HOOK_START_CONTAINER] = { "startContainer", offsetof(struct spec_hooks, start_container) },
	[HOOK_POSTSTART] = { "poststart", offsetof(struct spec_hooks, poststart) },
	[HOOK_POSTSTOP] = { "poststop", offsetof(struct spec_hooks, poststop) },
};

const char *hook_point_name(enum hook_point at)
{
	return hook_points[at].name;
}

const struct hook_list *spec_hooks_at(const struct spec *s, enum hook_point at)
{
	return (const void *)((const char *)&s->hooks + hook_points[at].offset);
}

bool spec_has_hooks(const struct spec *s)
{
	size_t n = 0;

	for (int at = 0; at < HOOK__COUNT; at++)
		n += spec_hooks_at(s, (enum hook_point)at)->n;
	return n > 0;
}
