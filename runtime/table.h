/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_TABLE_H
#define SBRUN_RUNTIME_TABLE_H

#include "screen.h"

#include <stddef.h>

struct arena;

/*
 * Lines of cells in columns as wide as they need; the first row is the heads. rows * columns cells. For
 * programs: nothing is cut, nothing coloured.
 */
char *table_text(struct arena *a, const char *const *cells, size_t rows, size_t columns);

/* For eyes: at most as wide as the screen. */
struct table_column {
	const char *head;
	bool right;      /* numbers */
	bool wrap;       /* the last one: goes on below itself */
	size_t least;    /* may be shortened in its middle to so many columns; 0: not at all */
	unsigned leave;  /* left out where all is too wide, the highest first; 0: never */
};
struct table_cell {
	const char *text; /* any bytes; NULL: nothing. A column of nothing is left out */
	enum style style;
};

/* rows * n cells; the heads are the columns'. In the arena. */
char *table_screen(struct arena *a, const struct screen *screen, const struct table_column *columns, size_t n,
		   const struct table_cell *cells, size_t rows);

#endif
