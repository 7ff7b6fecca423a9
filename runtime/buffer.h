/* SPDX-License-Identifier: Apache-2.0 */
/* A text that grows at its end, in an arena. Begin with { .a = arena }. */
#ifndef SBRUN_RUNTIME_BUFFER_H
#define SBRUN_RUNTIME_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct buffer {
	struct arena *a;
	char *s; /* NUL-terminated; NULL as long as nothing was added */
	size_t n, cap;
};

void buffer_put(struct buffer *b, const char *s, size_t n);
void buffer_puts(struct buffer *b, const char *s);
void buffer_fill(struct buffer *b, char c, size_t n); /* n times */
__attribute__((format(printf, 2, 3))) void buffer_add(struct buffer *b, const char *fmt, ...);
__attribute__((format(printf, 2, 0))) void buffer_vadd(struct buffer *b, const char *fmt, va_list ap);

#endif
