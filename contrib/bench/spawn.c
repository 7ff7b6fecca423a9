/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times commands side by side: in every round each of them runs once, in an order that rotates, so that
 * whatever else the machine does hits all of them alike. The time is from before posix_spawn() to after
 * wait4(), by the monotonic clock; no shell is in it.
 *
 *   spawn [-n ROUNDS] [-w WARMUP] [-j COPIES] ROW [-- ROW]...
 *
 * ROW is NAME COMMAND [ARG]... [--before COMMAND [ARG]...] [--after COMMAND [ARG]...]: what has to be
 * there first and what must not stay, each a command whose time isn't taken. "{}" in an argument becomes a
 * number that is new for each run (for container IDs). With -j a round starts so many copies at once, and the
 * time is that of all of them through their number. What the commands print is thrown away, what they
 * complain of isn't.
 *
 * A line on stdout for each figure, three fields with tabs between them: name, key and value. The keys:
 *
 *   min, median, p99    microseconds by the clock
 *   cpu                 microseconds of processor time, the median; the neighbours' work moves it less
 *   rss                 KiB: the largest process
 *   failed              how often, if it did; the exit code is 1 then
 *
 * cpu and rss are wait4(2)'s: of the command and of those that it waited for itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROWS = 16, MAX_ARGS = 256, MAX_ARG_LEN = 1024, MAX_COPIES = 16 };

struct row {
	const char *name;
	char **command, **before, **after; /* NULL-terminated, inside main's argv; the last two can be NULL */
	double *us, *cpu;                  /* one a round, microseconds */
	long rss;                          /* KiB */
	int failed;
};

struct options {
	int rounds, warmup, copies;
};

static posix_spawn_file_actions_t quiet;

static void die(const char *what)
{
	fprintf(stderr, "spawn: %s: %s\n", what, strerror(errno));
	exit(125);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* `arg` with each "{}" replaced by `number`; in `buf` where there is any. */
static char *numbered(char *arg, unsigned long number, char buf[static MAX_ARG_LEN])
{
	const char *from = arg, *hole;
	size_t n = 0;

	if (!strstr(arg, "{}"))
		return arg;
	for (; (hole = strstr(from, "{}")) && n < MAX_ARG_LEN; from = hole + 2)
		n += (size_t)snprintf(buf + n, MAX_ARG_LEN - n, "%.*s%lu", (int)(hole - from), from, number);
	if (n < MAX_ARG_LEN)
		n += (size_t)snprintf(buf + n, MAX_ARG_LEN - n, "%s", from);
	if (n >= MAX_ARG_LEN) {
		errno = E2BIG;
		die(arg);
	}
	return buf;
}

static pid_t start(char **args, unsigned long number)
{
	static char bufs[MAX_ARGS][MAX_ARG_LEN];
	char *argv[MAX_ARGS + 1];
	extern char **environ;
	int n = 0;
	pid_t pid;

	for (; args[n]; n++) {
		if (n == MAX_ARGS) {
			errno = E2BIG;
			die(args[0]);
		}
		argv[n] = numbered(args[n], number, bufs[n]);
	}
	argv[n] = NULL;
	errno = posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ);
	if (errno)
		die(argv[0]);
	return pid;
}

static int wait_for(pid_t pid, struct rusage *used)
{
	int status;

	while (wait4(pid, &status, 0, used) < 0)
		if (errno != EINTR)
			die("wait4");
	return status;
}

static void note_failure(struct row *r, const char *which, int status)
{
	if (status && !r->failed++)
		fprintf(stderr, "spawn: %s%s: wait status %#x\n", r->name, which, (unsigned)status);
}

static double cpu_us(const struct rusage *used)
{
	return (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1e6 +
	       (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

/* The time of one run, and that of the processor. */
static double run_once(struct row *r, int copies, double *cpu)
{
	static unsigned long runs;
	unsigned long first = runs + 1;
	pid_t pids[MAX_COPIES];
	struct rusage used;
	double begun, us;

	runs += (unsigned long)copies;
	for (int i = 0; r->before && i < copies; i++)
		note_failure(r, " (before)", wait_for(start(r->before, first + (unsigned long)i), &used));
	begun = now_us();
	for (int i = 0; i < copies; i++)
		pids[i] = start(r->command, first + (unsigned long)i);
	for (int i = 0; i < copies; i++) {
		note_failure(r, "", wait_for(pids[i], &used));
		*cpu += cpu_us(&used) / copies;
		if (used.ru_maxrss > r->rss)
			r->rss = used.ru_maxrss;
	}
	us = (now_us() - begun) / copies;
	for (int i = 0; r->after && i < copies; i++)
		note_failure(r, " (after)", wait_for(start(r->after, first + (unsigned long)i), &used));
	return us;
}

static void measure(struct row *rows, int n, const struct options *o)
{
	for (int round = -o->warmup; round < o->rounds; round++) {
		for (int k = 0; k < n; k++) {
			struct row *r = &rows[(k + round + o->warmup) % n];
			double cpu = 0, us = run_once(r, o->copies, &cpu);

			if (round < 0)
				continue;
			r->us[round] = us;
			r->cpu[round] = cpu;
		}
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_row(struct row *r, int rounds)
{
	qsort(r->us, (size_t)rounds, sizeof(double), by_value);
	qsort(r->cpu, (size_t)rounds, sizeof(double), by_value);
	printf("%s\tmin\t%.1f\n", r->name, r->us[0]);
	printf("%s\tmedian\t%.1f\n", r->name, r->us[(int)(0.5 * (rounds - 1) + 0.5)]);
	printf("%s\tp99\t%.1f\n", r->name, r->us[(int)(0.99 * (rounds - 1) + 0.5)]);
	printf("%s\tcpu\t%.1f\n", r->name, r->cpu[(int)(0.5 * (rounds - 1) + 0.5)]);
	printf("%s\trss\t%ld\n", r->name, r->rss);
	if (r->failed)
		printf("%s\tfailed\t%d\n", r->name, r->failed);
}

/* Cuts one row out of argv; returns where the next one begins, or NULL if this one has no command. */
static char **take_row(char **argv, struct row *r)
{
	*r = (struct row){ .name = argv[0], .command = argv + 1 };
	while (*argv && strcmp(*argv, "--") != 0) {
		char ***part = strcmp(*argv, "--before") == 0  ? &r->before
			       : strcmp(*argv, "--after") == 0 ? &r->after
							       : NULL;

		if (part) {
			*part = argv + 1;
			*argv = NULL;
		}
		argv++;
	}
	if (*argv)
		*argv++ = NULL;
	return r->command[0] && (!r->before || r->before[0]) && (!r->after || r->after[0]) ? argv : NULL;
}

static int take_rows(char **argv, struct row *rows)
{
	int n = 0;

	while (argv && *argv && n < MAX_ROWS)
		argv = take_row(argv, &rows[n++]);
	return argv && !*argv ? n : 0;
}

static void keep_quiet(void)
{
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
}

int main(int argc, char **argv)
{
	static struct row rows[MAX_ROWS];
	struct options o = { .rounds = 200, .warmup = 10, .copies = 1 };
	int opt, n, failed = 0;

	while ((opt = getopt(argc, argv, "+n:w:j:")) != -1) {
		if (opt == 'n')
			o.rounds = atoi(optarg);
		else if (opt == 'w')
			o.warmup = atoi(optarg);
		else if (opt == 'j')
			o.copies = atoi(optarg);
		else
			return 125;
	}
	n = take_rows(argv + optind, rows);
	if (n == 0 || o.rounds <= 0 || o.warmup < 0 || o.copies <= 0 || o.copies > MAX_COPIES) {
		fprintf(stderr, "usage: spawn [-n ROUNDS] [-w WARMUP] [-j COPIES] ROW [-- ROW]...\n");
		return 125;
	}
	for (int i = 0; i < n; i++) {
		rows[i].us = calloc((size_t)o.rounds, sizeof(double));
		rows[i].cpu = calloc((size_t)o.rounds, sizeof(double));
		if (!rows[i].us || !rows[i].cpu)
			die("calloc");
	}
	keep_quiet();
	measure(rows, n, &o);
	for (int i = 0; i < n; i++) {
		print_row(&rows[i], o.rounds);
		failed += rows[i].failed;
		free(rows[i].us);
		free(rows[i].cpu);
	}
	posix_spawn_file_actions_destroy(&quiet);
	return failed ? 1 : 0;
}
