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
 *
 * The same answer goes to a socket(2) that comes by socketcall(2), whose arguments are in memory
 * where no filter sees them, when a rule has conditions on them: libseccomp would let all of them
 * through, or none. Programs then use the call itself. ipc(2) is another such gate.
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
 * Jumps to the program are written as 255 and those to the ENOSYS as 254: how far they are away
 * is known at the end.
 */
enum { TO_PROGRAM = 255, TO_ENOSYS = 254 };

enum { FIRST_ARG = offsetof(struct seccomp_data, args) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0) };

/* A is nr; it still is when that is not the gate's. ipc(2) has a version in the upper half. */
static uint32_t one_gate(const struct seccomp_gate *g, bool ipc, struct sock_filter *p)
{
	uint32_t guarded = g->guarded & ~g->open, n = 0;

	if (!guarded)
		return 0;
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, g->nr, 0, 0);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIRST_ARG);
	if (ipc)
		p[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff);
	for (uint32_t which = 1; which < 32; which++)
		if (guarded >> which & 1)
			p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, which,
							      TO_ENOSYS, 0);
	p[n - 1].jf = TO_PROGRAM;
	p[0].jf = (unsigned char)(n - 1);
	return n;
}

static uint32_t one_newest(const struct seccomp_arch *a, const struct seccomp_arch *x32,
			   struct sock_filter *p)
{
	uint32_t n = 0;

	if (a->special != UINT32_MAX)
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, a->special,
						      x32 ? 1 : TO_PROGRAM, 0);
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)a->newest, TO_ENOSYS,
					      TO_PROGRAM);
	if (x32)
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)x32->newest,
						      TO_ENOSYS, TO_PROGRAM);
	return n;
}

static uint32_t one_arch(const struct seccomp_arch *a, const struct seccomp_arch *x32, bool newer,
			 struct sock_filter *p)
{
	uint32_t n = 2;

	n += one_gate(&a->socketcall, false, p + n);
	n += one_gate(&a->ipc, true, p + n);
	if (newer && a->newest >= 0)
		n += one_newest(a, x32, p + n);
	if (n == 2)
		return 0;
	p[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, a->audit, 0, 0);
	p[1] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	if (!newer || a->newest < 0) /* a call that was none of the gates': no other architecture's either */
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0, TO_PROGRAM, TO_PROGRAM);
	p[0].jf = (unsigned char)(n - 1);
	return n;
}

uint32_t seccomp_head(const struct seccomp_archs *archs, bool newer, struct sock_filter *out)
{
	const struct seccomp_arch *x32 = find_x32(archs);
	uint32_t n = 1;

	out[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	for (unsigned i = 0; i < archs->n; i++) {
		const struct seccomp_arch *a = &archs->v[i];

		if (a->token != SCMP_ARCH_X32)
			n += one_arch(a, a->token == SCMP_ARCH_X86_64 ? x32 : NULL, newer, out + n);
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
