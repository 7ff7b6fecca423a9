/* SPDX-License-Identifier: Apache-2.0 */
/* lowerdir=, upperdir=, workdir= and volatile among mount options, as a struct spec_overlay. */
#include <string.h>

#include "arena.h"
#include "spec.h"

struct building {
	struct arena *a;
	struct str_list *lowerdirs;
	size_t cap;
};

static void add_layer(struct building *b, char *path)
{
	struct str_list *l = b->lowerdirs;

	l->v = arena_grow(b->a, l->v, &b->cap, l->n + 2, sizeof(*l->v));
	l->v[l->n++] = path;
	l->v[l->n] = NULL;
}

/* Up to `stop` (0: to the end), a backslash taking the next character as it is. */
static char *unescape(struct arena *a, const char **s, char stop)
{
	const char *p = *s;
	char *out = arena_alloc(a, strlen(p) + 1), *q = out;

	for (; *p && *p != stop; p++) {
		if (*p == '\\' && p[1])
			p++;
		*q++ = *p;
	}
	*s = p;
	return out;
}

static bool add_layers(struct building *b, const char *s)
{
	for (;; s++) {
		char *path = unescape(b->a, &s, ':');

		if (!*path)
			return false;
		add_layer(b, path);
		if (!*s)
			return true;
	}
}

static const char *after(const char *option, const char *name)
{
	size_t n = strlen(name);

	return strncmp(option, name, n) ? NULL : option + n;
}

/* 1: the option is the overlay's, and taken; 0: it is not; -1: an empty path. */
static int take(struct building *b, struct spec_overlay *out, const char *option)
{
	const char *value;
	char **dir;

	value = after(option, "lowerdir=");
	if (value)
		return add_layers(b, value) ? 1 : -1;
	value = after(option, "lowerdir+=");
	if (value) {
		add_layer(b, arena_strdup(b->a, value));
		return *value ? 1 : -1;
	}
	if (!strcmp(option, "volatile")) {
		out->is_volatile = true;
		return 1;
	}
	dir = &out->upperdir;
	value = after(option, "upperdir=");
	if (!value) {
		dir = &out->workdir;
		value = after(option, "workdir=");
	}
	if (!value)
		return 0;
	*dir = unescape(b->a, &value, '\0');
	return **dir ? 1 : -1;
}

int spec_overlay_from_options(struct arena *a, const struct spec_mount *m, struct spec_overlay *out,
			      struct str_list *rest, size_t *bad)
{
	struct building b = { .a = a, .lowerdirs = &out->lowerdirs };

	*out = (struct spec_overlay){ .upperdir = NULL };
	*rest = (struct str_list){ .v = arena_array(a, m->options.n + 1, sizeof(*rest->v)) };
	for (size_t i = 0; i < m->options.n; i++) {
		int taken = take(&b, out, m->options.v[i]);

		if (taken < 0) {
			if (bad)
				*bad = i;
			return -1;
		}
		if (!taken)
			rest->v[rest->n++] = m->options.v[i];
	}
	return 0;
}
