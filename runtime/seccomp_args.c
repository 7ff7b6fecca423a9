/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several rules with conditions for one system call. libseccomp keeps them in a tree, and a comparison of
 * 64 bits by order, or one for "not equal", stands in it by halves that share what follows: with a second rule
 * the tree can get a cycle, so that adding never ends, or lose a branch, so that a call is let through which
 * a rule refuses (2.5.4; of random sets of three rules about one in ten). A rule with some of another's
 * conditions cuts off the branch of that, which is then lost memory, or is refused, or cuts itself off, as
 * they follow each other. Single rules, and those with one comparison for equality each, come out right.
 *
 * So of the others it gets one rule without conditions, whose answer is a mark, and where that stands in the
 * program goes a jump to what is made here: one rule after the other, each with its comparisons, and the
 * first that holds has the answer. What says more comes first: a rule with more conditions, then, as
 * libseccomp has it, the narrower comparison, so that "above 10" can have another answer than "above 5".
 *
 * An architecture of 32 bits has only the lower half of each argument.
 */
#include "seccomp_rules.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

enum {
	LOAD = BPF_LD | BPF_W | BPF_ABS,
	AND = BPF_ALU | BPF_AND | BPF_K,
	IF_EQ = BPF_JMP | BPF_JEQ | BPF_K,
	IF_GT = BPF_JMP | BPF_JGT | BPF_K,
	IF_GE = BPF_JMP | BPF_JGE | BPF_K,
	/* Jumps whose distance is known later; a rule has at most 31 instructions. */
	TO_NEXT_CONDITION = 254,
	TO_NEXT_RULE = 255,
};

/* By enum scmp_compare: the last comparison, whether "no" is meant, and the place in the order of rules. */
static const struct {
	uint16_t code;
	bool negated;
	uint8_t rank;
} ops[] = {
	[SCMP_CMP_NE] = { IF_EQ, true, 6 },  [SCMP_CMP_LT] = { IF_GE, true, 2 },
	[SCMP_CMP_LE] = { IF_GT, true, 3 },  [SCMP_CMP_EQ] = { IF_EQ, false, 0 },
	[SCMP_CMP_GE] = { IF_GE, false, 5 }, [SCMP_CMP_GT] = { IF_GT, false, 4 },
	[SCMP_CMP_MASKED_EQ] = { IF_EQ, false, 1 },
};

static bool one_for_equality(const struct seccomp_rule *r)
{
	return r->n == 1 && (r->v[0].op == SCMP_CMP_EQ || r->v[0].op == SCMP_CMP_MASKED_EQ);
}

bool seccomp_args_ours(const struct seccomp_rule *r, size_t n)
{
	bool ours = false;

	for (size_t i = 0; i < n && n > 1; i++)
		ours = ours || !one_for_equality(&r[i]);
	return ours;
}

/* ---- the order */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_conditions(const struct scmp_arg_cmp *a, const struct scmp_arg_cmp *b)
{
	bool below = a->op == SCMP_CMP_LT || a->op == SCMP_CMP_LE;
	int r = compare_numbers(b->arg, a->arg);

	if (!r)
		r = compare_numbers(ops[a->op].rank, ops[b->op].rank);
	if (!r && a->op == SCMP_CMP_MASKED_EQ)
		r = compare_numbers((uint64_t)__builtin_popcountll(b->datum_a),
				    (uint64_t)__builtin_popcountll(a->datum_a));
	if (!r)
		r = below ? compare_numbers(a->datum_a, b->datum_a) : compare_numbers(b->datum_a, a->datum_a);
	if (!r && a->op == SCMP_CMP_MASKED_EQ)
		r = compare_numbers(b->datum_a & b->datum_b, a->datum_a & a->datum_b);
	return r;
}

static int by_index(const void *x, const void *y)
{
	const struct scmp_arg_cmp *a = x, *b = y;

	return compare_numbers(a->arg, b->arg);
}

/* 0: the same conditions */
static int compare_rules(const struct seccomp_rule *a, const struct seccomp_rule *b)
{
	int r = compare_numbers(b->n, a->n);

	for (unsigned i = 0; i < a->n && !r; i++)
		r = compare_conditions(&a->v[i], &b->v[i]);
	return r;
}

static int by_what_they_say(const void *x, const void *y)
{
	const struct seccomp_rule *a = x, *b = y;
	int r = compare_rules(a, b);

	return r ? r : compare_numbers(a->order, b->order);
}

const struct seccomp_rule *seccomp_args_sort(struct seccomp_rule *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		qsort(r[i].v, r[i].n, sizeof *r[i].v, by_index);
	qsort(r, n, sizeof *r, by_what_they_say);
	for (size_t i = 1; i < n; i++)
		if (!compare_rules(&r[i - 1], &r[i]) && r[i - 1].action != r[i].action)
			return &r[i];
	return NULL;
}

/* ---- the instructions */

struct writer {
	struct sock_filter *v;
	uint32_t n;
	bool narrow; /* for 32 bits */
};

static void put(struct writer *w, uint16_t code, uint32_t k, unsigned yes, unsigned no)
{
	w->v[w->n++] = (struct sock_filter){ code, (unsigned char)yes, (unsigned char)no, k };
}

/* From `from` on, jumps of that kind go to what is put next. */
static void land(struct writer *w, uint32_t from, unsigned kind)
{
	for (uint32_t i = from; i < w->n; i++) {
		if (BPF_CLASS(w->v[i].code) != BPF_JMP)
			continue;
		if (w->v[i].jt == kind)
			w->v[i].jt = (unsigned char)(w->n - i - 1);
		if (w->v[i].jf == kind)
			w->v[i].jf = (unsigned char)(w->n - i - 1);
	}
}

static void load_half(struct writer *w, unsigned arg, bool upper)
{
	bool second = upper == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	put(w, LOAD, (uint32_t)(offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t) +
				(second ? sizeof(uint32_t) : 0)), 0, 0);
}

static void masked_half(struct writer *w, const struct scmp_arg_cmp *c, bool upper)
{
	uint32_t mask = (uint32_t)(upper ? c->datum_a >> 32 : c->datum_a);
	uint32_t value = (uint32_t)(upper ? c->datum_b >> 32 : c->datum_b);

	if (!mask)
		return;
	load_half(w, c->arg, upper);
	put(w, AND, mask, 0, 0);
	put(w, IF_EQ, value & mask, 0, TO_NEXT_RULE);
}

/* At most five instructions: the upper half decides unless it is equal, then the lower. */
static void condition(struct writer *w, const struct scmp_arg_cmp *c)
{
	bool negated = ops[c->op].negated;
	unsigned yes = negated ? TO_NEXT_RULE : TO_NEXT_CONDITION;
	unsigned no = negated ? TO_NEXT_CONDITION : TO_NEXT_RULE;
	uint32_t upper = (uint32_t)(c->datum_a >> 32), from = w->n;

	if (c->op == SCMP_CMP_MASKED_EQ) {
		if (!w->narrow)
			masked_half(w, c, true);
		masked_half(w, c, false);
		return;
	}
	if (!w->narrow) {
		load_half(w, c->arg, true);
		if (ops[c->op].code != IF_EQ)
			put(w, IF_GT, upper, yes, 0);
		put(w, IF_EQ, upper, 0, no);
	}
	load_half(w, c->arg, false);
	put(w, ops[c->op].code, (uint32_t)c->datum_a, yes, no);
	land(w, from, TO_NEXT_CONDITION);
}

static void all_rules(struct writer *w, const struct seccomp_rule *r, size_t n, uint32_t by_default)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t from = w->n;

		for (unsigned k = 0; k < r[i].n; k++)
			condition(w, &r[i].v[k]);
		put(w, BPF_RET | BPF_K, r[i].action, 0, 0);
		land(w, from, TO_NEXT_RULE);
	}
	put(w, BPF_RET | BPF_K, by_default, 0, 0);
}

size_t seccomp_args_max(size_t n)
{
	enum { ONE_RULE = SECCOMP_ARGS * 5 + 1, CHOICE = 2 * SECCOMP_ARCHS_MAX + 3 };

	return 2 * (n * ONE_RULE + 1) + CHOICE;
}

/* Ends with two jumps: to what follows, and over `wide` instructions of it. */
static void choose_by_arch(struct writer *w, const struct seccomp_archs *archs, uint32_t wide)
{
	uint32_t from = w->n;

	put(w, LOAD, offsetof(struct seccomp_data, arch), 0, 0);
	for (unsigned i = 0; i < archs->n; i++)
		if (archs->v[i].narrow && !archs->v[i].base)
			put(w, IF_EQ, archs->v[i].audit, TO_NEXT_RULE, 0);
	for (unsigned i = 0; i < archs->n; i++)
		if (archs->v[i].narrow && archs->v[i].base) {
			put(w, LOAD, offsetof(struct seccomp_data, nr), 0, 0);
			put(w, IF_GE, archs->v[i].base, TO_NEXT_RULE, 0);
		}
	put(w, BPF_JMP | BPF_JA, 1, 0, 0);
	land(w, from, TO_NEXT_RULE);
	put(w, BPF_JMP | BPF_JA, wide, 0, 0);
}

uint32_t seccomp_args_write(const struct seccomp_rule *r, size_t n, uint32_t by_default,
			    const struct seccomp_archs *archs, struct sock_filter *out)
{
	struct writer w = { .v = out };
	bool narrow = false;

	for (unsigned i = 0; i < archs->n; i++)
		narrow = narrow || archs->v[i].narrow;
	if (narrow) {
		all_rules(&w, r, n, by_default); /* for its length */
		uint32_t wide = w.n;

		w.n = 0;
		choose_by_arch(&w, archs, wide);
	}
	all_rules(&w, r, n, by_default);
	if (narrow) {
		w.narrow = true;
		all_rules(&w, r, n, by_default);
	}
	return w.n;
}
