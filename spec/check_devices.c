/* SPDX-License-Identifier: Apache-2.0 */
/* linux.devices: the nodes that are made in /dev. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "check.h"

static void check_numbers(struct check *c, const struct spec_device *d, size_t i)
{
	const char *missing = !d->major.set ? "major" : !d->minor.set ? "minor" : NULL;

	if (d->type == 'p' || !missing || check_flawed(c, "/linux/devices/%zu", i))
		return;
	check_refuse(check_at(c, "/linux/devices/%zu/%s", i, missing),
		     "a device of type %c needs major and minor", d->type);
}

/* Listing one device twice does no harm; two different ones at one path can't both be made. */
static void check_twins(struct check *c, const struct spec_device *a, const struct spec_device *b, size_t i)
{
	check_at(c, "/linux/devices/%zu/path", i);
	if (a->type == b->type && a->major.v == b->major.v && a->minor.v == b->minor.v)
		check_warn(c, "the device \"%s\" is listed twice", b->path);
	else
		check_refuse(c, "there is another device at \"%s\"", b->path);
}

struct device_at {
	const struct spec_device *d;
	const char *path;
	size_t i;
};

static int by_path(const void *pa, const void *pb)
{
	const struct device_at *a = pa, *b = pb;
	int c = strcmp(a->path, b->path);

	return c ? c : (a->i > b->i) - (a->i < b->i);
}

void check_devices(struct check *c)
{
	const struct device_list *list = &c->s->linux_->devices;
	struct device_at *v = arena_array(c->a, list->n, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct spec_device *d = &list->v[i];

		if (!d->path || !d->type)
			continue; /* it has had its error */
		check_absolute(check_at(c, "/linux/devices/%zu/path", i), d->path);
		check_numbers(c, d, i);
		v[n++] = (struct device_at){ d, check_clean_path(c, d->path), i };
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), by_path);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(v[i].path, v[i - 1].path))
			check_twins(c, v[i - 1].d, v[i].d, v[i].i);
}
