/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes down which instructions of a program a command executes: of itself, its threads, and the processes
 * that it makes, each until it executes something else. Slow (a stop for each instruction), and exact,
 * whichever system calls the program makes. contrib/bench/hot makes a list of functions of it.
 *
 *   stepped FILE COMMAND [ARG]...      appends the offsets in COMMAND's file of what was executed, in
 *                                      hexadecimal, one a line; ends with the command's exit code
 *
 * ptrace(2): PTRACE_SINGLESTEP. The program is where /proc/PID/maps shows its file.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <elf.h>

enum {
	FOLLOW = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
		 PTRACE_O_EXITKILL,
	FILE_MAX = 16 << 20, /* bytes of the program's file that can be marked */
};

/* Where the program's code is in memory. */
struct code {
	uintptr_t start, end;
	size_t offset; /* of `start` in the file */
};

static unsigned char executed[FILE_MAX];

static void die(const char *what)
{
	fprintf(stderr, "stepped: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* The child stops at its exec, which isn't taken from the caller's signals. */
static pid_t start(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	if (!WIFSTOPPED(status))
		exit(WEXITSTATUS(status));
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)FOLLOW) < 0)
		die("ptrace");
	return pid;
}

/* The one mapping of the file `pid` executes that is executable. */
static struct code find_code(pid_t pid)
{
	char path[64], line[4096];
	struct code code = {0};
	struct stat st;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (stat(path, &st) < 0)
		die(path);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	if (!maps)
		die(path);
	while (fgets(line, sizeof(line), maps)) {
		uintptr_t from, to;
		unsigned int major, minor;
		unsigned long inode;
		size_t offset;
		char mode[5];

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %zx %x:%x %lu", &from, &to, mode, &offset,
			   &major, &minor, &inode) == 7 &&
		    inode == (unsigned long)st.st_ino && mode[2] == 'x')
			code = (struct code){from, to, offset};
	}
	fclose(maps);
	if (!code.end || code.offset + (code.end - code.start) > FILE_MAX) {
		errno = ENOEXEC;
		die("no code found that could be followed");
	}
	return code;
}

static uintptr_t counter(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec io = {&regs, sizeof(regs)};

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &io) < 0)
		return 0; /* killed meanwhile */
#if defined(__x86_64__)
	return regs.rip;
#elif defined(__aarch64__)
	return regs.pc;
#else
	errno = ENOSYS;
	die("not on this architecture");
	return 0;
#endif
}

static void mark(pid_t pid, const struct code *code)
{
	uintptr_t at = counter(pid);

	if (at >= code->start && at < code->end)
		executed[at - code->start + code->offset] = 1;
}

/* Until the command itself has ended; who lives on after that is let go when we end. Its wait status. */
static int follow(pid_t command, const struct code *code)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			die("waitpid");
		if (!WIFSTOPPED(status)) {
			if (pid == command)
				return status;
			continue;
		}

		int event = status >> 16, sig = WSTOPSIG(status);

		if (event == PTRACE_EVENT_EXEC && pid != command) {
			ptrace(PTRACE_DETACH, pid, NULL, NULL);
			continue;
		}
		if (sig == SIGTRAP || (sig == SIGSTOP && pid != command) || event)
			sig = 0;
		mark(pid, code);
		ptrace(PTRACE_SINGLESTEP, pid, NULL, (void *)(intptr_t)sig);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: stepped FILE COMMAND [ARG]...\n");
		return 125;
	}

	pid_t pid = start(argv + 2);
	struct code code = find_code(pid);

	mark(pid, &code);
	ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);

	int status = follow(pid, &code);
	FILE *out = fopen(argv[1], "ae");

	if (!out)
		die(argv[1]);
	for (size_t i = 0; i < FILE_MAX; i++)
		if (executed[i])
			fprintf(out, "%zx\n", i);
	if (fclose(out))
		die(argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
