/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call for those who share our memory and have no errno of their own: a child before its exec
 * (child.c), a thread that the C library does not know (early_net.c). What it returns is the kernel's: -errno
 * where it failed. Nothing else is touched.
 */
#ifndef SBRUN_RUNTIME_RAW_H
#define SBRUN_RUNTIME_RAW_H

static inline long raw(long nr, long a, long b, long c, long d, long e)
{
#if defined(__x86_64__)
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory", "cc");
	return x0;
#else
#error "add the system call instruction of this architecture"
#endif
}

#endif
