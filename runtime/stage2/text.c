/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings and memory without a libc. Plain loops, but for the two that the compiler calls to clear and copy
 * whole buffers: there a processor with an instruction for it is some thirty times as fast.
 */
#include "sys.h"

void *memcpy(void *d, const void *s, size_t n)
{
	unsigned char *to = d;
	const unsigned char *from = s;

#if defined(__x86_64__)
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
#else
	while (n--)
		*to++ = *from++;
#endif
	return d;
}

void *memmove(void *d, const void *s, size_t n)
{
	unsigned char *to = d;
	const unsigned char *from = s;

	if (to <= from)
		return memcpy(d, s, n);
	while (n--)
		to[n] = from[n];
	return d;
}

void *memset(void *d, int c, size_t n)
{
	unsigned char *to = d;

#if defined(__x86_64__)
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
#else
	while (n--)
		*to++ = (unsigned char)c;
#endif
	return d;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n--; x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t text_len(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int text_eq(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

int text_starts(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return 0;
	return 1;
}

int text_add(char *buf, size_t size, const char *s)
{
	size_t used = text_len(buf), n = text_len(s);

	if (n >= size - used)
		return -ENAMETOOLONG;
	memcpy(buf + used, s, n + 1);
	return 0;
}

int text_add_number(char *buf, size_t size, uint64_t n)
{
	char digits[24];
	size_t i = sizeof digits;

	digits[--i] = 0;
	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return text_add(buf, size, digits + i);
}

long text_number(const char *s)
{
	long n = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || n > 100000000)
			return -1;
		n = n * 10 + (*s - '0');
	}
	return n;
}
