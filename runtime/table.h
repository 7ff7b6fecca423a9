/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_TABLE_H
#define SBRUN_RUNTIME_TABLE_H

#include <stddef.h>

struct arena;

/* Lines of cells in columns as wide as they need; the first row is the heads. rows * columns cells. */
char *table_text(struct arena *a, const char *const *cells, size_t rows, size_t columns);

#endif
