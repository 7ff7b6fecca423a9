/* SPDX-License-Identifier: Apache-2.0 */
/* Planning how the kernel schedules, places and runs the payload: the same for run and exec. */
#include "planner.h"

#include "../spec/arena.h"
#include "../spec/cpulist.h"

#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/personality.h>

struct flag { const char *name; uint64_t bit; };

static uint64_t flag_bits(const struct str_list *words, const struct flag *table, size_t n)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < words->n; i++)
		for (size_t k = 0; k < n; k++)
			if (!strcmp(words->v[i], table[k].name))
				bits |= table[k].bit;
	return bits;
}
#define FLAG_BITS(words, table) flag_bits(words, table, sizeof(table) / sizeof *(table))

/* ---- CPU affinity ---- */

static void put_cpus(struct builder *b, const char *list, uint32_t *text, uint32_t *mask, uint64_t *bytes)
{
	size_t n = 0;
	uint64_t *bits = cpu_list_mask(b->a, list, &n);

	*text = put_str(b, list);
	*mask = put_bytes(b, bits, n);
	*bytes = n;
}

void plan_affinity_initial(struct builder *b, const struct spec_process *p, struct step *clone)
{
	const struct spec_cpu_affinity *aff = p->exec_cpu_affinity;

	if (b->exec && aff && aff->initial && *aff->initial)
		put_cpus(b, aff->initial, &clone->s[0], &clone->s[1], &clone->n[1]);
}

/* Without a final list the sandbox's own: the kernel cuts a full mask down to the cpuset. */
static void plan_affinity_final(struct builder *b, const struct spec_process *p)
{
	const struct spec_cpu_affinity *aff = p->exec_cpu_affinity;
	uint64_t all[128];
	struct step *s;

	if (!aff || (!aff->initial && !aff->final))
		return;
	s = add_step(b, STEP_AFFINITY, "/process/execCPUAffinity");
	if (aff->final && *aff->final) {
		put_cpus(b, aff->final, &s->s[0], &s->s[1], &s->n[0]);
		return;
	}
	memset(all, 0xff, sizeof all);
	s->s[1] = put_bytes(b, all, sizeof all);
	s->n[0] = sizeof all;
}

/* ---- the rest ---- */

static void plan_scheduler(struct builder *b, const struct spec_scheduler *sc)
{
	static const uint32_t policies[] = {
		[SCHED_P_OTHER] = 0, [SCHED_P_FIFO] = 1, [SCHED_P_RR] = 2,       [SCHED_P_BATCH] = 3,
		[SCHED_P_ISO] = 4,   [SCHED_P_IDLE] = 5, [SCHED_P_DEADLINE] = 6,
	};
	static const struct flag flags[] = {
		{ "SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK },
		{ "SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM },
		{ "SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN },
		{ "SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY },
		{ "SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS },
		{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
		{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
	};
	struct plan_sched ps = { .size = sizeof ps };

	if (!sc)
		return;
	ps.policy = policies[sc->policy];
	ps.flags = FLAG_BITS(&sc->flags, flags);
	ps.nice = sc->nice;
	ps.priority = (uint32_t)sc->priority;
	ps.runtime = sc->runtime;
	ps.deadline = sc->deadline;
	ps.period = sc->period;
	add_step(b, STEP_SCHEDULER, "/process/scheduler")->s[0] = put_bytes(b, &ps, sizeof ps);
}

static void plan_io_priority(struct builder *b, const struct spec_io_priority *io)
{
	static const uint64_t classes[] = {
		[IO_CLASS_RT] = IOPRIO_CLASS_RT,
		[IO_CLASS_BE] = IOPRIO_CLASS_BE,
		[IO_CLASS_IDLE] = IOPRIO_CLASS_IDLE,
	};

	if (io)
		add_step(b, STEP_IO_PRIORITY, "/process/ioPriority")->n[0] =
			classes[io->class_] << IOPRIO_CLASS_SHIFT | (uint64_t)io->priority;
}

static void plan_memory_policy(struct builder *b, const struct spec_memory_policy *m)
{
	static const struct flag modes[] = {
		{ "MPOL_DEFAULT", 0 },   { "MPOL_PREFERRED", 1 },
		{ "MPOL_BIND", 2 },      { "MPOL_INTERLEAVE", 3 },
		{ "MPOL_LOCAL", 4 },     { "MPOL_PREFERRED_MANY", 5 },
		{ "MPOL_WEIGHTED_INTERLEAVE", 6 }, /* Linux 6.9 */
	};
	static const struct flag flags[] = {
		{ "MPOL_F_NUMA_BALANCING", 1 << 13 }, /* Linux 5.12 */
		{ "MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES },
		{ "MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES },
	};
	struct str_list mode;
	struct step *s;

	if (!m)
		return;
	mode = (struct str_list){ &((struct spec_memory_policy *)m)->mode, 1 };
	s = add_step(b, STEP_MEMORY_POLICY, "/linux/memoryPolicy");
	if (m->nodes && *m->nodes)
		put_cpus(b, m->nodes, &s->s[0], &s->s[1], &s->n[0]);
	s->n[1] = FLAG_BITS(&mode, modes) | FLAG_BITS(&m->flags, flags);
}

static void plan_personality(struct builder *b, const struct spec_personality *p)
{
	static const struct flag flags[] = {
		{ "UNAME26", UNAME26 },
		{ "ADDR_NO_RANDOMIZE", ADDR_NO_RANDOMIZE },
		{ "FDPIC_FUNCPTRS", FDPIC_FUNCPTRS },
		{ "MMAP_PAGE_ZERO", MMAP_PAGE_ZERO },
		{ "ADDR_COMPAT_LAYOUT", ADDR_COMPAT_LAYOUT },
		{ "READ_IMPLIES_EXEC", READ_IMPLIES_EXEC },
		{ "ADDR_LIMIT_32BIT", ADDR_LIMIT_32BIT },
		{ "SHORT_INODE", SHORT_INODE },
		{ "WHOLE_SECONDS", WHOLE_SECONDS },
		{ "STICKY_TIMEOUTS", STICKY_TIMEOUTS },
		{ "ADDR_LIMIT_3GB", ADDR_LIMIT_3GB },
	};

	if (p)
		add_step(b, STEP_PERSONALITY, "/linux/personality")->n[0] =
			(strcmp(p->domain, "LINUX32") ? 0 : 8 /* PER_LINUX32 */) | FLAG_BITS(&p->flags, flags);
}

/* In the payload itself, while it still has the rights: the init keeps the caller's. */
void plan_tuning(struct builder *b, const struct spec_process *p, const struct spec_linux *l)
{
	if (b->exec)
		plan_affinity_final(b, p);
	plan_scheduler(b, p->scheduler);
	plan_io_priority(b, p->io_priority);
	plan_memory_policy(b, l->memory_policy);
	plan_personality(b, l->personality);
}
