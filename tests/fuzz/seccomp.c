/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as linux.seccomp: what is accepted is compiled to a program that the kernel's check would take
 * (every jump goes forward and lands inside, it reads only struct seccomp_data, it ends with a return), the
 * same each time.
 */
#include "fuzz.h"

#include "../../runtime/seccomp.h"

#include <linux/seccomp.h>

const struct fuzz_shape *fuzz_shape(void)
{
	static struct fuzz_shape shape = { .json = true };

	if (!shape.table)
		shape.table = table_below(&table_spec, "linux", "seccomp", NULL);
	return &shape;
}

/* seccomp_check_filter() and bpf_check_classic(), as far as libseccomp's instructions go. */
static void check(const struct seccomp_program *p)
{
	MUST(p->n_insns && p->n_insns <= BPF_MAXINSNS && p->n_archs);
	for (uint32_t i = 0; i < p->n_insns; i++) {
		const struct sock_filter *f = &p->insns[i];
		uint64_t left = p->n_insns - i - 1;

		if (BPF_CLASS(f->code) == BPF_JMP)
			MUST(BPF_OP(f->code) == BPF_JA ? f->k < left : f->jt < left && f->jf < left);
		else if (BPF_CLASS(f->code) == BPF_LD && BPF_MODE(f->code) == BPF_ABS)
			MUST(f->k % 4 == 0 && f->k < sizeof(struct seccomp_data));
	}
	MUST(BPF_CLASS(p->insns[p->n_insns - 1].code) == BPF_RET);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char one[BLAKE2_SIZE], two[BLAKE2_SIZE];
	struct arena *a = arena_create();
	struct seccomp_program p, q;
	struct diags dg;
	struct spec *s;

	diags_init(&dg, a);
	s = fuzz_spec(a, "seccomp", data, size, &dg);
	fuzz_diags(&dg, !s, true);
	if (s && s->linux_->seccomp) {
		int r = seccomp_compile(a, s, &p, &dg);

		fuzz_diags(&dg, r < 0, true);
		seccomp_key(s->linux_->seccomp, one);
		seccomp_key(s->linux_->seccomp, two);
		MUST(!memcmp(one, two, sizeof one));
		if (r == 0) {
			check(&p);
			MUST(seccomp_compile(a, s, &q, &dg) == 0 && p.n_insns == q.n_insns);
			MUST(!memcmp(p.insns, q.insns, p.n_insns * sizeof *p.insns));
		}
	}
	arena_destroy(a);
	return 0;
}
