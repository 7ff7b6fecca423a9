/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of time, kept by the init.
 *
 *   running --(timeout, or all its processor time used)--> told (TERM, CONT) --(the grace)--> we exit
 *
 * and with PID 1 the kernel ends everything, stopped, forked away or deaf as it may be. It all comes from
 * the timeout of the init's one wait, so nothing else runs meanwhile.
 *
 * Processor time is looked at when it can have run out at the earliest: were every processor at work for
 * the sandbox from now on. What has ended counts with whoever reaped it, in the end with us.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/signal.h>

enum { TICKS = 100 }; /* USER_HZ, in which /proc counts on every architecture that stage-2 is built for */
#define SECOND 1000000000ll

static struct {
	int64_t deadline; /* of MONOTONIC; 0: none */
	int64_t grace;
	int64_t cpu, cpu_look; /* ns allowed; when to look next, 0: no limit */
	int64_t processors;
	enum end_reason reached;
	int killed;
} limit;

static int64_t count_processors(void)
{
	uint64_t mask[128];
	long n = SYS(sched_getaffinity, 0, sizeof mask, mask);
	int64_t count = 0;

	for (long i = 0; i < n / 8; i++)
		for (uint64_t bits = mask[i]; bits; bits &= bits - 1)
			count++;
	return count > 0 ? count : 1;
}

void limits_set(const struct step *spawn)
{
	if (spawn->n[0])
		limit.deadline = now(MONOTONIC) + (int64_t)spawn->n[0];
	limit.grace = (int64_t)spawn->n[1];
	if (!spawn->n[2])
		return;
	limit.cpu = (int64_t)spawn->n[2];
	limit.processors = count_processors();
	limit.cpu_look = now(MONOTONIC) + limit.cpu / limit.processors;
}

enum end_reason limits_reached(void)
{
	return limit.reached;
}

struct k_timespec *limits_wait(struct k_timespec *t)
{
	int64_t next = limit.deadline, left;

	if (limit.cpu_look && (!next || limit.cpu_look < next))
		next = limit.cpu_look;
	if (!next)
		return NULL;
	left = next - now(MONOTONIC);
	if (left < 0)
		left = 0;
	*t = (struct k_timespec){ left / SECOND, left % SECOND };
	return t;
}

/* ---- processor time ---- */

/* A procfs of this pid namespace, in which nothing is hidden and over which nothing gets mounted. */
int step_cpu_clock(const struct step *s)
{
	char self[16];
	long n;
	int proc = proc_fd();

	(void)s;
	if (proc < 0)
		return about(proc, "a procfs for the processor time");
	g.cpu_proc = clone_tree(proc, "", 0, 1);
	if (g.cpu_proc < 0)
		return about(g.cpu_proc, "a procfs for the processor time");
	set_propagation(g.cpu_proc, 1 << 18 /* MS_PRIVATE */, 0);
	n = SYS(readlinkat, g.cpu_proc, "self", self, sizeof self);
	return n == 1 && self[0] == '1' ? 0 : about(-EPERM, "/proc is not the sandbox's own");
}

/* Fields 14 to 17 of PID/stat, in ticks: its own, and of what it has reaped. */
static int64_t ticks_of(const char *stat)
{
	const char *p = stat + text_len(stat);
	int64_t sum = 0, value = 0;
	int field;

	while (p > stat && *p != ')') /* the name may hold anything but no later parenthesis */
		p--;
	if (*p != ')' || p[1] != ' ')
		return 0;
	p += 2;
	for (field = 3; *p && field <= 17; p++) {
		if (*p >= '0' && *p <= '9')
			value = value * 10 + (*p - '0');
		if (*p != ' ')
			continue;
		if (field >= 14)
			sum += value;
		value = 0;
		field++;
	}
	return sum;
}

static int64_t process_ticks(const char *pid)
{
	char path[32] = "", stat[1024];
	CLEANUP_FD fd = -1;
	long n;

	if (text_add(path, sizeof path, pid) < 0 || text_add(path, sizeof path, "/stat") < 0)
		return 0;
	fd = (int)raw6(__NR_openat, g.cpu_proc, (long)path, O_CLOEXEC, 0, 0, 0);
	n = fd < 0 ? fd : raw6(__NR_read, fd, (long)stat, sizeof stat - 1, 0, 0, 0);
	if (n <= 0)
		return 0;
	stat[n] = 0;
	return ticks_of(stat);
}

struct k_dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* Of all processes, us included: what we reaped is ours. */
static int64_t processor_time(void)
{
	_Alignas(struct k_dirent64) char buf[2048];
	CLEANUP_FD dir = (int)raw6(__NR_openat, g.cpu_proc, (long)".", O_DIRECTORY | O_CLOEXEC, 0, 0, 0);
	int64_t ticks = 0;
	long n, at;

	while (dir >= 0 && (n = raw6(__NR_getdents64, dir, (long)buf, sizeof buf, 0, 0, 0)) > 0)
		for (at = 0; at < n;) {
			const struct k_dirent64 *d = (const void *)(buf + at);

			if (d->name[0] >= '1' && d->name[0] <= '9')
				ticks += process_ticks(d->name);
			at += d->reclen;
		}
	return ticks * (SECOND / TICKS);
}

/* 1: it is used up. */
static int cpu_time_over(int64_t at)
{
	int64_t left = limit.cpu - processor_time(), pause;

	if (left <= 0)
		return 1;
	pause = left / limit.processors;
	limit.cpu_look = at + (pause < SECOND / TICKS ? SECOND / TICKS : pause);
	return 0;
}

/* ---- the end ---- */

static void reach(enum end_reason why, int64_t at)
{
	limit.reached = why;
	limit.cpu_look = 0;
	if (g.on_failure & SPAWN_FREEZE) /* as it is, and not as its handler of TERM leaves it */
		init_stay(why, 0, 124);
	limit.deadline = at + limit.grace;
	raw6(__NR_kill, -1, SIGTERM, 0, 0, 0, 0);
	raw6(__NR_kill, -1, SIGCONT, 0, 0, 0, 0);
}

/* Where we stay, all the others go; but a payload that we can't kill is not to stay with us. */
static void over(int64_t at)
{
	if (limit.killed)
		g.on_failure = 0;
	if (!g.on_failure)
		init_end(SIGKILL);
	limit.killed = 1;
	limit.deadline = at + SECOND;
	raw6(__NR_kill, -1, SIGKILL, 0, 0, 0, 0);
}

void limits_check(void)
{
	int64_t at;

	if (!limit.deadline && !limit.cpu_look)
		return;
	at = now(MONOTONIC);
	if (limit.reached == END_BY_ITSELF) {
		if (limit.deadline && at >= limit.deadline)
			reach(END_TIMEOUT, at);
		else if (limit.cpu_look && at >= limit.cpu_look && cpu_time_over(at))
			reach(END_CPU_TIME, at);
	}
	if (limit.reached != END_BY_ITSELF && at >= limit.deadline)
		over(at);
}
