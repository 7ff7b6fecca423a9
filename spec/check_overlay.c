/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules for overlays, however they are written: as an object, or as the options of a
 * mount of type overlay. The kernel says EINVAL to most of what is refused here, and only
 * logs a warning about an upperdir that is in use twice.
 */
#include <string.h>

#include "arena.h"
#include "check.h"

/* Where each part is written. */
struct overlay_places {
	const char *whole, *lowerdirs, *upperdir, *workdir, *is_volatile;
	bool items; /* lowerdirs is an array; else all layers are in one option */
};

static const char *layer_at(struct check *c, const struct overlay_places *pl, size_t i)
{
	return pl->items ? check_text(c, "%s/%zu", pl->lowerdirs, i) : pl->lowerdirs;
}

/* Is one of two clean paths the other one or above it? */
static bool inside(const char *outer, const char *inner)
{
	size_t n = strlen(outer);

	return !strncmp(outer, inner, n) && (!inner[n] || inner[n] == '/' || outer[n - 1] == '/');
}

/* The kernel takes no directory twice; below a layer it takes an upperdir, and then changes what it shows. */
static void check_layer_paths(struct check *c, const struct spec_overlay *o, const struct overlay_places *pl)
{
	const char *upper = o->upperdir ? check_clean_path(c, o->upperdir) : NULL;
	struct named *v = arena_array(c->a, o->lowerdirs.n + 1, sizeof *v);

	for (size_t i = 0; i < o->lowerdirs.n; i++) {
		v[i].name = check_clean_path(c, o->lowerdirs.v[i]);
		v[i].pointer = layer_at(c, pl, i);
		if (upper && strcmp(upper, v[i].name) && inside(v[i].name, upper))
			check_warn(check_at(c, "%s", pl->upperdir), "the upperdir is inside of the layer \"%s\"",
				   o->lowerdirs.v[i])
				->hint = "what is written shows up in the layer as well: keep it beside the layers";
	}
	check_unique(c, v, o->lowerdirs.n, "the layer");
}

static void check_lowerdirs(struct check *c, const struct spec_overlay *o, const struct overlay_places *pl)
{
	const char *upper = o->upperdir ? check_clean_path(c, o->upperdir) : NULL;

	for (size_t i = 0; i < o->lowerdirs.n; i++) {
		const char *layer = o->lowerdirs.v[i];

		if (!*layer)
			check_refuse(check_at(c, "%s", layer_at(c, pl, i)), "the path of a layer is empty");
		else if (upper && !strcmp(upper, check_clean_path(c, layer)))
			check_refuse(check_at(c, "%s", layer_at(c, pl, i)),
				     "the upperdir \"%s\" can't be a lowerdir as well", layer);
	}
	check_layer_paths(c, o, pl);
	if (!pl->items && o->lowerdirs.n > SPEC_MAX_LAYERS)
		check_refuse(check_at(c, "%s", pl->lowerdirs),
			     "too many layers (%zu); at most %d are possible", o->lowerdirs.n,
			     SPEC_MAX_LAYERS);
}

static void check_upper(struct check *c, const struct spec_overlay *o, const struct overlay_places *pl)
{
	const char *upper, *work;

	if (o->upperdir && o->ephemeral.set)
		check_refuse(check_at(c, "%s", pl->upperdir), "upperdir and ephemeral exclude each other")
			->hint = "keep the changes in upperdir, or throw them away with ephemeral";
	if (o->is_volatile && !o->upperdir && !o->ephemeral.set && !check_flawed(c, "%s", pl->whole))
		check_refuse(check_at(c, "%s", pl->is_volatile),
			     "volatile means nothing without an upperdir or ephemeral");
	if (o->workdir && !o->upperdir && !check_flawed(c, "%s", pl->upperdir))
		check_refuse(check_at(c, "%s", pl->workdir), "workdir without upperdir")->hint =
			"a writable overlay needs both";
	if (!o->upperdir)
		return;
	if (!o->workdir) {
		check_refuse(check_at(c, "%s", pl->upperdir), "upperdir without workdir")->hint =
			"workdir is an empty directory on the same file system as upperdir";
		return;
	}
	upper = check_clean_path(c, o->upperdir);
	work = check_clean_path(c, o->workdir);
	if (inside(upper, work) || inside(work, upper))
		check_refuse(check_at(c, "%s", pl->workdir),
			     "workdir and upperdir must not contain each other");
}

/* One tmpfs has one size. */
static void check_shared(struct check *c, const struct spec_overlay *o, const char *pointer)
{
	if (!o->ephemeral.set || !o->ephemeral.shared)
		return;
	if (!c->shared)
		c->shared = o;
	if (c->shared->ephemeral.size != o->ephemeral.size)
		check_refuse(check_at(c, "%s/ephemeral", pointer),
			     "the overlays on the shared tmpfs give it different sizes")
			->hint = "give all of them the same size, which is that of all together";
}

void check_overlay(struct check *c, const struct spec_overlay *o, const char *pointer)
{
	struct overlay_places pl = {
		.whole = pointer,
		.items = true,
		.lowerdirs = check_text(c, "%s/lowerdirs", pointer),
		.upperdir = check_text(c, "%s/upperdir", pointer),
		.workdir = check_text(c, "%s/workdir", pointer),
		.is_volatile = check_text(c, "%s/volatile", pointer),
	};

	check_lowerdirs(c, o, &pl);
	check_upper(c, o, &pl);
	check_shared(c, o, pointer);
}

static const char *option_at(struct check *c, const struct spec_mount *m, const char *pointer,
			     const char *name)
{
	for (size_t i = 0; i < m->options.n; i++)
		if (!strncmp(m->options.v[i], name, strlen(name)))
			return check_text(c, "%s/options/%zu", pointer, i);
	return check_text(c, "%s/options", pointer);
}

static void check_both_ways(struct check *c, const struct spec_mount *m, const char *pointer)
{
	static const char *const names[] = { "lowerdir=", "lowerdir+=", "upperdir=", "workdir=", "volatile" };

	for (size_t i = 0; i < m->options.n; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (!strncmp(m->options.v[i], names[k], strlen(names[k])))
				check_refuse(check_at(c, "%s/options/%zu", pointer, i),
					     "\"%.20s\" beside the field `overlay`", m->options.v[i])
					->hint = "describe the overlay in one of the two ways";
}

void check_overlay_options(struct check *c, const struct spec_mount *m, const char *pointer)
{
	struct spec_overlay o;
	struct str_list rest;
	struct overlay_places pl;
	size_t bad = 0;

	if (m->overlay) {
		check_both_ways(c, m, pointer);
		return;
	}
	if (spec_overlay_from_options(c->a, m, &o, &rest, &bad) < 0) {
		check_refuse(check_at(c, "%s/options/%zu", pointer, bad), "an empty path in \"%.40s\"",
			     m->options.v[bad])
			->hint = "write a ':' that is part of a path as \"\\:\"";
		return;
	}
	pl = (struct overlay_places){
		.whole = pointer,
		.lowerdirs = option_at(c, m, pointer, "lowerdir"),
		.upperdir = option_at(c, m, pointer, "upperdir="),
		.workdir = option_at(c, m, pointer, "workdir="),
		.is_volatile = option_at(c, m, pointer, "volatile"),
	};
	if (!o.lowerdirs.n && !check_flawed(c, "%s/options", pointer))
		check_refuse(check_at(c, "%s/options", pointer), "an overlay without lowerdir")->hint =
			"list the layers in mounts[].overlay.lowerdirs, or in the option lowerdir=";
	check_lowerdirs(c, &o, &pl);
	check_upper(c, &o, &pl);
}

/* One directory that a mount writes to, and where it is named. */
static void note_dir(struct check *c, struct named *v, size_t *n, const char *dir, const char *pointer)
{
	if (dir)
		v[(*n)++] = (struct named){ .name = check_clean_path(c, dir), .pointer = pointer };
}

static void note_mount(struct check *c, struct named *v, size_t *n, const struct spec_mount *m, size_t i)
{
	const char *pointer = check_text(c, "/mounts/%zu", i);
	struct spec_overlay o;
	struct str_list rest;

	if (m->overlay) {
		note_dir(c, v, n, m->overlay->upperdir, check_text(c, "%s/overlay/upperdir", pointer));
		note_dir(c, v, n, m->overlay->workdir, check_text(c, "%s/overlay/workdir", pointer));
	} else if (str_same(m->type, "overlay") && spec_overlay_from_options(c->a, m, &o, &rest, NULL) == 0) {
		note_dir(c, v, n, o.upperdir, option_at(c, m, pointer, "upperdir="));
		note_dir(c, v, n, o.workdir, option_at(c, m, pointer, "workdir="));
	}
}

/* No two overlays may write to one directory. */
void check_upperdirs(struct check *c)
{
	const struct mount_list *list = &c->s->mounts;
	const struct spec_overlay *root = c->s->root ? c->s->root->overlay : NULL;
	struct named *v = arena_array(c->a, 2 * (list->n + 1), sizeof(*v));
	size_t n = 0;

	if (root) {
		note_dir(c, v, &n, root->upperdir, "/root/overlay/upperdir");
		note_dir(c, v, &n, root->workdir, "/root/overlay/workdir");
	}
	for (size_t i = 0; i < list->n; i++)
		note_mount(c, v, &n, &list->v[i], i);
	check_unique(c, v, n, "the directory");
}
