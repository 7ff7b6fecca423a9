/* SPDX-License-Identifier: Apache-2.0 */
#include "buffer.h"

#include "../spec/arena.h"

#include <string.h>

static char *more(struct buffer *b, size_t n)
{
	char *at;

	b->s = arena_grow(b->a, b->s, &b->cap, b->n + n + 1, 1);
	at = b->s + b->n;
	b->n += n;
	b->s[b->n] = '\0';
	return at;
}

void buffer_put(struct buffer *b, const char *s, size_t n)
{
	memcpy(more(b, n), s, n);
}

void buffer_puts(struct buffer *b, const char *s)
{
	buffer_put(b, s, strlen(s));
}

void buffer_fill(struct buffer *b, char c, size_t n)
{
	memset(more(b, n), c, n);
}

void buffer_vadd(struct buffer *b, const char *fmt, va_list ap)
{
	buffer_puts(b, arena_vprintf(b->a, fmt, ap));
}

void buffer_add(struct buffer *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buffer_vadd(b, fmt, ap);
	va_end(ap);
}
