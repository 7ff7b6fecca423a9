/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table on a screen. What is too wide is made to fit in this order: the columns that may be are shortened,
 * the widest first; then columns are left out, as they say. If that is not enough the lines are as long as
 * they are, and the terminal breaks them.
 */
#include "table.h"

#include "../spec/arena.h"
#include "buffer.h"
#include "width.h"

#include <string.h>

enum { BETWEEN = 2, WRAP_LEAST = 20 };

struct layout {
	struct arena *a;
	const struct screen *screen;
	const struct table_column *columns;
	size_t n, rows;
	const char **text; /* safe: the heads, then the cells */
	size_t *natural, *width;
	bool *shown;
};

static const char *text_at(const struct layout *l, size_t row, size_t k)
{
	return l->text[row * l->n + k];
}

static void measure(struct layout *l, const struct table_cell *cells)
{
	size_t all = (l->rows + 1) * l->n;

	l->text = arena_array(l->a, all, sizeof *l->text);
	l->natural = arena_array(l->a, l->n, sizeof *l->natural);
	l->width = arena_array(l->a, l->n, sizeof *l->width);
	l->shown = arena_array(l->a, l->n, sizeof *l->shown);
	for (size_t i = 0; i < all; i++) {
		size_t k = i % l->n, width;
		const char *text = i < l->n ? l->columns[k].head : cells[i - l->n].text;

		l->text[i] = text ? width_safe(l->a, text, l->screen->utf8) : "";
		width = width_of(l->text[i]);
		if (l->natural[k] < width)
			l->natural[k] = width;
		l->shown[k] |= i >= l->n && *l->text[i];
	}
	for (size_t k = 0; k < l->n && l->rows == 0; k++)
		l->shown[k] = true;
}

/* Columns of the screen that are too few. */
static size_t excess(const struct layout *l)
{
	size_t total = 0, shown = 0;

	for (size_t k = 0; k < l->n; k++)
		if (l->shown[k]) {
			total += l->width[k];
			shown++;
		}
	total += shown ? (shown - 1) * BETWEEN : 0;
	return total > l->screen->width ? total - l->screen->width : 0;
}

static size_t least_of(const struct layout *l, size_t k)
{
	const struct table_column *c = &l->columns[k];
	size_t least = c->wrap ? WRAP_LEAST : c->least;

	return least && least < l->natural[k] ? least : l->natural[k];
}

/* Whether all fits now. */
static bool shrink(struct layout *l)
{
	memcpy(l->width, l->natural, l->n * sizeof *l->width);
	for (size_t over = excess(l); over; over--) {
		size_t widest = l->n;

		for (size_t k = 0; k < l->n; k++)
			if (l->shown[k] && l->width[k] > least_of(l, k) &&
			    (widest == l->n || l->width[k] >= l->width[widest]))
				widest = k;
		if (widest == l->n)
			return false;
		l->width[widest]--;
	}
	return true;
}

static bool leave_one_out(struct layout *l)
{
	size_t first = l->n;

	for (size_t k = 0; k < l->n; k++)
		if (l->shown[k] && l->columns[k].leave &&
		    (first == l->n || l->columns[k].leave > l->columns[first].leave))
			first = k;
	if (first == l->n)
		return false;
	l->shown[first] = false;
	return true;
}

static void put_styled(const struct layout *l, struct buffer *b, enum style style, const char *s, size_t n)
{
	if (!n)
		return;
	buffer_puts(b, screen_on(l->screen, style));
	buffer_put(b, s, n);
	buffer_puts(b, screen_off(l->screen, style));
}

/* Below each other, each line after the first as far to the right as this one. */
static void put_wrapped(const struct layout *l, struct buffer *b, enum style style, const char *s, size_t k,
			size_t column)
{
	for (size_t next; *s; s += next) {
		size_t n = width_line(s, l->width[k], &next);

		put_styled(l, b, style, s, n);
		if (s[next]) {
			buffer_puts(b, "\n");
			buffer_fill(b, ' ', column);
		}
	}
}

static void put_row(const struct layout *l, struct buffer *b, size_t row, const struct table_cell *cells)
{
	size_t column = 0, missing = 0; /* blanks that are due before the next text */

	for (size_t k = 0; k < l->n; k++) {
		enum style style = row ? cells[(row - 1) * l->n + k].style : STYLE_HEAD;
		const char *s = text_at(l, row, k);
		size_t pad;

		if (!l->shown[k])
			continue;
		if (!l->columns[k].wrap)
			s = width_shorten(l->a, s, l->width[k], l->screen->utf8);
		pad = l->width[k] > width_of(s) ? l->width[k] - width_of(s) : 0;
		if (*s) {
			buffer_fill(b, ' ', missing + (l->columns[k].right ? pad : 0));
			missing = l->columns[k].right ? 0 : pad;
			if (l->columns[k].wrap)
				put_wrapped(l, b, style, s, k, column);
			else
				put_styled(l, b, style, s, strlen(s));
		} else {
			missing += pad;
		}
		missing += BETWEEN;
		column += l->width[k] + BETWEEN;
	}
	buffer_puts(b, "\n");
}

char *table_screen(struct arena *a, const struct screen *screen, const struct table_column *columns, size_t n,
		   const struct table_cell *cells, size_t rows)
{
	struct layout l = { .a = a, .screen = screen, .columns = columns, .n = n, .rows = rows };
	struct buffer b = { .a = a };

	measure(&l, cells);
	while (!shrink(&l) && leave_one_out(&l))
		;
	for (size_t row = 0; row <= rows; row++)
		put_row(&l, &b, row, cells);
	return b.s;
}
