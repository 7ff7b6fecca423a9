/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times commands side by side: in every round each of them runs once, in an order that rotates, so that
 * whatever else the machine does hits all of them alike. The time is from before posix_spawn() to after
 * wait4(), by the monotonic clock; no shell is in it.
 *
 *   spawn [-n ROUNDS] [-w WARMUP] [-r NAME]... NAME COMMAND [ARG]... [-- NAME COMMAND [ARG]...]...
 *
 * "{}" in an argument becomes a number that is new for each run (for container IDs). -r adds a column with
 * the ratio of medians to the command of that name. What the commands print is thrown away. A command that
 * doesn't end with 0 is reported at once, and its row says how often it failed; the exit code is then 1.
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

enum { MAX_COMMANDS = 16, MAX_ARGS = 64, MAX_REFS = 4, MAX_ARG_LEN = 512 };

struct command {
	const char *name;
	char **args; /* NULL-terminated, inside main's argv */
	double *us;  /* one a round, microseconds */
	int failed;
};

struct options {
	int rounds, warmup;
	const char *refs[MAX_REFS];
	int nrefs;
};

static unsigned long runs;

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

/* `arg` with its first "{}" replaced by the number of this run; in `buf` where anything was replaced. */
static char *numbered(char *arg, char buf[static MAX_ARG_LEN])
{
	const char *hole = strstr(arg, "{}");

	if (!hole)
		return arg;
	snprintf(buf, MAX_ARG_LEN, "%.*s%lu%s", (int)(hole - arg), arg, runs, hole + 2);
	return buf;
}

static int run_once(char **args, const posix_spawn_file_actions_t *fa, double *us)
{
	static char bufs[MAX_ARGS][MAX_ARG_LEN];
	char *argv[MAX_ARGS + 1];
	extern char **environ;
	int n = 0, status, err;
	pid_t pid;
	double start;

	runs++;
	for (; args[n] && n < MAX_ARGS; n++)
		argv[n] = numbered(args[n], bufs[n]);
	argv[n] = NULL;

	start = now_us();
	err = posix_spawnp(&pid, argv[0], fa, NULL, argv, environ);
	if (err) {
		errno = err;
		die(argv[0]);
	}
	while (wait4(pid, &status, 0, NULL) < 0)
		if (errno != EINTR)
			die("wait4");
	*us = now_us() - start;
	return status;
}

static void measure(struct command *cmds, int n, const struct options *o)
{
	posix_spawn_file_actions_t fa;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	for (int round = -o->warmup; round < o->rounds; round++) {
		for (int k = 0; k < n; k++) {
			struct command *c = &cmds[(k + round + o->warmup) % n];
			double us;
			int status = run_once(c->args, &fa, &us);

			if (status && !c->failed++)
				fprintf(stderr, "spawn: %s: wait status %#x\n", c->name, (unsigned)status);
			if (round >= 0)
				c->us[round] = us;
		}
	}
	posix_spawn_file_actions_destroy(&fa);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of sorted values. */
static double quantile(const struct command *c, int n, double q)
{
	return c->us[(int)(q * (n - 1) + 0.5)];
}

static void print_table(struct command *cmds, int n, const struct options *o)
{
	for (int i = 0; i < n; i++)
		qsort(cmds[i].us, (size_t)o->rounds, sizeof(double), by_value);

	printf("%-22s %10s %10s %10s", "us", "min", "median", "p99");
	for (int r = 0; r < o->nrefs; r++)
		printf("  /%-14s", o->refs[r]);
	printf("\n");
	for (int i = 0; i < n; i++) {
		double median = quantile(&cmds[i], o->rounds, 0.5);

		printf("%-22s %10.1f %10.1f %10.1f", cmds[i].name, cmds[i].us[0], median,
		       quantile(&cmds[i], o->rounds, 0.99));
		for (int r = 0; r < o->nrefs; r++) {
			const struct command *ref = NULL;

			for (int k = 0; k < n; k++)
				if (!strcmp(cmds[k].name, o->refs[r]))
					ref = &cmds[k];
			if (ref)
				printf("  %-15.2f", median / quantile(ref, o->rounds, 0.5));
			else
				printf("  %-15s", "-");
		}
		if (cmds[i].failed)
			printf("  FAILED %d times", cmds[i].failed);
		printf("\n");
	}
}

/* Cuts argv at each "--"; every piece is a name and a command. */
static int split(char **argv, struct command *cmds)
{
	int n = 0;

	while (*argv) {
		if (n == MAX_COMMANDS || !argv[1] || !strcmp(argv[1], "--"))
			return -1;
		cmds[n].name = argv[0];
		cmds[n++].args = &argv[1];
		while (*argv && strcmp(*argv, "--") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct command cmds[MAX_COMMANDS];
	struct options o = { .rounds = 200, .warmup = 10 };
	int opt, n, failed = 0;

	while ((opt = getopt(argc, argv, "+n:w:r:")) != -1) {
		if (opt == 'n')
			o.rounds = atoi(optarg);
		else if (opt == 'w')
			o.warmup = atoi(optarg);
		else if (opt == 'r' && o.nrefs < MAX_REFS)
			o.refs[o.nrefs++] = optarg;
		else
			return 125;
	}
	n = split(argv + optind, cmds);
	if (n <= 0 || o.rounds <= 0 || o.warmup < 0) {
		fprintf(stderr, "usage: spawn [-n ROUNDS] [-w WARMUP] [-r NAME]... NAME COMMAND... "
				"[-- NAME COMMAND...]...\n");
		return 125;
	}
	for (int i = 0; i < n; i++) {
		cmds[i].us = calloc((size_t)o.rounds, sizeof(double));
		if (!cmds[i].us)
			die("calloc");
	}
	measure(cmds, n, &o);
	print_table(cmds, n, &o);
	for (int i = 0; i < n; i++) {
		failed += cmds[i].failed;
		free(cmds[i].us);
	}
	return failed ? 1 : 0;
}
