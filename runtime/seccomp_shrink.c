/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shorter program with the same answers. libseccomp compares call by call, and for each architecture
 * anew; the kernel translates every instruction at every start and then runs the program once for each
 * number there is (seccomp_is_const_allow), which for a long profile is most of what a filter costs a run.
 *
 * The program depends on the architecture, the number, and for some numbers on arguments. Numbers are
 * compared with constants only, so between two neighbouring constants all have the same answer: it is
 * found by running the program there, as far as it goes without arguments. What comes out is, for each
 * architecture, a tree over the ranges of equal answers; where a number's arguments matter, it ends in what
 * is left of the program for that architecture and number.
 *
 * It is all exact, for any number and architecture, or it isn't done: an instruction that libseccomp
 * doesn't use here, or a number that is not only compared, leaves the program as it was. So does a result
 * that, asked again at each constant, has another answer.
 *
 * Jumps go forward only, so the new program is written from its end. An instruction's rank is the number
 * of those behind it.
 */
#include "seccomp_rules.h"

#include "../spec/arena.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
	AT_NR = offsetof(struct seccomp_data, nr),
	AT_ARCH = offsetof(struct seccomp_data, arch),
	LOAD = BPF_LD | BPF_W | BPF_ABS,
	JUMP = BPF_JMP | BPF_JA,
	IF_EQ = BPF_JMP | BPF_JEQ | BPF_K,
	IF_GT = BPF_JMP | BPF_JGT | BPF_K,
	IF_GE = BPF_JMP | BPF_JGE | BPF_K,
	IF_SET = BPF_JMP | BPF_JSET | BPF_K,
	MASK = BPF_ALU | BPF_AND | BPF_K,
	ANSWER = BPF_RET | BPF_K,
	FARTHEST = 255, /* of a conditional jump */
	ANSWERS = 16,   /* remembered with their places */
	ARCHS = 8,
};

static const uint32_t none = UINT32_MAX;

struct program {
	const struct sock_filter *v;
	uint32_t n;
};

struct numbers {
	uint32_t *v, n;
};

/* From `first` to the next one's: an answer, or (`place` is one) what is left of the program. */
struct range {
	uint32_t first, answer, place;
};

struct shrinker {
	struct program old;
	struct sock_filter *rev; /* the new one, its last instruction first */
	uint32_t n, max;
	struct { uint32_t answer, rank; } answers[ANSWERS];
	uint32_t n_answers;
	uint32_t *rest; /* of one number: the rank of what is left from an old instruction on, or none */
	uint32_t arch, nr; /* that number */
	struct numbers nrs, archs; /* what they are compared with */
	bool failed;
};

/* ---- the old program, asked */

/* What of the data is in A before an instruction, by any way to it. */
enum { FROM_NR = 1, FROM_ARCH = 2, FROM_ELSEWHERE = 4, REACHED = 8 };

static bool conditional(uint16_t code)
{
	return code == IF_EQ || code == IF_GT || code == IF_GE || code == IF_SET;
}

static void note(struct numbers *list, uint32_t number)
{
	list->v[list->n++] = number;
}

/* A comparison with what may be the number or the architecture. */
static bool note_comparison(struct shrinker *s, const struct sock_filter *i, unsigned from)
{
	if (from & FROM_NR) {
		note(&s->nrs, i->k);
		if (i->k != UINT32_MAX)
			note(&s->nrs, i->k + 1);
	}
	if (from & FROM_ARCH)
		note(&s->archs, i->k);
	if (from & FROM_ARCH && i->code != IF_EQ)
		return false;
	return !(from & FROM_NR) || i->code != IF_SET;
}

/* What is in A behind an instruction; 0: an instruction that isn't known here. */
static unsigned behind(const struct sock_filter *i, unsigned from)
{
	if (i->code == LOAD)
		return REACHED | (i->k == AT_NR ? FROM_NR : i->k == AT_ARCH ? FROM_ARCH : FROM_ELSEWHERE);
	if (i->code == MASK)
		return from & (FROM_NR | FROM_ARCH) ? 0 : from;
	return conditional(i->code) || i->code == JUMP || i->code == ANSWER ? from : 0;
}

/* One instruction's part of that; false: it can't be followed. */
static bool look_at(struct shrinker *s, uint32_t pc, unsigned char *from)
{
	const struct sock_filter *i = &s->old.v[pc];
	uint32_t left = s->old.n - pc - 1; /* behind it */
	unsigned to = behind(i, from[pc]);

	if (!to || i->code == ANSWER)
		return to;
	if (conditional(i->code)) {
		if (i->jt >= left || i->jf >= left || !note_comparison(s, i, to))
			return false;
		from[pc + 1 + i->jt] |= (unsigned char)to;
		from[pc + 1 + i->jf] |= (unsigned char)to;
		return true;
	}
	if ((i->code == JUMP ? i->k : 0) >= left)
		return false;
	from[pc + 1 + (i->code == JUMP ? i->k : 0)] |= (unsigned char)to;
	return true;
}

/* Whether all that can be reached is as above; collects the constants. */
static bool look_through(struct arena *a, struct shrinker *s)
{
	unsigned char *from = arena_alloc(a, s->old.n);
	bool good = true;

	memset(from, 0, s->old.n);
	from[0] = REACHED;
	for (uint32_t pc = 0; pc < s->old.n && good; pc++)
		good = !from[pc] || look_at(s, pc, from);
	return good;
}

static bool holds(const struct sock_filter *i, uint32_t a)
{
	return i->code == IF_EQ   ? a == i->k
	       : i->code == IF_GT ? a > i->k
	       : i->code == IF_GE ? a >= i->k
				  : (a & i->k) != 0;
}

/* Where it answers, or loads something else, for that architecture and number, from `pc` with `a`. */
static uint32_t follow_known(struct program p, uint32_t pc, uint32_t a, uint32_t arch, uint32_t nr)
{
	for (;;) {
		const struct sock_filter *i = &p.v[pc++];

		if (i->code == ANSWER || (i->code == LOAD && i->k != AT_NR && i->k != AT_ARCH))
			return pc - 1;
		if (i->code == LOAD)
			a = i->k == AT_NR ? nr : arch;
		else if (i->code == MASK)
			a &= i->k;
		else
			pc += i->code == JUMP ? i->k : holds(i, a) ? i->jt : i->jf;
	}
}

/* ---- the new one, from its end */

static uint32_t put(struct shrinker *s, uint16_t code, uint32_t k)
{
	if (s->n == s->max) {
		s->failed = true;
		return 0;
	}
	s->rev[s->n] = (struct sock_filter){ .code = code, .k = k };
	return s->n++;
}

/* What is put next goes on with that one. */
static void go_on_with(struct shrinker *s, uint32_t rank)
{
	if (rank != s->n - 1)
		put(s, JUMP, s->n - 1 - rank);
}

/* The same, near enough for a conditional jump with `between` instructions before it. */
static uint32_t near(struct shrinker *s, uint32_t rank, uint32_t between)
{
	return s->n + between - 1 - rank > FARTHEST ? put(s, JUMP, s->n - 1 - rank) : rank;
}

static uint32_t branch(struct shrinker *s, const struct sock_filter *i, uint32_t yes, uint32_t no)
{
	uint32_t rank;

	if (yes == no)
		return yes;
	yes = near(s, yes, 1);
	no = near(s, no, 0);
	rank = put(s, i->code, i->k);
	if (!s->failed) {
		s->rev[rank].jt = (unsigned char)(rank - 1 - yes);
		s->rev[rank].jf = (unsigned char)(rank - 1 - no);
	}
	return rank;
}

static uint32_t answer(struct shrinker *s, uint32_t what)
{
	uint32_t i = 0;

	while (i < s->n_answers && s->answers[i].answer != what)
		i++;
	if (i < s->n_answers && s->n - s->answers[i].rank < FARTHEST - 2)
		return s->answers[i].rank;
	if (i == ANSWERS)
		return put(s, ANSWER, what);
	if (i == s->n_answers)
		s->answers[s->n_answers++].answer = what;
	return s->answers[i].rank = put(s, ANSWER, what);
}

static uint32_t rest_from(struct shrinker *s, uint32_t pc);

static uint32_t rest_known(struct shrinker *s, uint32_t pc)
{
	pc = follow_known(s->old, pc, 0, s->arch, s->nr);
	return s->old.v[pc].code == ANSWER ? answer(s, s->old.v[pc].k) : rest_from(s, pc);
}

/* What is left from there on, where A has something else: each old instruction at most once. */
static uint32_t rest_from(struct shrinker *s, uint32_t pc)
{
	const struct sock_filter *i = &s->old.v[pc];
	uint32_t rank, no;

	if (s->rest[pc] != none)
		return s->rest[pc];
	if (i->code == ANSWER)
		return answer(s, i->k);
	if (i->code == LOAD && (i->k == AT_NR || i->k == AT_ARCH))
		return rest_known(s, pc);
	if (conditional(i->code)) {
		rank = rest_from(s, pc + 1 + i->jt);
		no = rest_from(s, pc + 1 + i->jf);
		rank = branch(s, i, rank, no);
	} else {
		rank = rest_from(s, pc + 1 + (i->code == JUMP ? i->k : 0));
		if (i->code != JUMP) {
			go_on_with(s, rank);
			rank = put(s, i->code, i->k);
		}
	}
	return s->rest[pc] = rank;
}

/* ---- the ranges of an architecture */

static bool alike(const struct range *a, const struct range *b)
{
	return a->place == none && b->place == none && a->answer == b->answer;
}

static uint32_t find_ranges(struct shrinker *s, struct range *r)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->nrs.n; i++) {
		uint32_t pc = follow_known(s->old, 0, 0, s->arch, s->nrs.v[i]);
		bool answers = s->old.v[pc].code == ANSWER;

		r[n] = (struct range){ s->nrs.v[i], answers ? s->old.v[pc].k : 0, none };
		if (!answers) {
			memset(s->rest, 0xff, s->old.n * sizeof *s->rest);
			s->nr = s->nrs.v[i];
			r[n].place = rest_from(s, pc);
		}
		if (!n || !alike(&r[n - 1], &r[n]))
			n++;
	}
	return n;
}

static uint32_t tree(struct shrinker *s, const struct range *r, uint32_t n)
{
	struct sock_filter ask = { .code = IF_GE, .k = r[n / 2].first };
	uint32_t above;

	if (n == 1)
		return r->place == none ? answer(s, r->answer) : r->place;
	if (n == 3 && alike(&r[0], &r[2]) && r[2].first - r[1].first == 1) {
		above = tree(s, r + 1, 1);
		ask.code = IF_EQ;
		return branch(s, &ask, above, tree(s, r, 1));
	}
	above = tree(s, r + n / 2, n - n / 2);
	return branch(s, &ask, above, tree(s, r, n / 2));
}

/* Its part, and whether it is that: else what is behind. */
static uint32_t one_arch(struct arena *a, struct shrinker *s, uint32_t arch, uint32_t otherwise)
{
	struct range *r = arena_array(a, s->nrs.n, sizeof *r);
	struct sock_filter is_it = { .code = IF_EQ, .k = arch };
	uint32_t n, root;

	s->arch = arch;
	n = find_ranges(s, r);
	root = tree(s, r, n);
	if (n > 1) {
		go_on_with(s, root);
		root = put(s, LOAD, AT_NR);
	}
	return branch(s, &is_it, root, otherwise);
}

/* ---- all of it */

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_once(struct numbers *l)
{
	uint32_t n = 0;

	qsort(l->v, l->n, sizeof *l->v, by_value);
	for (uint32_t i = 0; i < l->n; i++)
		if (!i || l->v[i] != l->v[i - 1])
			l->v[n++] = l->v[i];
	l->n = n;
}

/* An architecture that the program isn't asked about. */
static uint32_t foreign(const struct numbers *archs)
{
	uint32_t arch = 1;

	for (uint32_t i = 0; i < archs->n; i++)
		if (archs->v[i] == arch) {
			arch++;
			i = none;
		}
	return arch;
}

static bool same_at(struct shrinker *s, struct program new, uint32_t arch, uint32_t nr)
{
	const struct sock_filter *was = &s->old.v[follow_known(s->old, 0, 0, arch, nr)];
	const struct sock_filter *is = &new.v[follow_known(new, 0, 0, arch, nr)];

	return was->code == is->code && was->k == is->k;
}

static bool same_answers(struct shrinker *s, struct program new)
{
	for (uint32_t i = 0; i <= s->archs.n; i++) {
		uint32_t arch = i < s->archs.n ? s->archs.v[i] : foreign(&s->archs);

		for (uint32_t k = 0; k < s->nrs.n; k++)
			if (!same_at(s, new, arch, s->nrs.v[k]))
				return false;
	}
	return true;
}

static bool write_anew(struct arena *a, struct shrinker *s, const uint32_t *order, uint32_t n)
{
	struct numbers *archs = &s->archs;
	uint32_t rank, pc = follow_known(s->old, 0, 0, foreign(archs), 0);

	for (uint32_t i = 0; i < s->nrs.n; i++) /* no number of theirs may matter, nor an argument */
		if (s->old.v[pc].code != ANSWER ||
		    s->old.v[follow_known(s->old, 0, 0, foreign(archs), s->nrs.v[i])].k != s->old.v[pc].k)
			return false;
	rank = answer(s, s->old.v[pc].k);
	while (n > 0 && !s->failed)
		rank = one_arch(a, s, order[--n], rank);
	go_on_with(s, rank);
	put(s, LOAD, AT_ARCH);
	return !s->failed;
}

bool seccomp_shrink(struct arena *a, struct seccomp_program *p)
{
	struct shrinker s = { .old = { p->insns, p->n_insns }, .max = p->n_insns };
	struct sock_filter *new;
	uint32_t order[ARCHS], n;

	if (p->n_insns > BPF_MAXINSNS)
		return false;
	s.rev = arena_array(a, s.max + 1u, sizeof *s.rev);
	s.rest = arena_array(a, p->n_insns, sizeof *s.rest);
	s.nrs.v = arena_array(a, 2u * p->n_insns + 1, sizeof *s.nrs.v);
	s.archs.v = arena_array(a, p->n_insns, sizeof *s.archs.v);
	note(&s.nrs, 0);
	if (!look_through(a, &s))
		return false;
	sort_once(&s.nrs);
	sort_once(&s.archs);
	n = s.archs.n;
	if (!n || n > ARCHS)
		return false;
	/* the machine's own has the highest: 64 bits are one more */
	for (uint32_t i = 0; i < n; i++)
		order[i] = s.archs.v[n - 1 - i];
	if (!write_anew(a, &s, order, n) || s.n >= p->n_insns)
		return false;
	new = arena_array(a, s.n, sizeof *new);
	for (uint32_t i = 0; i < s.n; i++)
		new[i] = s.rev[s.n - 1 - i];
	if (!same_answers(&s, (struct program){ new, s.n }))
		return false;
	p->insns = new;
	p->n_insns = s.n;
	return true;
}
