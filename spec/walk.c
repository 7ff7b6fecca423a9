/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "decode.h"

static void walk(const struct table *t, char *path, size_t len, size_t size, table_visitor *visit, void *arg)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->v[i];
		const char *below = f->kind == K_LIST ? "/[]" : f->kind == K_NAMED ? "/{}" : "";
		size_t n = len + (size_t)snprintf(path + len, size - len, "/%s", f->name);

		visit(path, f, arg);
		if (!f->sub)
			continue;
		n += (size_t)snprintf(path + n, size - n, "%s", below);
		walk(f->sub, path, n, size, visit, arg);
	}
}

/* The longest path, /linux/resources/blockIO/throttleWriteIOPSDevice/[]/minor, has 60 bytes. */
void table_walk(const struct table *t, table_visitor *visit, void *arg)
{
	char path[256];

	walk(t, path, 0, sizeof(path), visit, arg);
}
