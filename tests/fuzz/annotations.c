/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines: linux.cgroupsPath as systemd's SLICE:PREFIX:NAME, then annotations org.systemd.property.KEY=VALUE.
 * What is taken is on the list, and no value can break out of its line on the way to sbrun-systemd.
 */
#include "fuzz.h"

#include "../../runtime/gvariant.h"

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = { 0 };

	return &shape;
}

static void take_lines(struct arena *a, char *text, struct spec *s)
{
	struct kv_list *l = &s->annotations;
	char *line, *save = text;
	size_t cap = 0;

	s->linux_->cgroups_path = strsep(&save, "\n");
	while ((line = strsep(&save, "\n"))) {
		char *value = strchr(line, '=');
		struct gvariant v;

		if (!value)
			continue;
		*value++ = 0;
		gvariant_parse(a, value, &v);
		l->v = arena_grow(a, l->v, &cap, l->n + 1, sizeof *l->v);
		l->v[l->n++] = (struct kv){ arena_printf(a, "org.systemd.property.%s", line), value };
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct property_list list = { 0 };
	struct systemd_unit unit;
	struct diags dg;
	struct spec *s;

	diags_init(&dg, a);
	s = fuzz_spec(a, "cgroupsPath", (const uint8_t *)"\"x:y:z\"", 7, &dg);
	MUST(s);
	take_lines(a, arena_strndup(a, (const char *)data, size), s);
	if (systemd_unit_of(a, s, "fuzzed", fuzz_facts(size % 2 ? 0 : 5), &unit, &dg) == 0) {
		MUST(*unit.path == '/' && !strstr(unit.path, "/../") && !strstr(unit.path, "//"));
		MUST(!strchr(unit.name, '/') && !strchr(unit.slice, '/') && !strpbrk(unit.name, "\n "));
	}
	if (systemd_annotation_properties(a, s, &list, &dg) == 0)
		for (size_t i = 0; i < list.n; i++)
			MUST(*list.v[i].name && *list.v[i].type && !strchr(list.v[i].value, '\n'));
	fuzz_diags(&dg, dg.errors > 0, false);
	arena_destroy(a);
	return 0;
}
