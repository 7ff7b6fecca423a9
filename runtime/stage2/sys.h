/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw system calls: stage-2 has no libc. Results are the kernel's: negative errno on failure.
 * A failed call leaves its number in g.call, so that the report can name it.
 */
#ifndef SBRUN_STAGE2_SYS_H
#define SBRUN_STAGE2_SYS_H

#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>
#include <linux/errno.h>

#if defined(__x86_64__)
static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}
#else
#error "stage-2 has no system call stubs for this architecture yet: add raw6() and _start here and in start.c"
#endif

#define SYS_ARG(x) ((long)(x))
#define SYS_PICK(_0, _1, _2, _3, _4, _5, _6, n, ...) n
#define SYS_0(nr) note_call(nr, raw6(nr, 0, 0, 0, 0, 0, 0))
#define SYS_1(nr, a) note_call(nr, raw6(nr, SYS_ARG(a), 0, 0, 0, 0, 0))
#define SYS_2(nr, a, b) note_call(nr, raw6(nr, SYS_ARG(a), SYS_ARG(b), 0, 0, 0, 0))
#define SYS_3(nr, a, b, c) note_call(nr, raw6(nr, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), 0, 0, 0))
#define SYS_4(nr, a, b, c, d) note_call(nr, raw6(nr, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), 0, 0))
#define SYS_5(nr, a, b, c, d, e) \
	note_call(nr, raw6(nr, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), 0))
#define SYS_6(nr, a, b, c, d, e, f) \
	note_call(nr, raw6(nr, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), SYS_ARG(f)))
#define SYS_N(...) SYS_PICK(__VA_ARGS__, SYS_6, SYS_5, SYS_4, SYS_3, SYS_2, SYS_1, SYS_0)
/* SYS(openat, dirfd, path, flags): the result, or -errno. */
#define SYS(name, ...) SYS_N(__NR_##name, ##__VA_ARGS__)(__NR_##name, ##__VA_ARGS__)

long note_call(long nr, long ret);

/* strings and memory (text.c); the compiler calls the mem* ones by itself */
void *memcpy(void *d, const void *s, size_t n);
void *memmove(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t text_len(const char *s);
int text_eq(const char *a, const char *b);
int text_starts(const char *s, const char *prefix);
/* Append s to the NUL-terminated text in buf[size]; 0, or -ENAMETOOLONG with buf unchanged. */
int text_add(char *buf, size_t size, const char *s);
int text_add_number(char *buf, size_t size, uint64_t n);
/* Decimal digits only; -1 when there is none or it is too large. */
long text_number(const char *s);

#endif
