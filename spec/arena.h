/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: one bump allocator for everything that lives as long as a command does
 * (the typed spec, the plan, diagnostics). Nothing in it is freed by itself.
 *
 * Out of memory does not return: the arena's oom hook runs (it may undo what a
 * command has half done), then the process says so and exits 125.
 */
#ifndef SBRUN_SPEC_ARENA_H
#define SBRUN_SPEC_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *a); /* NULL is allowed */

/* Called once, before the exit, when memory is out. One hook at a time. */
void arena_on_oom(void (*hook)(void *), void *arg);

/* Zeroed, aligned to 16. size 0 gives a valid, unique pointer. */
void *arena_alloc(struct arena *a, size_t size);
/* An array of n members; n * size is checked for overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);
/* Room for `want` members: returns p if *cap suffices, else a larger copy with *cap updated. */
void *arena_grow(struct arena *a, void *p, size_t *cap, size_t want, size_t size);

char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *p, size_t n);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *a, const char *fmt, ...);
__attribute__((format(printf, 2, 0))) char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);

#endif
