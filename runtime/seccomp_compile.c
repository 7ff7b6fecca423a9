/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp to BPF by libseccomp. */
#include "seccomp_rules.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

struct compiler {
	struct arena *a;
	const struct spec *s;
	const struct spec_seccomp *sec;
	scmp_filter_ctx ctx;
	struct seccomp_archs archs;
	uint32_t by_default;
	size_t cap_unknown;
	int *plain; /* numbers that have a rule without conditions */
	size_t n_plain, cap_plain;
	struct seccomp_rule *rules; /* those with conditions, as they stand in the profile */
	size_t n_rules, cap_rules;
	struct own { uint32_t mark; struct seccomp_rule *v; size_t n; } *own; /* what seccomp_args.c writes */
	size_t n_own, cap_own;
	struct seccomp_program *out;
	struct diags *dg;
};

static const struct {
	const char *name;
	uint32_t action;
	bool has_errno;
} actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL, false },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG, false },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, false },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP, false },
};

static const struct {
	const char *name;
	enum scmp_compare op;
} ops[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE }, { "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE }, { "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

/* The names are checked by the loader, so there always is one. */
static uint32_t action_of(const char *name, const struct opt_u64 *ret)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (!strcmp(actions[i].name, name))
			return actions[i].action |
			       (actions[i].has_errno ? (uint32_t)(ret->set ? ret->v : EPERM) : 0);
	return SCMP_ACT_KILL_PROCESS;
}

static enum scmp_compare op_of(const char *name)
{
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (!strcmp(ops[i].name, name))
			return ops[i].op;
	return _SCMP_CMP_MIN;
}

static const struct {
	int err;
	const char *hint;
} hints[] = {
	{ EEXIST, "an earlier rule has another action for the same condition" },
	{ EOPNOTSUPP, "this kernel, or the libseccomp here, does not have that action" },
};

static struct diag *failed(struct compiler *c, int err, const char *call, const char *what)
{
	struct diag *d = diag_errno(c->dg, err, call, NULL, "can't compile %s", what);

	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (hints[i].err == err)
			d->hint = hints[i].hint;
	return d;
}

/* ---- rules ---- */

static int add_rule(struct compiler *c, uint32_t action, const char *name, int nr,
		    const struct scmp_arg_cmp *args, unsigned n, const char *pointer)
{
	int r = seccomp_rule_add_array(c->ctx, action, nr, n, args);

	if (r == 0)
		return 0;
	spec_at(c->s, failed(c, -r, "seccomp_rule_add", arena_printf(c->a, "the rule for %s", name)), pointer);
	return -1;
}

static bool index_repeats(const struct syscall_arg_list *args)
{
	unsigned seen = 0;

	for (size_t i = 0; i < args->n; i++) {
		if (seen >> args->v[i].index & 1)
			return true;
		seen |= 1u << args->v[i].index;
	}
	return false;
}

static struct seccomp_rule *next_rule(struct compiler *c, int nr, uint32_t action, const char *name,
				      const char *pointer)
{
	struct seccomp_rule *r;

	c->rules = arena_grow(c->a, c->rules, &c->cap_rules, c->n_rules + 1, sizeof *c->rules);
	r = &c->rules[c->n_rules];
	*r = (struct seccomp_rule){
		.nr = nr, .action = action, .order = c->n_rules++, .name = name, .pointer = pointer
	};
	return r;
}

/* Each index can be once in a rule: with one that repeats, each argument stands alone. */
static void add_conditions(struct compiler *c, const struct spec_syscall *sc, uint32_t action,
			   const char *name, int nr, const char *pointer)
{
	bool alone = index_repeats(&sc->args);
	struct seccomp_rule *r = NULL;

	for (size_t i = 0; i < sc->args.n; i++) {
		const struct spec_syscall_arg *arg = &sc->args.v[i];

		if (!r || alone)
			r = next_rule(c, nr, action, name, pointer);
		r->v[r->n++] = (struct scmp_arg_cmp){ .arg = arg->index,
						      .op = op_of(arg->op),
						      .datum_a = arg->value,
						      .datum_b = arg->value_two };
	}
}

static int add_plain(struct compiler *c, uint32_t action, const char *name, int nr, const char *pointer)
{
	c->plain = arena_grow(c->a, c->plain, &c->cap_plain, c->n_plain + 1, sizeof *c->plain);
	c->plain[c->n_plain++] = nr;
	return add_rule(c, action, name, nr, NULL, 0, pointer);
}

static void note_unknown(struct compiler *c, char *name)
{
	struct str_list *l = &c->out->unknown;

	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], name))
			return;
	l->v = arena_grow(c->a, l->v, &c->cap_unknown, l->n + 2, sizeof *l->v);
	l->v[l->n++] = name;
	l->v[l->n] = NULL;
}

static int add_syscall(struct compiler *c, size_t i)
{
	const struct spec_syscall *sc = &c->sec->syscalls.v[i];
	const char *pointer = arena_printf(c->a, "/linux/seccomp/syscalls/%zu", i);
	uint32_t action = action_of(sc->action, &sc->errno_ret);

	for (size_t k = 0; k < sc->names.n; k++) {
		char *name = sc->names.v[k];
		int nr = seccomp_syscall_resolve_name(name);

		if (nr == __NR_SCMP_ERROR) {
			note_unknown(c, name);
			continue;
		}
		seccomp_archs_note(&c->archs, name, sc->args.n > 0);
		if (action == c->by_default) /* nothing to add, and libseccomp refuses it */
			continue;
		if (sc->args.n)
			add_conditions(c, sc, action, name, nr, pointer);
		else if (add_plain(c, action, name, nr, pointer) < 0)
			return -1;
	}
	return 0;
}

/* ---- rules with conditions ---- */

/* Whether the profile itself traces with that number. */
static bool traced_with(const struct compiler *c, uint32_t action)
{
	bool found = c->by_default == action;

	for (size_t i = 0; i < c->sec->syscalls.n && !found; i++)
		found = action_of(c->sec->syscalls.v[i].action, &c->sec->syscalls.v[i].errno_ret) == action;
	return found;
}

/* An action that nothing else has, in whose place the program will jump to the rules of a call. */
static uint32_t unused_mark(const struct compiler *c)
{
	uint32_t mark = c->n_own ? c->own[c->n_own - 1].mark - 1 : SCMP_ACT_TRACE(0xffff);

	while (traced_with(c, mark))
		mark--;
	return mark;
}

static int take_over(struct compiler *c, struct seccomp_rule *v, size_t n)
{
	const struct seccomp_rule *contrary = seccomp_args_sort(v, n);
	struct own *own;

	if (contrary) {
		spec_at(c->s, failed(c, EEXIST, NULL, arena_printf(c->a, "the rule for %s", contrary->name)),
			contrary->pointer);
		return -1;
	}
	c->own = arena_grow(c->a, c->own, &c->cap_own, c->n_own + 1, sizeof *c->own);
	own = &c->own[c->n_own];
	*own = (struct own){ unused_mark(c), v, n };
	c->n_own++;
	return add_rule(c, own->mark, v->name, v->nr, NULL, 0, v->pointer);
}

static bool is_plain(const struct compiler *c, int nr)
{
	for (size_t i = 0; i < c->n_plain; i++)
		if (c->plain[i] == nr)
			return true;
	return false;
}

/* Those of one call, the first of which is `first`. A rule without any for the same call holds always. */
static int add_conditional(struct compiler *c, size_t first)
{
	int nr = c->rules[first].nr, r = 0;
	struct seccomp_rule *v;
	size_t n = 0;

	if (is_plain(c, nr))
		return 0;
	for (size_t i = first; i < c->n_rules; i++)
		n += c->rules[i].nr == nr;
	v = arena_array(c->a, n, sizeof *v);
	n = 0;
	for (size_t i = first; i < c->n_rules; i++)
		if (c->rules[i].nr == nr)
			v[n++] = c->rules[i];
	if (seccomp_args_ours(v, n))
		return take_over(c, v, n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_rule(c, v[i].action, v[i].name, v[i].nr, v[i].v, v[i].n, v[i].pointer);
	return r;
}

static int add_all_conditional(struct compiler *c)
{
	int r = 0;

	for (size_t i = 0; i < c->n_rules && r == 0; i++) {
		bool first = true;

		for (size_t k = 0; k < i && first; k++)
			first = c->rules[k].nr != c->rules[i].nr;
		if (first)
			r = add_conditional(c, i);
	}
	return r;
}

/* Behind the program, with jumps to it where the marks are. Returns the program's length. */
static uint32_t write_own(const struct compiler *c, struct sock_filter *v, uint32_t n)
{
	uint32_t end = n;

	for (size_t i = 0; i < c->n_own; i++) {
		for (uint32_t k = 0; k < n; k++)
			if (v[k].code == (BPF_RET | BPF_K) && v[k].k == c->own[i].mark)
				v[k] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, end - k - 1);
		end += seccomp_args_write(c->own[i].v, c->own[i].n, c->by_default, &c->archs, v + end);
	}
	return end;
}

/* ---- the filter ---- */

/* From here on a tree of comparisons has fewer than a row of them; below, it is only longer. */
enum { TREE_FROM = 16 };

static bool wants_tree(const struct spec_seccomp *sec)
{
	size_t names = 0;

	for (size_t i = 0; i < sec->syscalls.n; i++)
		names += sec->syscalls.v[i].names.n;
	return names >= TREE_FROM;
}

static int set_up(struct compiler *c)
{
	int r = 0;

	c->ctx = seccomp_init(c->by_default);
	if (!c->ctx) {
		spec_at(c->s, failed(c, EINVAL, "seccomp_init", c->sec->default_action),
			"/linux/seccomp/defaultAction");
		return -1;
	}
	/* a program of another architecture could call by other numbers: it is not let in at all */
	r = seccomp_attr_set(c->ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0 && wants_tree(c->sec))
		r = seccomp_attr_set(c->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (unsigned i = 1; i < c->archs.n && r == 0; i++) /* the first is there already */
		r = seccomp_arch_add(c->ctx, c->archs.v[i].token);
	if (r < 0)
		spec_at(c->s, failed(c, -r, "libseccomp", "the filter"), "/linux/seccomp");
	return r;
}

static int read_all(int fd, void *p, size_t n)
{
	char *to = p;

	for (size_t done = 0; done < n;) {
		ssize_t r = pread(fd, to + done, n - done, (off_t)done);

		if (r <= 0)
			return -1;
		done += (size_t)r;
	}
	return 0;
}

static int export(struct compiler *c)
{
	CLEANUP_FD fd = memfd_create("sbrun-seccomp", MFD_CLOEXEC);
	bool newer = (c->by_default & 0xffff0000u) == SCMP_ACT_ERRNO(0) &&
		     c->by_default != SCMP_ACT_ERRNO(ENOSYS);
	struct sock_filter head[SECCOMP_HEAD_MAX];
	uint32_t n_head = seccomp_head(&c->archs, newer, head);
	int r = fd < 0 ? -errno : seccomp_export_bpf(c->ctx, fd);
	off_t size = r < 0 ? 0 : lseek(fd, 0, SEEK_END);
	struct seccomp_program *p = c->out;
	size_t room = 0;

	for (size_t i = 0; i < c->n_own; i++)
		room += seccomp_args_max(c->own[i].n);
	p->n_insns = n_head + (uint32_t)((size_t)size / sizeof *p->insns);
	p->n_archs = c->archs.n;
	p->insns = arena_array(c->a, p->n_insns + room + 1, sizeof *p->insns);
	memcpy(p->insns, head, n_head * sizeof *head);
	if (r == 0 && (size <= 0 || read_all(fd, p->insns + n_head, (size_t)size) < 0))
		r = -EIO;
	if (r == 0)
		p->n_insns = write_own(c, p->insns, p->n_insns);
	if (r == 0 && p->n_insns > BPF_MAXINSNS)
		r = -E2BIG;
	if (r < 0)
		spec_at(c->s, failed(c, -r, "seccomp_export_bpf", "the filter"), "/linux/seccomp")->hint =
			r == -E2BIG ? "the kernel takes 4096 instructions: use fewer rules or architectures"
				    : NULL;
	return r;
}

int seccomp_translate(struct arena *a, const struct spec *s, struct seccomp_program *out, struct diags *dg)
{
	const struct spec_seccomp *sec = s->linux_->seccomp;
	struct compiler c = { .a = a, .s = s, .sec = sec, .out = out, .dg = dg };
	int r;

	*out = (struct seccomp_program){ 0 };
	c.by_default = action_of(sec->default_action, &sec->default_errno_ret);
	seccomp_archs(&sec->architectures, &c.archs);
	r = set_up(&c);
	for (size_t i = 0; i < sec->syscalls.n && r == 0; i++)
		r = add_syscall(&c, i);
	if (r == 0)
		r = add_all_conditional(&c);
	if (r == 0)
		r = export(&c);
	if (c.ctx)
		seccomp_release(c.ctx);
	return r < 0 ? -1 : 0;
}

int seccomp_compile(struct arena *a, const struct spec *s, struct seccomp_program *out, struct diags *dg)
{
	int r = seccomp_translate(a, s, out, dg);

	if (r == 0)
		seccomp_shrink(a, out);
	return r;
}
