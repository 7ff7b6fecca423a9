/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "../spec/arena.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static size_t width_of(const char *const *cells, size_t rows, size_t columns, size_t k)
{
	size_t width = 0;

	for (size_t i = 0; i < rows; i++)
		if (width < strlen(cells[i * columns + k]))
			width = strlen(cells[i * columns + k]);
	return width;
}

char *table_text(struct arena *a, const char *const *cells, size_t rows, size_t columns)
{
	size_t *width = arena_array(a, columns, sizeof(*width));
	size_t size = 1, used = 0;
	char *text;

	for (size_t k = 0; k < columns; k++) {
		width[k] = width_of(cells, rows, columns, k);
		size += rows * (width[k] + 2);
	}
	text = arena_alloc(a, size);
	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < columns; k++) {
			bool last = k == columns - 1;

			used += (size_t)snprintf(text + used, size - used, "%-*s%s", last ? 0 : (int)width[k],
						 cells[i * columns + k], last ? "\n" : "  ");
		}
	return text;
}
