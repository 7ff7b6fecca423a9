/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How wide text is on a terminal, and what of it may go there at all. Names come from whoever is in a
 * sandbox; without a locale's tables wcwidth(3) knows nothing, so the few ranges that matter are here.
 */
#ifndef SBRUN_RUNTIME_WIDTH_H
#define SBRUN_RUNTIME_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/*
 * Text that does nothing to a terminal and looks like nothing else: control characters, bytes that are no
 * UTF-8, characters that are invisible or turn the direction of writing become \xNN, a byte each. Without
 * `utf8`, which says what the terminal shows, everything that isn't ASCII does.
 */
char *width_safe(struct arena *a, const char *s, bool utf8);
/* The same of n bytes of lines: their newlines stay, a tabulator becomes a blank. */
char *width_safe_lines(struct arena *a, const char *s, size_t n, bool utf8);

/* Columns that safe text takes: East Asian and emoji two, combining marks none. */
size_t width_of(const char *s);
/* The bytes of safe text that fit into so many columns. */
size_t width_fit(const char *s, size_t columns);
/* The same text, or its two ends with "…" (without utf8 "...") for what is between, in so many columns. */
char *width_shorten(struct arena *a, const char *s, size_t columns, bool utf8);
/*
 * The bytes of the next line of at most so many columns: up to a blank where there is one, else behind a
 * comma, a slash or a bracket, else as many as fit. *next: where the line after it begins.
 */
size_t width_line(const char *s, size_t columns, size_t *next);

#endif
