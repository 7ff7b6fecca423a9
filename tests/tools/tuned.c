/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the kernel runs this process: one line each of scheduling, I/O priority, memory policy, CPUs and
 * personality, in numbers. Static, so that it runs in any root.
 *
 *   tuned [WORD]      only the line that begins with the word
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static void scheduler(void)
{
	struct attr a;

	memset(&a, 0, sizeof a);
	if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) < 0)
		perror("sched_getattr");
	if (a.policy != 6) /* of others it is the slice, which nobody asked for */
		a.runtime = 0;
	printf("scheduler policy %u nice %d priority %u flags %llu deadline %llu/%llu/%llu\n", a.policy,
	       a.nice, a.priority, (unsigned long long)a.flags, (unsigned long long)a.runtime,
	       (unsigned long long)a.deadline, (unsigned long long)a.period);
}

static void io_priority(void)
{
	long p = syscall(SYS_ioprio_get, 1, 0);

	printf("io class %ld priority %ld\n", p >> 13, p & 7);
}

static void memory(void)
{
	unsigned long nodes[64] = { 0 };
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof nodes * 8, NULL, 0) < 0)
		perror("get_mempolicy");
	printf("memory mode %d nodes %lx\n", mode, nodes[0]);
}

static void cpus(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof set, &set);
	printf("cpus");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			printf(" %d", i);
	putchar('\n');
}

static void domain(void)
{
	printf("personality %x\n", (unsigned)personality(0xffffffff));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		void (*print)(void);
	} rows[] = { { "scheduler", scheduler },
		     { "io", io_priority },
		     { "memory", memory },
		     { "cpus", cpus },
		     { "personality", domain } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (argc < 2 || !strcmp(argv[1], rows[i].word))
			rows[i].print();
	return 0;
}
