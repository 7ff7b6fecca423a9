/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ENOSYS for system calls that are newer than the profile. A profile lists what its author knew
 * and refuses the rest with EPERM, which a program takes for a final answer, where ENOSYS makes
 * it use the older call. So a few instructions stand before libseccomp's:
 *
 *	   A = arch
 *	   if A is the first architecture:
 *	      A = nr; if A is special: go on with the program
 *	      if A > newest of the profile: ENOSYS; else go on with the program
 *	   ... the next architecture
 *
 * x86-64 and x32 come with the same arch, and are told apart by a bit of nr.
 */
#include "seccomp_rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>

static const struct seccomp_arch *find_x32(const struct seccomp_archs *archs)
{
	for (unsigned i = 0; i < archs->n; i++)
		if (archs->v[i].token == SCMP_ARCH_X32 && archs->v[i].newest >= 0)
			return &archs->v[i];
	return NULL;
}

/*
 * One architecture's part, with jumps to the program written as 255 and those to the ENOSYS as
 * 254: how far they are away is known at the end.
 */
enum { TO_PROGRAM = 255, TO_ENOSYS = 254 };

static uint32_t one_arch(const struct seccomp_arch *a, const struct seccomp_arch *x32, struct sock_filter *p)
{
	uint32_t n = 0, newest = (uint32_t)a->newest;

	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, a->audit, 0, 0);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	if (a->special != UINT32_MAX)
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, a->special,
						      x32 ? 1 : TO_PROGRAM, 0);
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, newest, TO_ENOSYS, TO_PROGRAM);
	if (x32)
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)x32->newest,
						      TO_ENOSYS, TO_PROGRAM);
	p[0].jf = (unsigned char)(n - 1);
	return n;
}

uint32_t seccomp_newer(const struct seccomp_archs *archs, struct sock_filter *out)
{
	const struct seccomp_arch *x32 = find_x32(archs);
	uint32_t n = 1;

	out[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	for (unsigned i = 0; i < archs->n; i++) {
		const struct seccomp_arch *a = &archs->v[i];

		if (a->newest >= 0 && a->token != SCMP_ARCH_X32)
			n += one_arch(a, a->token == SCMP_ARCH_X86_64 ? x32 : NULL, out + n);
	}
	if (n == 1)
		return 0;
	out[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0);
	out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	for (uint32_t i = 0; i < n; i++) {
		unsigned char *jump[] = { &out[i].jt, &out[i].jf };

		for (int k = 0; k < 2 && BPF_CLASS(out[i].code) == BPF_JMP; k++)
			if (*jump[k] >= TO_ENOSYS)
				*jump[k] = (unsigned char)(n - (*jump[k] == TO_ENOSYS) - i - 1);
	}
	return n;
}
