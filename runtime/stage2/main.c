/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The executor: maps the plan, runs its steps in order, each by the table made from
 * PLAN_STEPS. A step of the parent's is asked for and waited for; the first failure is
 * reported with its step, call, errno and object, and ends the process.
 */
#include "stage2.h"

#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/signal.h>

/*
 * Nothing is initialized data: the file would have a page more for it, and the init a copy. What everybody
 * writes shares the first page, and kernels before 6.6 want it to begin with one.
 */
struct regs g __attribute__((aligned(4096), section(".bss.0")));

static void no_fds_yet(void)
{
	g.ctl = g.root = g.proc = g.pts = g.tty = g.null_dev = g.mask_dir = g.cpu_proc = g.held = g.eph = -1;
	g.tools = g.released = -1;
}

#define ROW_PARENT(kind, fn) [STEP_##kind] = NULL,
#define ROW_CHILD(kind, fn)  [STEP_##kind] = step_##fn,
static int (*const run[STEP__COUNT])(const struct step *) = { PLAN_STEPS(ROW_PARENT, ROW_CHILD, ROW_CHILD) };

const void *blob(uint32_t off, size_t size)
{
	static uint64_t zero[64]; /* never written; const would take room in the file */
	const struct plan *p = g.plan;

	if (!off || off > p->size - p->blob || size > p->size - p->blob - off)
		return size <= sizeof zero ? zero : NULL;
	return (const char *)p + p->blob + off;
}

const char *str(uint32_t off)
{
	return blob(off, 1);
}

const char *next_str(const char *s)
{
	const char *end = (const char *)g.plan + g.plan->size;

	s += text_len(s) + 1;
	return s < end ? s : end - 1;
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		raw6(__NR_close, *fd, 0, 0, 0, 0, 0);
	*fd = -1;
}

int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static const struct step *step_at(uint32_t i)
{
	return (const struct step *)((const char *)g.plan + g.plan->steps) + i;
}

uint32_t find_step(enum step_kind kind)
{
	uint32_t i;

	for (i = 0; i < g.plan->n_steps; i++)
		if (step_at(i)->kind == kind)
			break;
	return i;
}

const struct step *step_of(enum step_kind kind)
{
	return step_at(find_step(kind));
}

void close_slots(void)
{
	int i;

	for (i = 0; i < g.plan->n_slots; i++)
		raw6(__NR_close, g.plan->slot_base + i, 0, 0, 0, 0, 0);
}

/*
 * The parent runs all its steps from i on in one go; returns the first that is ours again. Just before the
 * gate they are asked for by what the gate reports, and done before it is answered: a question less.
 */
static uint32_t parent_steps(uint32_t i)
{
	uint32_t next = i;

	while (next < g.plan->n_steps && !run[step_at(next)->kind])
		next++;
	if (next < g.plan->n_steps && step_at(next)->kind == STEP_START_GATE) {
		g.asked = i;
	} else {
		report(MSG_NEED, i, 0);
		await_reply();
	}
	return next;
}

void run_steps(uint32_t first, uint32_t end)
{
	uint32_t i = first;

	while (i < end) {
		const struct step *s = step_at(i);
		int r;

		g.step = i;
		if (!run[s->kind]) {
			let_parent_go();
			i = parent_steps(i);
			continue;
		}
		if (s->kind != STEP_MOUNT && s->kind != STEP_DEVICE)
			let_parent_go();
		g.call = ~0u;
		g.part = 0;
		g.detail[0] = 0;
		r = i == g.plan->fail_step ? about(-EIO, "failed on purpose (--fail-step)") : run[s->kind](s);
		if (r < 0)
			fail(r);
		report_done(i);
		i++;
	}
}

/* Everything a wrong header could lead astray is refused here, once. */
static int plan_ok(const struct plan *p, size_t size)
{
	const struct step *s = (const struct step *)((const char *)p + sizeof *p);
	uint32_t i;

	if (size < sizeof *p || p->magic != PLAN_MAGIC || p->size != size || p->steps != sizeof *p)
		return 0;
	if (p->n_steps > (size - sizeof *p) / sizeof(struct step) ||
	    p->blob != sizeof *p + p->n_steps * sizeof(struct step))
		return 0;
	if (p->blob >= size || ((const char *)p)[size - 1] != 0 || p->first_child_step > p->n_steps)
		return 0;
	for (i = 0; i < p->n_steps; i++)
		if (s[i].kind >= STEP__COUNT)
			return 0;
	return 1;
}

static int map_plan(int fd)
{
	long size = SYS(lseek, fd, 0, 2 /* SEEK_END */);
	long p;

	if (size < (long)sizeof(struct plan))
		return -EINVAL;
	p = SYS(mmap, NEAR_PLAN, size, PROT_READ, MAP_PRIVATE | 0x8000 /* MAP_POPULATE */, fd, 0);
	if (p < 0 && p > -4096)
		return (int)p;
	if (!plan_ok((const struct plan *)p, (size_t)size))
		return -EINVAL;
	g.plan = (const struct plan *)p;
	close_fd(&fd);
	return 0;
}

/* Our own descriptors end with the payload's execve; those that are preserved stay. */
static void close_on_exec(void)
{
	const struct plan *p = g.plan;
	int fd;

	if (SYS(close_range, 3 + p->preserve, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) >= 0)
		return;
	for (fd = 3 + p->preserve; fd < p->slot_base + p->n_slots; fd++)
		SYS(fcntl, fd, 2 /* F_SETFD */, 1 /* FD_CLOEXEC */);
}

/* Signals stay blocked until the payload: the init takes them one by one. */
static void own_process(void)
{
	uint64_t all = ~0ull;

	SYS(rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	SYS(prctl, PR_SET_NAME, "sbrun-init", 0, 0, 0); /* not the memfd's name */
	SYS(umask, 0);
}

/* Out of the slots, which are closed long before there is a payload to wait for. */
static int keep_held(void)
{
	if (g.plan->held_slot >= 0)
		g.held = (int)SYS(fcntl, g.plan->slot_base + g.plan->held_slot, 1030 /* F_DUPFD_CLOEXEC */,
				  3);
	return g.plan->held_slot >= 0 && g.held < 0 ? g.held : 0;
}

void stage2_main(long *stack)
{
	char **argv = (char **)(stack + 1);
	long fd;
	int r;

	no_fds_yet();
	g.exit_code = 125;
	g.call = ~0u;
	/* argv: the name that ps shows, the number of the plan's descriptor */
	if (stack[0] != 2 || (fd = text_number(argv[1])) < 0)
		quit(125);
	g.ctl = (int)fd - 1; /* it comes just before the plan: begin.c */
	r = map_plan((int)fd);
	if (r < 0)
		fail(r);
	memset(argv[1], 0, text_len(argv[1]));
	g.ctl = g.plan->ctl_fd;
	own_process();
	close_on_exec();
	g.step = find_step(STEP_START_GATE); /* if it fails: that is what it is kept for */
	if ((r = end_map()) < 0)
		fail(r);
	if ((r = keep_held()) < 0)
		fail(r);
	run_steps(g.plan->first_child_step, g.plan->n_steps);
	quit(125); /* not reached: the last step execs, or SPAWN stays as the init */
}
