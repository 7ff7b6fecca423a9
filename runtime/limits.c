/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of the conversion, and the limits that are one value in one file: memory, cpu, cpuset
 * and pids, a row each, in the order in which they are written.
 */
#include "limits_make.h"

#include <math.h>
#include <stdarg.h>

/* ---- where, and what is not there */

enum hierarchy make_where(const struct make *m, const struct controller *c)
{
	const struct cgroup_mount *v1 = c->v1 ? layout_controller(m->l, c->v1) : NULL;

	if (v1 && v1->options)
		return AT_V1;
	return c->v2 && layout_controller(m->l, c->v2) ? AT_V2 : AT_NONE;
}

/* One cgroup2 mount and nothing else. */
static bool pure_v2(const struct cgroup_layout *l)
{
	return l->n == 1 && !l->v[0].options;
}

char *limits_hint(struct arena *a, const struct cgroup_layout *l, const char *controller)
{
	if (!l->n)
		return arena_strdup(a,
				    "no control groups are mounted; mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	if (pure_v2(l))
		return arena_printf(
			a,
			"it must be enabled from above: the administrator's echo +%s > "
			"/sys/fs/cgroup/cgroup.subtree_control, or Delegate=yes in systemd's unit; a "
			"kernel started with cgroup_disable=%s has none",
			controller, controller);
	return arena_printf(a,
			    "mount it: mkdir /sys/fs/cgroup/%s && mount -t cgroup -o %s cgroup "
			    "/sys/fs/cgroup/%s",
			    controller, controller, controller);
}

struct diag *make_refuse(struct make *m, const char *field, const char *fmt, ...)
{
	va_list ap;
	struct diag *d;

	va_start(ap, fmt);
	d = diag_error(m->dg, "%s", arena_vprintf(m->a, fmt, ap));
	va_end(ap);
	return m->s ? spec_atf(m->s, d, "%s/%s", m->at, field) : d;
}

void make_no_controller(struct make *m, const char *controller, const char *field)
{
	for (size_t i = 0; i < m->n_told; i++)
		if (!strcmp(m->told[i], controller))
			return;
	if (m->n_told < sizeof m->told / sizeof *m->told)
		m->told[m->n_told++] = controller;
	make_refuse(m, field, "this host has no %s controller", controller)->hint =
		limits_hint(m->a, m->l, controller);
}

/* Where the controller is, or would be. */
static bool in_v2(const struct make *m, enum hierarchy where)
{
	return where == AT_V2 || (where == AT_NONE && pure_v2(m->l));
}

enum hierarchy make_find(struct make *m, const struct controller *c, const struct place *p, const char *field)
{
	enum hierarchy where = make_where(m, c);
	bool v2 = in_v2(m, where);

	if (v2 && !p->v2) {
		make_refuse(m, field, "cgroup v2 has no %s", p->lacks)->hint =
			"leave the field out; only a host with this controller in cgroup v1 has it";
		return AT_NONE;
	}
	if (where == AT_NONE)
		make_no_controller(m, v2 ? c->v2 : c->v1, field);
	return where;
}

struct limit *make_add(struct make *m, const char *controller, const char *file, const char *value,
		       const char *field)
{
	m->out->v = arena_grow(m->a, m->out->v, &m->cap, m->out->n + 1, sizeof *m->out->v);
	m->out->v[m->out->n] = (struct limit){ .controller = controller,
					       .file = file,
					       .value = value,
					       .pointer = arena_printf(m->a, "%s/%s", m->at, field) };
	return &m->out->v[m->out->n++];
}

/* ---- values: from a field (opt_* or a string) to what is written; NULL: nothing was asked for */

typedef const char *value_of(struct make *m, const void *field, bool v2);

static const char *number_text(struct make *m, uint64_t v)
{
	return arena_printf(m->a, "%llu", (unsigned long long)v);
}

static const char *signed_text(struct make *m, int64_t v, bool v2)
{
	return v < 0 ? (v2 ? "max" : "-1") : number_text(m, (uint64_t)v);
}

static const char *amount(struct make *m, const void *field, bool v2)
{
	const struct opt_i64 *o = field;

	return o->v ? signed_text(m, o->v, v2) : NULL;
}

static const char *positive(struct make *m, const void *field, bool v2)
{
	const struct opt_u64 *o = field;

	(void)v2;
	return o->v ? number_text(m, o->v) : NULL;
}

static const char *number(struct make *m, const void *field, bool v2)
{
	const struct opt_u64 *o = field;

	(void)v2;
	return o->set ? number_text(m, o->v) : NULL;
}

static const char *text(struct make *m, const void *field, bool v2)
{
	(void)m;
	(void)v2;
	return *(char *const *)field;
}

/* What cgroup2 always does needs no write; to switch it off is what it can't. */
static const char *hierarchical(struct make *m, const void *field, bool v2)
{
	const struct opt_bool *o = field;

	(void)m;
	return !o->set || (v2 && o->v) ? NULL : o->v ? "1" : "0";
}

static const char *if_true(struct make *m, const void *field, bool v2)
{
	const struct opt_bool *o = field;

	(void)m;
	(void)v2;
	return o->v ? "1" : NULL;
}

/* The field counts memory and swap space together, as v1's file does; v2's is of swap space alone. */
static const char *swap(struct make *m, const void *field, bool v2)
{
	const struct spec_memory *mem = m->r->memory;
	int64_t v = ((const struct opt_i64 *)field)->v;

	/* checked before, unless the caller forgot to */
	if (v > 0 && (mem->limit.v <= 0 || v < mem->limit.v)) {
		make_refuse(m, "memory/swap", "swap is not an amount of at least the memory's limit");
		return NULL;
	}
	if (v <= 0 || !v2)
		return amount(m, field, v2);
	return number_text(m, (uint64_t)(v - mem->limit.v));
}

unsigned limits_cpu_weight(uint64_t shares)
{
	double l;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	/* A parabola in logarithms through (2, 1), (1024, 100) and (262144, 10000): default meets default. */
	l = log2((double)shares);
	return (unsigned)ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34));
}

/* The kernel refuses shares while the group is idle, and forgets them when it becomes so (limits_merge()). */
static const char *shares(struct make *m, const void *field, bool v2)
{
	uint64_t v = ((const struct opt_u64 *)field)->v;

	return !v || m->r->cpu->idle.v ? NULL : number_text(m, v2 ? limits_cpu_weight(v) : v);
}

/* cpu.max has both, quota first: the period is on its own there only when no quota was asked for. */
static const char *period(struct make *m, const void *field, bool v2)
{
	const char *v = positive(m, field, v2);

	if (!v || !v2)
		return v;
	return m->r->cpu->quota.v ? NULL : arena_printf(m->a, "max %s", v);
}

static const char *quota(struct make *m, const void *field, bool v2)
{
	const char *v = amount(m, field, v2), *p = positive(m, &m->r->cpu->period, v2);

	return v && v2 && p ? arena_printf(m->a, "%s %s", v, p) : v;
}

static const char *idle(struct make *m, const void *field, bool v2)
{
	const struct opt_i64 *o = field;

	(void)m;
	(void)v2;
	return !o->set ? NULL : o->v ? "1" : "0";
}

static const char *pids(struct make *m, const void *field, bool v2)
{
	const struct opt_i64 *o = field;

	(void)v2;
	return !o->set ? NULL : o->v > 0 ? number_text(m, (uint64_t)o->v) : "max";
}

/* ---- the rows */

static const struct controller memory = { "memory", "memory" };
static const struct controller cpu = { "cpu", "cpu" };
static const struct controller cpuset = { "cpuset", "cpuset" };
static const struct controller pids_c = { "pids", "pids" };

enum { NO_PART = -1 }; /* the field is a member of spec_resources itself */

struct row {
	const char *field; /* below the resources */
	const struct controller *controller;
	struct place file;
	int part; /* offset of the pointer to the struct that has the member, or NO_PART */
	size_t member;
	value_of *value;
	unsigned flags;
};

#define MEMORY(name) \
	&memory, .part = offsetof(struct spec_resources, memory), .member = offsetof(struct spec_memory, name)
#define CPU(c, name) \
	&(c), .part = offsetof(struct spec_resources, cpu), .member = offsetof(struct spec_cpu, name)

/* clang-format off */
static const struct row rows[] = {
	{ "memory/useHierarchy", MEMORY(use_hierarchy), .value = hierarchical,
	  .file = { "memory.use_hierarchy", NULL, "accounting that leaves out the groups below" } },
	/* v1 keeps limit <= memory+swap at all times */
	{ "memory/limit", MEMORY(limit), .value = amount, .flags = LIMIT_RETRY,
	  .file = { "memory.limit_in_bytes", "memory.max", NULL } },
	{ "memory/swap", MEMORY(swap), .value = swap,
	  .file = { "memory.memsw.limit_in_bytes", "memory.swap.max", NULL } },
	{ "memory/reservation", MEMORY(reservation), .value = amount,
	  .file = { "memory.soft_limit_in_bytes", "memory.low", NULL } },
	{ "memory/kernel", MEMORY(kernel), .value = amount, .flags = LIMIT_READ_BACK,
	  .file = { "memory.kmem.limit_in_bytes", NULL, "limit for the kernel's memory alone" } },
	{ "memory/kernelTCP", MEMORY(kernel_tcp), .value = amount, .flags = LIMIT_READ_BACK,
	  .file = { "memory.kmem.tcp.limit_in_bytes", NULL, "limit for the memory of TCP's buffers alone" } },
	{ "memory/swappiness", MEMORY(swappiness), .value = number,
	  .file = { "memory.swappiness", NULL, "swappiness for each group" } },
	{ "memory/disableOOMKiller", MEMORY(disable_oom_killer), .value = if_true,
	  .file = { "memory.oom_control", NULL, "way to switch off the OOM killer" } },

	{ "cpu/idle", CPU(cpu, idle), .value = idle, .file = { "cpu.idle", "cpu.idle", NULL } },
	{ "cpu/shares", CPU(cpu, shares), .value = shares, .file = { "cpu.shares", "cpu.weight", NULL } },
	/* quota/period must fit into the parent's, and burst into the quota */
	{ "cpu/period", CPU(cpu, period), .value = period, .flags = LIMIT_RETRY,
	  .file = { "cpu.cfs_period_us", "cpu.max", NULL } },
	{ "cpu/quota", CPU(cpu, quota), .value = quota, .flags = LIMIT_RETRY,
	  .file = { "cpu.cfs_quota_us", "cpu.max", NULL } },
	{ "cpu/burst", CPU(cpu, burst), .value = number, .file = { "cpu.cfs_burst_us", "cpu.max.burst", NULL } },
	/* runtime <= period */
	{ "cpu/realtimePeriod", CPU(cpu, realtime_period), .value = positive, .flags = LIMIT_RETRY,
	  .file = { "cpu.rt_period_us", NULL, "limits of realtime scheduling" } },
	{ "cpu/realtimeRuntime", CPU(cpu, realtime_runtime), .value = amount,
	  .file = { "cpu.rt_runtime_us", NULL, "limits of realtime scheduling" } },
	{ "cpu/cpus", CPU(cpuset, cpus), .value = text, .file = { "cpuset.cpus", "cpuset.cpus", NULL } },
	{ "cpu/mems", CPU(cpuset, mems), .value = text, .file = { "cpuset.mems", "cpuset.mems", NULL } },

	{ "pids/limit", &pids_c, .part = NO_PART, .member = offsetof(struct spec_resources, pids_limit),
	  .value = pids, .file = { "pids.max", "pids.max", NULL } },
};
/* clang-format on */

static const void *member_of(const struct make *m, const struct row *row)
{
	const char *base = (const char *)m->r;

	if (row->part != NO_PART)
		base = *(const char *const *)(const void *)(base + row->part);
	return base ? base + row->member : NULL;
}

static void make_row(struct make *m, const struct row *row)
{
	const void *member = member_of(m, row);
	bool v2 = in_v2(m, make_where(m, row->controller));
	const char *value = member ? row->value(m, member, v2) : NULL;
	struct limit *w;

	if (!value || make_find(m, row->controller, &row->file, row->field) == AT_NONE)
		return;
	w = make_add(m, v2 ? row->controller->v2 : row->controller->v1, v2 ? row->file.v2 : row->file.v1,
		     value, row->field);
	w->flags = row->flags;
	if (row->value == swap && !strchr("0123456789", *value))
		w->flags |= LIMIT_IF_THERE; /* a kernel without swap has no such file */
}

int limits_of(struct arena *a, const struct spec *s, const struct spec_resources *r,
	      const struct cgroup_layout *l, struct limit_list *out, struct diags *dg)
{
	struct make m = { .a = a, .s = s, .r = r, .l = l, .out = out, .dg = dg };
	unsigned before = dg->errors;

	m.at = s ? s->resources_at : "/linux/resources";
	*out = (struct limit_list){ .check_usage = r->memory && r->memory->check_before_update.v };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		make_row(&m, &rows[i]);
	make_block_io(&m);
	make_hugepages(&m);
	make_network(&m);
	make_rdma(&m);
	make_unified(&m); /* the last word */
	return dg->errors == before ? 0 : -1;
}
