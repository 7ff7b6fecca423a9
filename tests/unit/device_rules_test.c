/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.devices: what a list means, told plainly below, against the program and the v1 writes that
 * are made of it. The program is run by a small interpreter, the writes by a model of the kernel's v1
 * controller (security/device_cgroup.c); and where v1 is refused, a search over all that v1 can hold agrees.
 */
#include "../../runtime/device_rules.h"

#include <ctype.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "tap.h"

enum { READ = BPF_DEVCG_ACC_READ, WRITE = BPF_DEVCG_ACC_WRITE, MKNOD = BPF_DEVCG_ACC_MKNOD, RWM = 7 };
enum { BLOCK = BPF_DEVCG_DEV_BLOCK, CHAR = BPF_DEVCG_DEV_CHAR };

static struct arena *arena;
static struct diags dg;

/* ---- what a list means */

struct request { uint32_t type, major, minor, access; };

static bool has(const struct opt_i64 *n, uint32_t number)
{
	return !n->set || n->v == -1 || n->v == number;
}

static bool concerns(const struct spec_device_rule *r, const struct request *q, uint32_t bit)
{
	char letter = bit == READ ? 'r' : bit == WRITE ? 'w' : 'm';

	return (!r->type || *r->type == 'a' || *r->type == (q->type == CHAR ? 'c' : 'b')) &&
	       has(&r->major, q->major) && has(&r->minor, q->minor) &&
	       (!r->access || strchr(r->access, letter));
}

static bool supplied(const struct request *q, uint32_t bit)
{
	static const uint32_t numbers[][2] = { { 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 },
					       { 1, 9 }, { 5, 0 }, { 5, 2 } };

	if (bit == MKNOD)
		return true;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (q->type == CHAR && q->major == numbers[i][0] && q->minor == numbers[i][1])
			return true;
	return q->type == CHAR && q->major == 136;
}

static bool denies_all(const struct spec_device_rule *r)
{
	return !r->allow && (!r->type || *r->type == 'a') && (!r->major.set || r->major.v == -1) &&
	       (!r->minor.set || r->minor.v == -1) && (!r->access || strlen(r->access) == 3);
}

static bool meant_bit(const struct device_rule_list *list, const struct request *q, uint32_t bit)
{
	size_t last = list->n;
	bool answer = false;

	for (size_t i = 0; i < list->n; i++)
		if (denies_all(&list->v[i]))
			last = i;
	if (last == list->n) /* no such entry */
		answer = supplied(q, bit);
	for (size_t i = 0; i < list->n; i++) {
		if (concerns(&list->v[i], q, bit))
			answer = list->v[i].allow;
		if (i == last && supplied(q, bit))
			answer = true;
	}
	return answer;
}

static uint32_t meant(const struct device_rule_list *list, uint32_t type, uint32_t major, uint32_t minor)
{
	struct request q = { type, major, minor, 0 };

	return (meant_bit(list, &q, READ) ? READ : 0) | (meant_bit(list, &q, WRITE) ? WRITE : 0) |
	       (meant_bit(list, &q, MKNOD) ? MKNOD : 0);
}

/* ---- an interpreter for as much of eBPF as these programs use; anything else is 99 */

static bool jumps(unsigned op, uint64_t a, uint64_t k)
{
	return op == BPF_JA || (op == BPF_JEQ && a == k) || (op == BPF_JSET && (a & k));
}

static int step(const struct bpf_insn *f, uint64_t *r, const struct bpf_cgroup_dev_ctx *ctx, size_t *pc)
{
	uint64_t operand = BPF_SRC(f->code) == BPF_X ? r[f->src_reg] : (uint64_t)(int64_t)f->imm;
	uint32_t word;

	switch (BPF_CLASS(f->code)) {
	case BPF_LDX:
		if (BPF_SIZE(f->code) != BPF_W || BPF_MODE(f->code) != BPF_MEM || f->src_reg != BPF_REG_1 ||
		    f->off < 0 || f->off % 4 || f->off + sizeof word > sizeof *ctx)
			return 99;
		memcpy(&word, (const char *)ctx + f->off, sizeof word);
		r[f->dst_reg] = word;
		return -1;
	case BPF_ALU64:
		switch (BPF_OP(f->code)) {
		case BPF_MOV: r[f->dst_reg] = operand; return -1;
		case BPF_AND: r[f->dst_reg] &= operand; return -1;
		case BPF_RSH: r[f->dst_reg] >>= operand; return -1;
		default: return 99;
		}
	case BPF_JMP:
		if (BPF_OP(f->code) == BPF_EXIT)
			return (int)r[0];
		if (f->off < 0)
			return 99; /* it never goes back */
		if (jumps(BPF_OP(f->code), r[f->dst_reg], operand))
			*pc += (size_t)f->off;
		return -1;
	default: return 99;
	}
}

static int run(const struct bpf_insn *v, size_t n, const struct request *q)
{
	struct bpf_cgroup_dev_ctx ctx = { q->access << 16 | q->type, q->major, q->minor };
	uint64_t r[11] = { 77 };

	for (size_t pc = 0; pc < n; pc++) {
		int answer = step(&v[pc], r, &ctx, &pc);

		if (answer >= 0)
			return answer;
	}
	return 99;
}

/* ---- the v1 controller */

struct v1 {
	bool allow;
	size_t n;
	struct { uint32_t type, major, minor, access; } v[512];
};

static uint32_t v1_number(const char **s)
{
	char *end;
	unsigned long n;

	if (**s == '*') {
		++*s;
		return UINT32_MAX;
	}
	n = strtoul(*s, &end, 10);
	*s = end;
	return (uint32_t)n;
}

static bool v1_parse(const char *s, uint32_t *type, uint32_t *major, uint32_t *minor, uint32_t *access)
{
	*type = *s == 'c' ? CHAR : *s == 'b' ? BLOCK : 0;
	if (!*type || s[1] != ' ' || (s[2] != '*' && !isdigit((unsigned char)s[2])))
		return false;
	s += 2;
	*major = v1_number(&s);
	if (*s++ != ':' || (*s != '*' && !isdigit((unsigned char)*s)))
		return false;
	*minor = v1_number(&s);
	if (*s++ != ' ')
		return false;
	for (*access = 0; *s; s++)
		*access |= *s == 'r' ? READ : *s == 'w' ? WRITE : *s == 'm' ? MKNOD : 8;
	return *access >= 1 && *access <= 7;
}

static bool v1_write(struct v1 *g, const struct device_write *w)
{
	bool allow = strcmp(w->file, "devices.allow") == 0;
	uint32_t type, major, minor, access;

	if (!allow && strcmp(w->file, "devices.deny") != 0)
		return false;
	if (*w->line == 'a') {
		g->n = 0;
		g->allow = allow;
		return w->line[1] == '\0';
	}
	if (!v1_parse(w->line, &type, &major, &minor, &access))
		return false;
	for (size_t i = 0; i < g->n; i++) {
		if (g->v[i].type != type || g->v[i].major != major || g->v[i].minor != minor)
			continue;
		if (allow == g->allow)
			g->v[i].access &= ~access;
		else
			g->v[i].access |= access;
		return true;
	}
	if (allow != g->allow && g->n < sizeof g->v / sizeof *g->v) {
		g->v[g->n].type = type;
		g->v[g->n].major = major;
		g->v[g->n].minor = minor;
		g->v[g->n++].access = access;
	}
	return true;
}

static bool v1_ask(const struct v1 *g, const struct request *q)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->v[i].type != q->type || !g->v[i].access ||
		    (g->v[i].major != UINT32_MAX && g->v[i].major != q->major) ||
		    (g->v[i].minor != UINT32_MAX && g->v[i].minor != q->minor))
			continue;
		if (g->allow ? g->v[i].access & q->access : !(q->access & ~g->v[i].access))
			return !g->allow;
	}
	return g->allow;
}

/* ---- the devices that are asked about: every number that a list or a default has, and two that none has */

static const uint32_t majors[] = { 1, 5, 8, 136, 200, 4000 };
static const uint32_t minors[] = { 0, 1, 2, 3, 5, 7, 8, 9, 100, 70000 };
enum { MAJORS = sizeof majors / sizeof *majors, MINORS = sizeof minors / sizeof *minors };
enum { NAMED_MAJORS = MAJORS - 2, NAMED_MINORS = MINORS - 2 };

typedef uint32_t table[2][MAJORS][MINORS]; /* by type (block, char), major, minor: what is allowed */

static void fill(const struct device_rule_list *list, table t)
{
	for (int b = 0; b < 2; b++)
		for (int i = 0; i < MAJORS; i++)
			for (int k = 0; k < MINORS; k++)
				t[b][i][k] = meant(list, b ? CHAR : BLOCK, majors[i], minors[k]);
}

/*
 * Whether one of v1's two defaults can have the table of a type: as exceptions, every range gets as much as
 * all of its devices have as exceptions; then each device must be in a range with all that it has (by default
 * denied), or in ranges that have it together. Devices with other numbers can't be named.
 */
static bool v1_can_type(uint32_t t[MAJORS][MINORS], bool by_default)
{
	uint32_t flip = by_default ? RWM : 0, all = RWM, row[MAJORS], column[MINORS];

	memset(row, 0xff, sizeof row);
	memset(column, 0xff, sizeof column);
	for (int i = 0; i < MAJORS; i++)
		for (int k = 0; k < MINORS; k++) {
			all &= t[i][k] ^ flip;
			row[i] &= t[i][k] ^ flip;
			column[k] &= t[i][k] ^ flip;
		}
	for (int i = 0; i < MAJORS; i++)
		for (int k = 0; k < MINORS; k++) {
			uint32_t want = t[i][k] ^ flip;
			uint32_t r = i < NAMED_MAJORS ? row[i] : 0, c = k < NAMED_MINORS ? column[k] : 0;

			if (i < NAMED_MAJORS && k < NAMED_MINORS)
				continue; /* it can be named */
			if (by_default ? want != (all | r | c) : want != all && want != r && want != c)
				return false;
		}
	return true;
}

static bool v1_can(table t)
{
	return (v1_can_type(t[0], false) && v1_can_type(t[1], false)) ||
	       (v1_can_type(t[0], true) && v1_can_type(t[1], true));
}

/* ---- agreement */

struct made {
	struct bpf_insn *v;
	size_t n;
	bool on_v1;
	struct v1 v1;
};

static bool make(const struct device_rule_list *list, struct made *m)
{
	struct device_writes w;

	diags_init(&dg, arena);
	m->v1 = (struct v1){ .allow = true };
	m->v = device_rules_bpf(arena, list, &m->n, &dg);
	if (!m->v)
		return false;
	m->on_v1 = device_rules_v1(arena, list, &w, &dg) == 0;
	for (size_t i = 0; m->on_v1 && i < w.n; i++)
		if (!v1_write(&m->v1, &w.v[i]))
			return false;
	return m->on_v1 == (dg.errors == 0);
}

static bool same(const struct made *m, const struct request *q, uint32_t allowed)
{
	bool want = !(q->access & ~allowed);

	return run(m->v, m->n, q) == want && (!m->on_v1 || v1_ask(&m->v1, q) == want);
}

static void show(const struct device_rule_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_device_rule *r = &list->v[i];

		printf("#   %s %s %lld:%lld %s\n", r->allow ? "allow" : "deny", r->type ? r->type : "-",
		       r->major.set ? (long long)r->major.v : -2, r->minor.set ? (long long)r->minor.v : -2,
		       r->access ? r->access : "-");
	}
}

enum { LISTS = 20000, REQUESTS = 300 /* of 840 */ };

static bool agrees(const struct device_rule_list *list, table t)
{
	struct made m;

	fill(list, t);
	if (!make(list, &m))
		return false;
	for (int n = 0; n < REQUESTS; n++) {
		int b = rand() % 2, i = rand() % MAJORS, k = rand() % MINORS;
		struct request q = { b ? CHAR : BLOCK, majors[i], minors[k], 1 + (uint32_t)rand() % RWM };

		if (same(&m, &q, t[b][i][k]))
			continue;
		printf("# %c %u:%u %u: meant %u, program %d, v1 %d\n", b ? 'c' : 'b', q.major, q.minor, q.access,
		       t[b][i][k], run(m.v, m.n, &q), m.on_v1 ? v1_ask(&m.v1, &q) : -1);
		return false;
	}
	if (m.on_v1 == v1_can(t))
		return true;
	printf("# v1 %s, and it %s\n", m.on_v1 ? "taken" : "refused", v1_can(t) ? "could" : "could not");
	return false;
}

static struct opt_i64 some_number(const uint32_t *of, int named)
{
	int n = rand() % (named + 3);

	if (n == 0)
		return (struct opt_i64){ rand() % 8 == 0, rand() % 2 ? -1 : INT64_C(0xffffffff) };
	if (n <= 2)
		return (struct opt_i64){ rand() % 2, -1 };
	return (struct opt_i64){ true, of[n - 3] };
}

static struct device_rule_list some_list(size_t max)
{
	static char *const types[] = { NULL, "a", "b", "c", "c", "c" };
	static char *const accesses[] = { NULL, "rwm", "mwr", "rw", "rw", "r", "w", "m", "wm", "rm", "" };
	struct device_rule_list list = { NULL, (size_t)rand() % (max + 1) };
	int allows = 1 + rand() % 4;

	list.v = arena_array(arena, list.n, sizeof *list.v);
	for (size_t i = 0; i < list.n; i++)
		list.v[i] = (struct spec_device_rule){
			rand() % 5 < allows, types[(size_t)rand() % (sizeof types / sizeof *types)],
			some_number(majors, NAMED_MAJORS), some_number(minors, NAMED_MINORS),
			accesses[(size_t)rand() % (sizeof accesses / sizeof *accesses)],
		};
	if (list.n && rand() % 2)
		list.v[0] = (struct spec_device_rule){ .allow = rand() % 4 == 0 };
	return list;
}

static void test_random(void)
{
	int bad = 0, taken = 0, refused = 0;

	srand(20);
	for (int i = 0; i < LISTS && bad < 3; i++) {
		struct device_rule_list list;
		table t;

		arena_destroy(arena);
		arena = arena_create();
		list = some_list(i % 2 ? 4 : 12);
		if (!agrees(&list, t)) {
			bad++;
			show(&list);
		}
		v1_can(t) ? taken++ : refused++;
	}
	printf("# v1: %d lists expressed, %d refused\n", taken, refused);
	ok(bad == 0, "the program and the v1 writes do what lists mean, and v1 is refused only where it must be");
	ok(taken > LISTS / 10 && refused > LISTS / 10, "both outcomes on v1 were met often");
}

/* ---- single lists */

#define RULE(allow, type, major, minor, access) \
	{ (allow), (type), { (major) != -1, (major) }, { (minor) != -1, (minor) }, (access) }
#define LIST(...) \
	(struct device_rule_list){ (struct spec_device_rule[]){ __VA_ARGS__ }, \
				   sizeof((struct spec_device_rule[]){ __VA_ARGS__ }) / \
					   sizeof(struct spec_device_rule) }
#define DENY_ALL  RULE(false, NULL, -1, -1, "rwm")
#define ALLOW_ALL RULE(true, NULL, -1, -1, "rwm")

static uint32_t may(const struct device_rule_list *list, uint32_t type, uint32_t major, uint32_t minor)
{
	struct made m;
	uint32_t got = 0;

	if (!make(list, &m))
		return 99;
	for (uint32_t bit = 1; bit <= 4; bit <<= 1)
		if (run(m.v, m.n, &(struct request){ type, major, minor, bit }) == 1)
			got |= bit;
	return got;
}

static void test_defaults(void)
{
	struct device_rule_list none = { 0 }, deny = LIST(DENY_ALL);
	struct device_rule_list urandom = LIST(DENY_ALL, RULE(false, "c", 1, 9, "rwm"));
	struct device_rule_list front = LIST(RULE(false, "c", 1, 9, "rwm"));
	struct device_rule_list late = LIST(RULE(true, "c", 10, 229, "rwm"), DENY_ALL);
	size_t n;

	ok(may(&none, CHAR, 1, 3) == RWM && may(&none, CHAR, 136, 7) == RWM && may(&none, CHAR, 5, 2) == RWM,
	   "no list: what every sandbox has");
	ok(device_rules_bpf(arena, NULL, &n, &dg) != NULL, "NULL is no list");
	ok(may(&none, BLOCK, 8, 0) == MKNOD && may(&none, CHAR, 5, 1) == MKNOD &&
		   may(&none, BLOCK, 1, 3) == MKNOD,
	   "of others only nodes, and the host's console is one of them");
	ok(may(&deny, CHAR, 1, 3) == RWM && may(&deny, CHAR, 10, 200) == MKNOD,
	   "what engines begin with leaves it these");
	ok(may(&urandom, CHAR, 1, 9) == 0 && may(&urandom, CHAR, 1, 8) == RWM, "an entry behind takes one away");
	ok(may(&front, CHAR, 1, 9) == 0 && may(&front, CHAR, 1, 8) == RWM, "and so without a beginning");
	ok(may(&late, CHAR, 10, 229) == MKNOD && may(&late, CHAR, 1, 3) == RWM, "the last denial of all counts");
}

static void test_order(void)
{
	struct device_rule_list list = LIST(DENY_ALL, RULE(true, "b", 8, -1, "rw"), RULE(false, "b", 8, 1, "w"),
					    RULE(true, NULL, 10, 200, NULL));
	struct made m;
	struct request q = { BLOCK, 8, 1, READ | WRITE };

	ok(may(&list, BLOCK, 8, 0) == RWM && may(&list, BLOCK, 8, 1) == (READ | MKNOD), "access by access");
	ok(make(&list, &m) && run(m.v, m.n, &q) == 0, "all accesses that are asked for must be allowed");
	ok(may(&list, CHAR, 10, 200) == RWM && may(&list, BLOCK, 10, 200) == RWM, "no type is both types");
}

static void test_short(void)
{
	struct device_rule_list all = LIST(DENY_ALL, RULE(true, "c", 10, 229, "rwm"), ALLOW_ALL,
					   RULE(true, "c", 1, 3, "r"));
	struct device_rule_list none = LIST(RULE(true, "c", 9, 9, NULL), RULE(false, "a", -1, -1, "rw"),
					    RULE(false, NULL, -1, -1, "m"));
	struct device_rule_list twice = LIST(DENY_ALL, RULE(true, "c", 10, 229, "rw"),
					     RULE(true, "c", 10, 229, "rw"), RULE(false, "c", 10, 230, "rw"));
	struct device_rule_list once = LIST(DENY_ALL, RULE(true, "c", 10, 229, "rw"));
	struct device_rule_list beyond = LIST(DENY_ALL, RULE(true, "c", 4096, 0, "rw"),
					      RULE(true, "c", 0, 0x100000, "rw"), RULE(true, "c", 10, 229, "rw"));
	struct made m, other;

	ok(make(&all, &m) && m.n == 2 && m.on_v1 && m.v1.allow && m.v1.n == 0, "allowing everything is two instructions");
	ok(make(&none, &m) && m.n == 2 && run(m.v, m.n, &(struct request){ CHAR, 1, 3, READ }) == 0,
	   "and denying everything");
	ok(make(&twice, &m) && make(&once, &other) && m.n == other.n, "what changes nothing adds nothing");
	ok(make(&beyond, &m) && m.n == other.n && m.v1.n == other.v1.n, "nor numbers that no device has");
}

static const char *v1_text(const struct device_rule_list *list)
{
	struct device_writes w;
	char *text = "";

	diags_init(&dg, arena);
	if (device_rules_v1(arena, list, &w, &dg) < 0)
		return diag_format(&dg, dg.first);
	for (size_t i = 0; i < w.n; i++)
		text = arena_printf(arena, "%s%s %s; ", text, w.v[i].file + strlen("devices."), w.v[i].line);
	return text;
}

static void test_v1(void)
{
	struct device_rule_list disk = LIST(DENY_ALL, RULE(true, "b", 8, -1, "r"), RULE(true, "b", 8, 1, "w"));
	struct device_rule_list cross = LIST(DENY_ALL, RULE(false, NULL, -1, -1, "m"), RULE(false, "c", -1, -1, NULL),
					     RULE(true, "c", 7, -1, "r"), RULE(true, "c", -1, 9, "w"));
	struct device_rule_list but = LIST(ALLOW_ALL, RULE(false, "b", 8, -1, "w"));

	is_text(v1_text(&disk), "deny a; allow c *:* m; allow c 1:3 rwm; allow c 1:5 rwm; allow c 1:7 rwm; "
				"allow c 1:8 rwm; allow c 1:9 rwm; allow c 5:0 rwm; allow c 5:2 rwm; allow c 136:* rwm; "
				"allow b *:* m; allow b 8:* rm; allow b 8:1 rwm; ",
		"v1: an exception has all the accesses that its devices have");
	is_text(v1_text(&cross), "deny a; allow c 7:* r; allow c *:9 w; allow c 7:9 rw; ",
		"v1: where a major and a minor cross");
	is_text(v1_text(&but), "allow a; deny b 8:* w; ", "v1: all but some");
}

static void test_v1_refused(void)
{
	struct device_rule_list inner = LIST(DENY_ALL, RULE(true, "b", 8, -1, "rwm"), RULE(false, "b", 8, 1, "rw"));
	struct device_rule_list back = LIST(ALLOW_ALL, RULE(false, "b", 8, -1, "w"), RULE(true, "b", 8, 1, "w"));

	is_text(v1_text(&inner), "/linux/resources/devices/2: cgroup v1 can't allow \"b 8:* rw\" and deny \"b 8:1 rw\"; "
				 "it has no exceptions from what is allowed: allow the others one by one, or use cgroup v2",
		"v1: a denial in what is allowed is refused at its place");
	is_text(v1_text(&back), "/linux/resources/devices/2: cgroup v1 can't deny \"b 8:* w\" and allow \"b 8:1 w\"; "
				"it has no exceptions from what is denied: deny the others one by one, or use cgroup v2",
		"v1: so is the other way round");
}

static struct device_rule_list many(size_t n)
{
	struct device_rule_list list = { arena_array(arena, n, sizeof *list.v), n };

	for (size_t i = 0; i < n; i++)
		list.v[i] = (struct spec_device_rule)RULE(i % 2, i % 3 ? "c" : "b", (int64_t)(i % 4000),
							  i % 5 ? 1 : -1, "r");
	return list;
}

static void test_many(void)
{
	struct device_rule_list most = many(DEVICE_RULES_MAX), more = many(DEVICE_RULES_MAX + 1);
	struct request q = { CHAR, 7, 1, READ };
	struct made m;

	ok(make(&most, &m) && run(m.v, m.n, &q) == 1 && m.n < INT16_MAX, "as many rules as there may be");
	printf("# %zu instructions\n", m.n);
	diags_init(&dg, arena);
	ok(!device_rules_bpf(arena, &more, &m.n, &dg), "one more is refused");
	is_text(diag_format(&dg, dg.first), "/linux/resources/devices: 2049 rules for devices are too many; "
					    "at most 2048 can be enforced", "in words");
}

int main(void)
{
	arena = arena_create();
	test_random();
	test_defaults();
	test_order();
	test_short();
	test_v1();
	test_v1_refused();
	test_many();
	arena_destroy(arena);
	return tap_end();
}
