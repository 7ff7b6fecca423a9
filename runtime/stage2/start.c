/* SPDX-License-Identifier: Apache-2.0 */
/* Where the kernel enters: the stack holds argc, argv, NULL, environment, NULL. */
#include "stage2.h"

#if defined(__x86_64__)
__asm__(".globl _start\n"
	".type _start,@function\n"
	"_start:\n"
	"\txor %ebp, %ebp\n"
	"\tmov %rsp, %rdi\n"
	"\tand $-16, %rsp\n"
	"\tcall stage2_main\n"
	"\thlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n"
	".type _start,%function\n"
	"_start:\n"
	"\tmov x29, #0\n"
	"\tmov x30, #0\n"
	"\tmov x0, sp\n"
	"\tand sp, x0, #-16\n"
	"\tbl stage2_main\n"
	"\tbrk #0\n");
#endif
