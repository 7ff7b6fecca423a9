/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hook that tells what it sees. Static, so that it runs in any root.
 *
 *   witness DIR NAME [ACTION]...
 *
 * NAME goes to the end of DIR/order, the state on stdin to DIR/NAME.state, and to DIR/NAME a line for each
 * fact: "arg I WORD", "env WORD", "cwd PATH", "fd N LINK", "ns TYPE ID", "uid N", "gid N", "leader yes"
 * (of a session), "blocked MASK", "ignored MASK", "capeff MASK", "nofile SOFT", "umask MODE". Actions, in
 * order:
 *
 *   say N         N bytes to stdout          complain WORD   WORD to stderr
 *   sleep N       seconds                    brood N         so do a child of ours (its pid is in
 *   exit N        end with N                                 DIR/NAME.child) and we
 *   die N         by signal N                unread          (first) leave stdin alone
 *   exists PATH   a line "exists PATH yes"   run WORD...     (last) become that program
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *dir, *name;
static FILE *facts;

static FILE *into(const char *suffix, const char *mode)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, suffix);
	f = fopen(path, mode);
	if (!f) {
		perror(path);
		exit(99);
	}
	return f;
}

static void links(const char *kind, const char *path)
{
	char link[4096], to[4096];
	DIR *d = opendir(path);
	struct dirent *e;
	ssize_t n;

	while (d && (e = readdir(d))) {
		snprintf(link, sizeof link, "%s/%s", path, e->d_name);
		if (*e->d_name == '.' || (n = readlink(link, to, sizeof to - 1)) < 0)
			continue;
		to[n] = 0;
		if (atoi(e->d_name) != dirfd(d) || *kind != 'f')
			fprintf(facts, "%s %s %s\n", kind, e->d_name, to);
	}
	if (d)
		closedir(d);
}

static void signals(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f)) {
		if (!strncmp(line, "SigBlk:\t", 8))
			fprintf(facts, "blocked %s", line + 8);
		if (!strncmp(line, "SigIgn:\t", 8))
			fprintf(facts, "ignored %s", line + 8);
		if (!strncmp(line, "CapEff:\t", 8))
			fprintf(facts, "capeff %s", line + 8);
	}
	if (f)
		fclose(f);
}

static void tell(int argc, char **argv, char **envp)
{
	struct rlimit nofile;
	char cwd[4096];
	mode_t mask = umask(0);

	umask(mask);
	getrlimit(RLIMIT_NOFILE, &nofile);
	for (int i = 0; i < argc; i++)
		fprintf(facts, "arg %d %s\n", i, argv[i]);
	for (; *envp; envp++)
		fprintf(facts, "env %s\n", *envp);
	fprintf(facts, "cwd %s\n", getcwd(cwd, sizeof cwd) ? cwd : "?");
	links("ns", "/proc/self/ns");
	signals();
	fprintf(facts, "uid %d\ngid %d\n", getuid(), getgid());
	fprintf(facts, "leader %s\n", getsid(0) == getpid() && getpgid(0) == getpid() ? "yes" : "no");
	fprintf(facts, "nofile %llu\numask %04o\n", (unsigned long long)nofile.rlim_cur, mask);
}

static void keep_state(void)
{
	char buf[4096], path[300];
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "%s.state", name);
	f = into(path, "we");
	while ((n = fread(buf, 1, sizeof buf, stdin)) > 0)
		fwrite(buf, 1, n, f);
	fclose(f);
}

static void brood(unsigned seconds)
{
	char path[300];
	pid_t child = fork();
	FILE *f;

	if (child == 0) {
		sleep(seconds);
		_exit(0);
	}
	snprintf(path, sizeof path, "%s.child", name);
	f = into(path, "we");
	fprintf(f, "%d\n", child);
	fclose(f);
	sleep(seconds);
}

static void say(long n)
{
	while (n-- > 0)
		putchar(n % 64 ? 'x' : '\n');
	fflush(stdout);
}

static void act(char **a)
{
	for (; a[0] && a[1]; a += 2) {
		long n = atol(a[1]);

		if (!strcmp(a[0], "run")) {
			fclose(facts);
			execv(a[1], a + 1);
			_exit(98);
		} else if (!strcmp(a[0], "exists")) {
			fprintf(facts, "exists %s %s\n", a[1], access(a[1], F_OK) == 0 ? "yes" : "no");
			fflush(facts);
		} else if (!strcmp(a[0], "say")) {
			say(n);
		} else if (!strcmp(a[0], "complain")) {
			fprintf(stderr, "%s\n", a[1]);
		} else if (!strcmp(a[0], "sleep")) {
			sleep((unsigned)n);
		} else if (!strcmp(a[0], "brood")) {
			brood((unsigned)n);
		} else if (!strcmp(a[0], "die")) {
			raise((int)n);
		} else if (!strcmp(a[0], "exit")) {
			exit((int)n);
		}
	}
}

/* Before a file of our own is open. */
static char fds[8192];

static void note_fds(void)
{
	facts = fmemopen(fds, sizeof fds - 1, "w");
	links("fd", "/proc/self/fd");
	fclose(facts);
}

int main(int argc, char **argv, char **envp)
{
	FILE *order;
	int at = 3;

	if (argc < 3)
		return 99;
	dir = argv[1];
	name = argv[2];
	note_fds();
	order = into("order", "ae");
	fprintf(order, "%s\n", name);
	fclose(order);
	facts = into(name, "we");
	fputs(fds, facts);
	tell(argc, argv, envp);
	fflush(facts);
	if (argv[at] && !strcmp(argv[at], "unread"))
		at++;
	else
		keep_state();
	act(argv + at);
	return 0;
}
