/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as config.json: a refusal has an error, an acceptance has none, every message has its line, and
 * what is refused without an explanation ("this is not JSON") is a bug.
 */
#include "fuzz.h"

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = { .json = true, .table = &table_spec };

	return &shape;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct diags dg;
	struct spec *s;

	diags_init(&dg, a);
	s = spec_load_text(a, (const char *)data, size, "config.json", size % 2 ? SPEC_STRICT : 0, &dg);
	fuzz_diags(&dg, !s, true);
	for (struct diag *d = dg.first; d; d = d->next)
		MUST(strcmp(d->what, "this is not JSON") != 0);
	arena_destroy(a);
	return 0;
}
