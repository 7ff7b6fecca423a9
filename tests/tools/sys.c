/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One system call, and what came of it: "ok N" or the errno's name.
 *
 *   sys NUMBER [ARG]...          numbers in any base of C
 *   sys --i386 NUMBER [ARG]...   by the 32-bit entry of an x86-64 kernel, as a 32-bit program calls
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long by_i386(long nr, const unsigned long *a)
{
#if defined(__x86_64__)
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
			 : "memory", "r8", "r9", "r10", "r11");
	if ((int)ret < 0 && (int)ret > -4096) {
		errno = -(int)ret;
		return -1;
	}
	return (int)ret;
#else
	(void)nr, (void)a;
	errno = ENOTSUP;
	return -1;
#endif
}

int main(int argc, char **argv)
{
	int i386 = argc > 1 && !strcmp(argv[1], "--i386");
	unsigned long a[6] = { 0 };
	long nr, r;

	argv += 1 + i386;
	if (!*argv)
		return 2;
	nr = strtol(*argv++, NULL, 0);
	for (int i = 0; i < 6 && *argv; i++)
		a[i] = strtoul(*argv++, NULL, 0);
	r = i386 ? by_i386(nr, a) : syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (r < 0)
		puts(strerrorname_np(errno));
	else
		printf("ok %ld\n", r);
	return 0;
}
