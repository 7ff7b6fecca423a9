/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two documents of resources with a NUL byte between them, as `update` has them: what is in force
 * (resources.json of the state directory) and what is given; their sum as writes for the layout of one of
 * the hosts of tests/golden/facts (first byte), and as systemd's properties. A write has a file and a value
 * of one line.
 */
#include "fuzz.h"

#include "../../runtime/device_rules.h"
#include "../../runtime/limits.h"

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = {
		.json = true, .pair = true, .prefix = 1, .table = &table_resources
	};

	return &shape;
}

static struct spec_resources *load(struct arena *a, const uint8_t *data, size_t size, struct spec **file)
{
	struct diags dg;
	struct spec_resources *r;

	diags_init(&dg, a);
	r = spec_load_resources_text(a, (const char *)data, size, "resources.json", 0, file, &dg);
	fuzz_diags(&dg, !r, true);
	return r;
}

static void write_all(struct arena *a, const struct spec *file, const struct spec_resources *r,
		      const struct facts *f)
{
	struct property_list properties = { 0 };
	struct limit_list list;
	struct diags dg;

	diags_init(&dg, a);
	if (limits_of(a, file, r, &f->cgroups, &list, &dg) < 0) {
		fuzz_diags(&dg, true, false);
		return;
	}
	for (size_t i = 0; i < list.n; i++) {
		MUST(*list.v[i].file && !strchr(list.v[i].file, '/'));
		MUST(list.v[i].controller && list.v[i].pointer);
		MUST(!strchr(list.v[i].value, '\n') || !strcmp(list.v[i].pointer, "/unified"));
	}
	systemd_limit_properties(a, &list, &properties);
	for (size_t i = 0; i < properties.n; i++)
		MUST(!strpbrk(properties.v[i].value, "\n") && *properties.v[i].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *second = size > 1 ? memchr(data + 1, 0, size - 1) : NULL;
	struct spec_resources *given, *stored = NULL, *merged, *changed;
	struct spec *file, *other;
	struct arena *a;
	struct diags dg;

	if (size < 1)
		return -1;
	a = arena_create();
	given = load(a, data + 1, second ? (size_t)(second - data) - 1 : size - 1, &file);
	if (second)
		stored = load(a, second + 1, (size_t)(data + size - second) - 1, &other);
	if (given) {
		diags_init(&dg, a);
		limits_merge(a, stored, given, &merged, &changed);
		if (spec_check_resources(a, file, merged, &dg) == 0)
			write_all(a, file, changed, fuzz_facts(data[0]));
	}
	arena_destroy(a);
	return 0;
}
