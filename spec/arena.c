/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain of chunks, the newest in front; allocation moves a pointer. An allocation
 * that is large against a chunk gets one of its own, put behind the front one, so
 * that the room left there isn't lost.
 *
 * Chunks are mapped, not malloc'd: the kernel's pages are zero and come when they are
 * touched, while calloc would touch all of a chunk in order to clear it.
 */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "diag.h"

/* With the address sanitizer each allocation is a chunk of its own: it sees who reads past one. */
#if defined(__has_feature) && !defined(__SANITIZE_ADDRESS__)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { CHUNK_SIZE = 64, OWN_CHUNK = 0, EXACT = 1 };
#else
enum { CHUNK_SIZE = 256 * 1024, OWN_CHUNK = CHUNK_SIZE / 4, EXACT = 0 };
#endif
enum { ALIGN = 16, USED_ANYWAY = 48 * 1024 };

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct arena {
	struct chunk *chunks;
};

static void (*oom_hook)(void *);
static void *oom_arg;

void arena_on_oom(void (*hook)(void *), void *arg)
{
	oom_hook = hook;
	oom_arg = arg;
}

_Noreturn static void out_of_memory(void)
{
	static const char text[] = "sbrun: out of memory\n";
	void (*hook)(void *) = oom_hook;

	oom_hook = NULL; /* once, also when the hook itself runs out */
	if (hook)
		hook(oom_arg);
	fwrite(text, 1, sizeof(text) - 1, stderr);
	fflush(stderr);
	_exit(EXIT_SBRUN);
}

static void *get_zeroed(size_t size)
{
	void *p;

	if (EXACT)
		return calloc(1, size);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static struct chunk *chunk_create(size_t size)
{
	struct chunk *c;

	if (size > SIZE_MAX - sizeof(*c) || !(c = get_zeroed(sizeof(*c) + size)))
		out_of_memory();
	c->size = size;
	return c;
}

static void chunk_destroy(struct chunk *c)
{
	if (EXACT)
		free(c);
	else
		munmap(c, sizeof(*c) + c->size);
}

struct arena *arena_create(void)
{
	struct chunk *first = chunk_create(CHUNK_SIZE);
	struct arena *a = (struct arena *)first->data;

#ifdef MADV_POPULATE_WRITE /* Linux 5.14; older ones say EINVAL, and each page costs a fault */
	if (!EXACT)
		madvise(first, USED_ANYWAY, MADV_POPULATE_WRITE);
#endif

	first->used = (sizeof(*a) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	a->chunks = first;
	return a;
}

void arena_destroy(struct arena *a)
{
	/* The arena lives in its first chunk, which is the last of the chain. */
	struct chunk *c = a ? a->chunks : NULL;

	while (c) {
		struct chunk *next = c->next;

		chunk_destroy(c);
		c = next;
	}
}

static void *chunk_take(struct chunk *c, size_t size)
{
	void *p = c->data + c->used;

	c->used += size; /* nothing is ever given back, so it is still zero */
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;

	if (size > SIZE_MAX - ALIGN)
		out_of_memory();
	if (!EXACT)
		size = size ? (size + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
	if (!EXACT && size <= c->size - c->used)
		return chunk_take(c, size);
	if (EXACT || size > OWN_CHUNK) {
		struct chunk *own = chunk_create(size);

		own->next = c->next;
		/* The first chunk holds the arena and stays last. */
		if (!c->next) {
			own->next = c;
			a->chunks = own;
		} else {
			c->next = own;
		}
		return chunk_take(own, size);
	}
	c = chunk_create(CHUNK_SIZE);
	c->next = a->chunks;
	a->chunks = c;
	return chunk_take(c, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory();
	return arena_alloc(a, bytes);
}

void *arena_grow(struct arena *a, void *p, size_t *cap, size_t want, size_t size)
{
	size_t n = *cap < 8 ? 8 : *cap;
	void *q;

	if (p && want <= *cap)
		return p;
	while (n < want) {
		if (n > SIZE_MAX / 2)
			out_of_memory();
		n *= 2;
	}
	q = arena_array(a, n, size);
	if (p)
		memcpy(q, p, *cap * size);
	*cap = n;
	return q;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p;

	if (n == SIZE_MAX)
		out_of_memory();
	p = arena_alloc(a, n + 1);
	if (n)
		memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *q = arena_alloc(a, n);

	return n ? memcpy(q, p, n) : q;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char shorter[256], *p;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(shorter, sizeof(shorter), fmt, again);
	va_end(again);
	if (n < 0)
		out_of_memory(); /* only an encoding error or a text over INT_MAX gets here */
	if ((size_t)n < sizeof(shorter))
		return arena_memdup(a, shorter, (size_t)n + 1);
	p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}
