/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 32-bit program without a C library: makes system call NR and exits with its errno.
 * cc -m32 -static -nostdlib -DNR=... -o call32 call32.S
 */
	.globl _start
_start:
	movl $NR, %eax
	xorl %ebx, %ebx
	xorl %ecx, %ecx
	xorl %edx, %edx
	int $0x80
	negl %eax
	movl %eax, %ebx
	movl $1, %eax
	int $0x80
	hlt
	.section .note.GNU-stack, "", @progbits
