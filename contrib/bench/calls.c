/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts system calls: those of a command and of all the processes and threads that it makes, until the
 * command itself has ended; who lives on after that is let go, and lives on. (strace -f -c would wait for
 * them.)
 *
 *   calls FILE COMMAND [ARG]...        appends the number to FILE, a line; ends with the command's exit code
 *
 * ptrace(2): PTRACE_SYSCALL stops each of them on the way in and on the way out, PTRACE_GET_SYSCALL_INFO
 * says which.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

enum {
	FOLLOW = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		 PTRACE_O_TRACEEXEC,
	SYSCALL_STOP = SIGTRAP | 0x80, /* by TRACESYSGOOD */
};

static void die(const char *what)
{
	fprintf(stderr, "calls: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* The child stops before its exec; what it does until that one succeeds isn't counted. */
static pid_t start(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		raise(SIGSTOP);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
		die("waitpid");
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)FOLLOW) < 0)
		die("ptrace");
	kill(pid, SIGCONT);
	return pid;
}

static int entered(pid_t pid)
{
	struct __ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/* Of a stopped one: 1 if it enters a system call. It goes on, with the signal that it was stopped for. */
static int go_on(pid_t pid, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status), call = 0;

	if (signal == SYSCALL_STOP)
		call = entered(pid);
	else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP && signal != SIGCONT) {
		ptrace(PTRACE_LISTEN, pid, NULL, NULL); /* a group stop: it stays stopped */
		return 0;
	}
	/* A failure is ESRCH: it was killed meanwhile, and the next wait tells. */
	ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)(event || signal == SYSCALL_STOP ? 0 : signal));
	return call;
}

int main(int argc, char **argv)
{
	unsigned long calls = 0, begun = 0;
	int status;
	pid_t command, pid;
	FILE *f;

	if (argc < 3) {
		fprintf(stderr, "usage: calls FILE COMMAND [ARG]...\n");
		return 125;
	}
	command = start(argv + 2);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (pid == command && !begun && status >> 16 == PTRACE_EVENT_EXEC)
			calls = begun = 1;
		if (WIFSTOPPED(status))
			calls += (unsigned long)go_on(pid, status);
		else if (pid == command)
			break;
	}
	if (pid < 0)
		die("waitpid");
	f = fopen(argv[1], "ae");
	if (!f || fprintf(f, "%lu\n", calls) < 0 || fclose(f) != 0)
		die(argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
