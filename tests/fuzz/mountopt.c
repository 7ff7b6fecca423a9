/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts[].options, separated by NUL bytes: sorted, as text, as an overlay, and as an idmap. The text of
 * what holds no option of the file system's own is read back as the same.
 */
#include "fuzz.h"

#include "../../runtime/idmap_option.h"
#include "../../runtime/mountopt.h"

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = { 0 };

	return &shape;
}

static struct str_list split(struct arena *a, const uint8_t *data, size_t size, char at)
{
	struct str_list l = { arena_array(a, size + 2, sizeof *l.v), 0 };
	char *p = arena_strndup(a, (const char *)data, size), *end;

	for (end = p + size; p <= end && size; p += strlen(p) + 1) {
		char *stop = at ? strchr(p, at) : NULL;

		if (stop)
			*stop = 0;
		l.v[l.n++] = p;
	}
	return l;
}

static void again(struct arena *a, const struct mount_opts *o)
{
	char *text = mount_opts_text(a, o);
	struct str_list l = split(a, (const uint8_t *)text, strlen(text), ',');
	struct mount_opts back;

	mount_opts_parse(a, &l, &back);
	MUST(!strcmp(text, mount_opts_text(a, &back)));
	MUST(o->attr_set == back.attr_set && o->attr_clr == back.attr_clr);
	MUST(o->rec_set == back.rec_set && o->rec_clr == back.rec_clr && o->propagation == back.propagation);
	MUST(o->sb_flags_set == back.sb_flags_set && o->sb_flags_clr == back.sb_flags_clr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct id_map host[] = { { 0, 1000, 1 }, { 1, 100000, 65535 } };
	struct arena *a = arena_create();
	char *copy = arena_memdup(a, data, size);
	struct spec_mount m = { .destination = "/m", .type = "overlay" };
	struct id_maps maps = { host, 2 }, uids = { 0 }, gids = { 0 };
	struct spec_overlay overlay = { 0 };
	struct str_list rest = { 0 };
	struct mount_opts o;

	m.options.v = arena_array(a, size + 2, sizeof(char *));
	for (size_t at = 0; at < size; at += strlen(m.options.v[m.options.n - 1]) + 1)
		m.options.v[m.options.n++] = arena_strndup(a, copy + at, strnlen(copy + at, size - at));
	MUST(mount_opts_parse(a, &m.options, &o) == 0);
	MUST(!(o.attr_set & o.attr_clr & ~0x70ull) && !(o.rec_set & o.rec_clr & ~0x70ull));
	if (!o.data.n && !o.idmap_maps)
		again(a, &o);
	if (o.idmap_maps)
		idmap_option_parse(a, o.idmap_maps, &maps, &maps, &uids, &gids);
	spec_overlay_from_options(a, &m, &overlay, &rest, NULL);
	MUST(rest.n <= m.options.n && overlay.lowerdirs.n <= size);
	arena_destroy(a);
	return 0;
}
