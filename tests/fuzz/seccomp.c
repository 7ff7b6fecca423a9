/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as linux.seccomp: what is accepted is compiled to a program that the kernel's check would take
 * (every jump goes forward and lands inside, it reads only struct seccomp_data, it ends with a return), the
 * same each time. And it says what the rules say: with conditions on arguments, the answer is that of a rule
 * which holds, or the default when none does.
 */
#include "fuzz.h"

#include "../../runtime/seccomp.h"
#include "../bpf.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>

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

/* ---- what the rules say */

static uint32_t answer_of(const char *action, const struct opt_u64 *ret)
{
	static const struct { const char *name; uint32_t answer; } answers[] = {
		{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW },	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO },
		{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD },	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
		{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD }, { "SCMP_ACT_LOG", SECCOMP_RET_LOG },
		{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF },	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE },
		{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP },
	};
	size_t i = 0;

	while (strcmp(answers[i].name, action))
		i++;
	if (answers[i].answer == SECCOMP_RET_ERRNO || answers[i].answer == SECCOMP_RET_TRACE)
		return answers[i].answer | (uint32_t)(ret->set ? ret->v : EPERM);
	return answers[i].answer;
}

static bool condition_holds(const struct spec_syscall_arg *c, uint64_t x)
{
	const struct { const char *op; bool holds; } ops[] = {
		{ "SCMP_CMP_NE", x != c->value },  { "SCMP_CMP_LT", x < c->value },
		{ "SCMP_CMP_LE", x <= c->value },  { "SCMP_CMP_EQ", x == c->value },
		{ "SCMP_CMP_GE", x >= c->value },  { "SCMP_CMP_GT", x > c->value },
		{ "SCMP_CMP_MASKED_EQ", (x & c->value) == (c->value_two & c->value) },
	};
	size_t i = 0;

	while (strcmp(ops[i].op, c->op))
		i++;
	return ops[i].holds;
}

/* All of them; but where an index is there twice, any. */
static bool rule_holds(const struct spec_syscall *sc, const struct seccomp_data *d)
{
	size_t holding = 0;
	bool alone = false;

	for (size_t i = 0; i < sc->args.n; i++) {
		holding += condition_holds(&sc->args.v[i], d->args[sc->args.v[i].index]);
		for (size_t k = 0; k < i; k++)
			alone = alone || sc->args.v[i].index == sc->args.v[k].index;
	}
	return alone ? holding > 0 : holding == sc->args.n;
}

static bool has_name(const struct spec_syscall *sc, int nr)
{
	for (size_t i = 0; i < sc->names.n; i++)
		if (seccomp_syscall_resolve_name(sc->names.v[i]) == nr)
			return true;
	return false;
}

static void check_answer(const struct seccomp_program *p, const struct spec_seccomp *s,
			 const struct seccomp_data *d)
{
	uint32_t got = interpret(p, d), by_default = answer_of(s->default_action, &s->default_errno_ret);
	bool plain = false, good = false, none = true;

	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct spec_syscall *sc = &s->syscalls.v[i];
		uint32_t answer = answer_of(sc->action, &sc->errno_ret);

		if (answer == by_default || !has_name(sc, d->nr) || (sc->args.n && !rule_holds(sc, d)))
			continue;
		if (!sc->args.n && !plain) /* the first of these has its way */
			good = false;
		if (plain)
			continue;
		plain = !sc->args.n;
		none = false;
		good = good || got == answer;
	}
	MUST(none ? got == by_default : good);
}

/* About the values that its rules name. */
static void check_rules_of(const struct seccomp_program *p, const struct spec_seccomp *s, int nr,
			   unsigned *seed)
{
	struct seccomp_data d = { .nr = nr, .arch = seccomp_arch_native() };

	for (int tries = 0; tries < 8; tries++) {
		for (size_t i = 0; i < s->syscalls.n; i++) {
			const struct spec_syscall *sc = &s->syscalls.v[i];

			for (size_t k = 0; k < sc->args.n && has_name(sc, nr); k++) {
				__u64 *arg = &d.args[sc->args.v[k].index];

				*seed = *seed * 1103515245 + 12345;
				if (*seed >> 16 & 1)
					*arg = sc->args.v[k].value + (*seed >> 17) % 3 - 1;
				if ((*seed >> 20) % 8 == 0)
					*arg ^= 1ull << (*seed >> 23) % 64;
			}
		}
		check_answer(p, s, &d);
	}
}

static void check_rules(const struct seccomp_program *p, const struct spec_seccomp *s)
{
	unsigned seed = 1, rules = 0;

	for (size_t i = 0; i < s->syscalls.n && rules < 32; i++) {
		const struct spec_syscall *sc = &s->syscalls.v[i];

		for (size_t k = 0; sc->args.n && k < sc->names.n && rules++ < 32; k++) {
			int nr = seccomp_syscall_resolve_name(sc->names.v[k]);

			if (nr >= 0)
				check_rules_of(p, s, nr, &seed);
		}
	}
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
			check_rules(&p, s->linux_->seccomp);
			MUST(seccomp_compile(a, s, &q, &dg) == 0 && p.n_insns == q.n_insns);
			MUST(!memcmp(p.insns, q.insns, p.n_insns * sizeof *p.insns));
		}
	}
	arena_destroy(a);
	return 0;
}
