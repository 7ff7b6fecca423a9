/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources.devices as a program for cgroup2 (bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE). */
#include "device_list.h"

#include "../spec/arena.h"

#include <stddef.h>

/*
 * The program goes from the last rule to the first. LEFT has the accesses that nothing has
 * decided: a rule that denies one of them ends it, one that allows some takes them out, and with
 * none left all are allowed.
 */
enum { TYPE = BPF_REG_2, LEFT = BPF_REG_3, MAJOR = BPF_REG_4, MINOR = BPF_REG_5 };

/* Where a jump goes that is patched at the end; all others go forward by a known distance. */
enum { TO_ALLOW = -1, TO_DENY = -2 };

/* At most 6 instructions test, 2 decide; 6 begin the program and 4 end it. */
enum { RULE_INSNS = 8, FRAME_INSNS = 10 };
_Static_assert((DEVICE_RULES_MAX + 16) * RULE_INSNS + FRAME_INSNS < INT16_MAX, "a jump reaches the end");

struct code {
	struct bpf_insn *v;
	size_t n;
};

static void emit(struct code *c, unsigned op, unsigned dst, unsigned src, int off, int imm)
{
	c->v[c->n++] = (struct bpf_insn){
		.code = (uint8_t)op,
		.dst_reg = (uint8_t)(dst & 0xf),
		.src_reg = (uint8_t)(src & 0xf),
		.off = (int16_t)off,
		.imm = imm,
	};
}

static void emit_load(struct code *c, unsigned dst, size_t field)
{
	emit(c, BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_1, (int)field, 0);
}

static void emit_answer(struct code *c, bool allow)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void emit_head(struct code *c)
{
	emit_load(c, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, LEFT, TYPE, 0, 0);
	emit(c, BPF_ALU64 | BPF_RSH | BPF_K, LEFT, 0, 0, 16);
	emit(c, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit_load(c, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	emit_load(c, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

/*
 * Go on if equal, else past the rule: `past` counts what is left of it behind this test. A jump
 * over a jump, because the verifier follows the other way first: then it meets each rule
 * with nothing known of the device, and later with more, which it need not follow again. The
 * other way round its work would grow with the square of the number of rules.
 */
static void emit_test(struct code *c, unsigned reg, uint32_t value, int past)
{
	emit(c, BPF_JMP | BPF_JEQ | BPF_K, reg, 0, 1, (int)value);
	emit(c, BPF_JMP | BPF_JA, 0, 0, past, 0);
}

static void emit_rule(struct code *c, const struct device_rule *r)
{
	bool all = r->access == DEVICE_RWM;
	int past = r->allow && !all ? 2 : 1;
	bool type = r->on.types != DEVICE_BOTH, major = r->on.major != DEVICE_ANY;
	bool minor = r->on.minor != DEVICE_ANY;

	if (major)
		emit_test(c, MAJOR, r->on.major, past + 2 * minor + 2 * type);
	if (minor)
		emit_test(c, MINOR, r->on.minor, past + 2 * type);
	if (type)
		emit_test(c, TYPE, r->on.types, past);
	if (all) {
		emit(c, BPF_JMP | BPF_JA, 0, 0, r->allow ? TO_ALLOW : TO_DENY, 0);
	} else if (r->allow) {
		emit(c, BPF_ALU64 | BPF_AND | BPF_K, LEFT, 0, 0, (int)(DEVICE_RWM & ~r->access));
		emit(c, BPF_JMP | BPF_JEQ | BPF_K, LEFT, 0, TO_ALLOW, 0);
	} else {
		emit(c, BPF_JMP | BPF_JSET | BPF_K, LEFT, 0, TO_DENY, (int)r->access);
	}
}

/* The number of jumps that were sent from [0, end) to what comes next. */
static size_t land(struct code *c, size_t end, int to)
{
	size_t landed = 0;

	for (size_t i = 0; i < end; i++) {
		if (c->v[i].off != to)
			continue;
		c->v[i].off = (int16_t)(c->n - i - 1);
		landed++;
	}
	return landed;
}

/* The verifier takes no instruction that can't be reached: the second answer is only there if wanted. */
static void emit_end(struct code *c, bool otherwise)
{
	size_t end = c->n;

	land(c, end, otherwise ? TO_ALLOW : TO_DENY);
	emit_answer(c, otherwise);
	if (land(c, end, otherwise ? TO_DENY : TO_ALLOW) > 0)
		emit_answer(c, !otherwise);
}

struct bpf_insn *device_rules_bpf(struct arena *a, const struct device_rule_list *list, size_t *n,
				  struct diags *dg)
{
	static const struct device_range everything = { DEVICE_BOTH, DEVICE_ANY, DEVICE_ANY };
	struct device_rules rules;
	struct code c = { 0 };
	bool otherwise;

	if (device_list(a, list, &rules, dg) < 0)
		return NULL;
	c.v = arena_array(a, rules.n * RULE_INSNS + FRAME_INSNS, sizeof *c.v);
	/* a rule for everything can only be the first: it is what happens otherwise */
	otherwise = rules.n > 0 && rules.v[0].allow && rules.v[0].access == DEVICE_RWM &&
		    device_covers(&rules.v[0].on, &everything);
	if (rules.n > otherwise)
		emit_head(&c);
	for (size_t i = rules.n; i-- > otherwise;)
		emit_rule(&c, &rules.v[i]);
	emit_end(&c, otherwise);
	*n = c.n;
	return c.v;
}
