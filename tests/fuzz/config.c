/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: any bytes as config.json. Build and run:
 *   clang -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined spec/[a-z]?*.c tests/fuzz/config.c -lyajl
 *   ./a.out -max_len=8192 CORPUS tests/broken
 * Besides not crashing: a refusal has an error, an acceptance has none, every message can be
 * formatted, and what is refused without an explanation ("this is not JSON") is a bug.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "../../spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct diags dg;
	struct spec *s;
	unsigned flags = size % 2 ? SPEC_STRICT : 0;

	diags_init(&dg, a);
	s = spec_load_text(a, (const char *)data, size, "config.json", flags, &dg);
	if ((s == NULL) != (dg.errors > 0))
		abort();
	for (struct diag *d = dg.first; d; d = d->next)
		if (!*diag_format(&dg, d) || !strcmp(d->what, "this is not JSON") || !d->line)
			abort();
	arena_destroy(a);
	return 0;
}
