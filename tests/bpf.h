/* SPDX-License-Identifier: Apache-2.0 */
/* An interpreter of classic BPF, as far as filters use it: what a program answers, without a kernel. */
#ifndef SBRUN_TESTS_BPF_H
#define SBRUN_TESTS_BPF_H

#include "../runtime/seccomp.h"

#include <linux/seccomp.h>
#include <string.h>

static inline uint32_t bpf_load(const struct seccomp_data *d, uint32_t at)
{
	uint32_t v = 0xdeadbeef;

	if (at <= sizeof *d - sizeof v && at % 4 == 0)
		memcpy(&v, (const char *)d + at, sizeof v);
	return v;
}

static inline bool bpf_jumps(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ: return a == k;
	case BPF_JGT: return a > k;
	case BPF_JGE: return a >= k;
	case BPF_JSET: return a & k;
	}
	return false;
}

static inline uint32_t interpret(const struct seccomp_program *p, const struct seccomp_data *d)
{
	uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 };

	for (uint32_t pc = 0; pc < p->n_insns; pc++) {
		const struct sock_filter *f = &p->insns[pc];

		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			a = BPF_MODE(f->code) == BPF_MEM ? mem[f->k % BPF_MEMWORDS] : bpf_load(d, f->k);
			break;
		case BPF_ST: mem[f->k % BPF_MEMWORDS] = a; break;
		case BPF_ALU: a = BPF_OP(f->code) == BPF_AND ? a & f->k : a; break;
		case BPF_MISC: x = a; break;
		case BPF_RET: return BPF_RVAL(f->code) == BPF_A ? a : f->k;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA)
				pc += f->k;
			else if (bpf_jumps(f->code, a, BPF_SRC(f->code) == BPF_X ? x : f->k))
				pc += f->jt;
			else
				pc += f->jf;
			break;
		default: return 0xffffffff;
		}
	}
	return 0xfffffffe; /* fell off the end */
}

#endif
