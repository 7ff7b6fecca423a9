/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include "errnos.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TRACEES = 256, MAX_CALLS = 1 << 16, END_MS = 5000 };
/* what is written to files of the kernel goes whole or not at all */
enum { SHORTEST = 16 };

/* By what its program is: not yet the command's, the runtime, stage-2; the next one is the payload. */
enum program { BEFORE, RUNTIME, STAGE2, PAYLOAD };

struct tracee {
	pid_t pid; /* 0: a free place */
	enum who who;
	enum program program;
	bool known; /* its parent has told of it */
	bool limbo; /* stopped until then */
	bool stopped;
	bool failing; /* inside the call whose result is to be replaced */
	bool killing;
	int call;
};

static struct tracee tracees[MAX_TRACEES];
static struct fault fault;
static struct outcome now;
static int calls[WHO__COUNT][MAX_CALLS];
static size_t n_calls[WHO__COUNT];
static volatile sig_atomic_t time_is_up;

static struct tracee *find(pid_t pid)
{
	for (int i = 0; i < MAX_TRACEES; i++)
		if (tracees[i].pid == pid)
			return &tracees[i];
	return NULL;
}

static struct tracee *add(pid_t pid)
{
	struct tracee *t = find(pid);

	if (!t && (t = find(0)))
		*t = (struct tracee){ .pid = pid };
	return t;
}

static void on_alarm(int sig)
{
	(void)sig;
	time_is_up = 1;
}

static void set_timer(int ms)
{
	/* again and again: it may come just before the wait */
	struct itimerval t = { .it_value = { ms / 1000, ms % 1000 * 1000 }, .it_interval = { 0, 50000 } };

	if (!ms)
		t.it_interval.tv_usec = 0;
	setitimer(ITIMER_REAL, &t, NULL);
}

/* ---- registers ---- */

#if defined(__x86_64__)
static void set_call(pid_t pid, long nr)
{
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), nr);
}

static void set_result(pid_t pid, long value)
{
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), value);
}

static void set_third(pid_t pid, long value)
{
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rdx), value);
}
#elif defined(__aarch64__)
static void set_call(pid_t pid, long nr)
{
	int n = (int)nr;
	struct iovec v = { &n, sizeof n };

	ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &v);
}

static void set_register(pid_t pid, int reg, long value)
{
	struct user_regs_struct r;
	struct iovec v = { &r, sizeof r };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &v) < 0)
		return;
	r.regs[reg] = (unsigned long)value;
	ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &v);
}

static void set_result(pid_t pid, long value)
{
	set_register(pid, 0, value);
}

static void set_third(pid_t pid, long value)
{
	set_register(pid, 2, value);
}
#else
#error "say how this architecture passes a system call's number and result"
#endif

/* ---- the fault ---- */

static void note_hit(int call)
{
	now.hit = true;
	snprintf(now.call, sizeof now.call, "%s", call_name(call));
}

static pid_t thread_group(pid_t pid)
{
	char path[40], line[128];
	pid_t tgid = pid;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	if (f)
		fclose(f);
	return tgid;
}

static void make_fail(struct tracee *t, uint64_t length)
{
	now.err = call_errno(t->call, fault.which);
	if (!now.err || (now.err == FAULT_SHORT && length < SHORTEST))
		return;
	note_hit(t->call);
	if (now.err == FAULT_SHORT) {
		set_third(t->pid, (long)length - 1);
		return;
	}
	t->failing = true;
	if (!call_works_anyway(t->call))
		set_call(t->pid, -1);
}

static void on_entry(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	size_t nth;

	t->call = (int)info->entry.nr;
	if (t->program == BEFORE || t->program == PAYLOAD)
		return;
	if (n_calls[t->who] < MAX_CALLS)
		calls[t->who][n_calls[t->who]++] = t->call;
	nth = n_calls[t->who];
	if (now.hit || t->who != fault.who || nth != fault.nth)
		return;
	switch (fault.act) {
	case ACT_NONE: break;
	case ACT_KILL_BEFORE:
		note_hit(t->call);
		kill(thread_group(t->pid), SIGKILL);
		break;
	case ACT_KILL_AFTER:
		note_hit(t->call);
		t->killing = true;
		break;
	case ACT_FAIL: make_fail(t, info->entry.args[2]); break;
	}
}

static void on_exit_of_call(struct tracee *t)
{
	if (t->failing)
		set_result(t->pid, -now.err);
	if (t->killing)
		kill(thread_group(t->pid), SIGKILL);
	t->failing = t->killing = false;
}

static void on_call(struct tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof info, &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_exit_of_call(t);
}

/* ---- what the kernel tells ---- */

static void go_on(struct tracee *t, int sig)
{
	t->stopped = false;
	ptrace(PTRACE_SYSCALL, t->pid, 0, sig);
}

static void let_loose(struct tracee *t)
{
	ptrace(PTRACE_DETACH, t->pid, 0, 0);
	t->pid = 0;
}

static void on_child(struct tracee *parent)
{
	unsigned long pid = 0;
	struct tracee *t;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) < 0 || !(t = add((pid_t)pid)))
		return;
	t->known = true;
	t->program = parent->program;
	t->who = parent->who;
	/* another runtime's threads are the runtime; of ours they are known apart */
	if (t->who != WHO_SANDBOX && thread_group(t->pid) == t->pid)
		t->who = WHO_SANDBOX;
	else if (t->who == WHO_RUNTIME && !fault.follow)
		t->who = WHO_THREAD;
	if (t->limbo) {
		t->limbo = false;
		go_on(t, 0);
	}
}

/* A runtime that executes itself again stays one; stage-2 is executed by the sandbox's first process. */
static bool on_exec(struct tracee *t)
{
	if (t->program == BEFORE || t->who == WHO_SANDBOX)
		t->program++;
	if (t->program < PAYLOAD)
		return false;
	let_loose(t);
	return true;
}

static void on_stop(struct tracee *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	t->stopped = true;
	if (sig == (SIGTRAP | 0x80)) {
		on_call(t);
		go_on(t, 0);
	} else if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
		on_child(t);
		go_on(t, 0);
	} else if (event == PTRACE_EVENT_EXEC) {
		if (!on_exec(t))
			go_on(t, 0);
	} else if (event == PTRACE_EVENT_STOP &&
		   (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
		ptrace(PTRACE_LISTEN, t->pid, 0, 0);
	} else if (event) {
		t->limbo = !t->known;
		if (t->known)
			go_on(t, 0);
	} else {
		go_on(t, sig);
	}
}

/* One report; *status when it is the end of `pid`. */
static bool one_report(pid_t pid, int *status)
{
	struct tracee *t;
	int s;
	pid_t who = waitpid(-1, &s, __WALL);

	if (who < 0)
		return errno == ECHILD;
	t = find(who);
	if (WIFSTOPPED(s)) {
		if (t || (t = add(who)))
			on_stop(t, s);
		return false;
	}
	if (t)
		t->pid = 0;
	if (who == pid)
		*status = s;
	return who == pid;
}

static void kill_all(void)
{
	for (int i = 0; i < MAX_TRACEES; i++)
		if (tracees[i].pid)
			kill(tracees[i].pid, SIGKILL);
}

/* ---- commands ---- */

static void into(const char *path, int to)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(99);
}

static pid_t start(char *const argv[], const char *out, const char *err, int go[2])
{
	pid_t pid = fork();
	char byte;

	if (pid)
		return pid;
	close(go[1]);
	into(out, 1);
	into(err, 2);
	close(0);
	if (open("/dev/null", O_RDONLY) != 0 || read(go[0], &byte, 1) != 1)
		_exit(99);
	execvp(argv[0], argv);
	_exit(99);
}

static long options(void)
{
	long o = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

	if (fault.follow || fault.who != WHO_RUNTIME)
		o |= PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
	return o;
}

static int give_up(const char *what)
{
	fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
	return -1;
}

int trace_command(char *const argv[], const char *out, const char *err, int timeout_ms, struct outcome *o)
{
	struct tracee *t;
	int go[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0 || (pid = start(argv, out, err, go)) < 0)
		return give_up("fork");
	close(go[0]);
	if (ptrace(PTRACE_SEIZE, pid, 0, options()) < 0 || !(t = add(pid)))
		return give_up("ptrace");
	t->known = true;
	t->who = WHO_RUNTIME;
	ptrace(PTRACE_INTERRUPT, pid, 0, 0); /* so that its system calls are seen from here on */
	time_is_up = 0;
	now.hung = false;
	set_timer(timeout_ms);
	if (write(go[1], "g", 1) != 1)
		return give_up("write");
	close(go[1]);
	while (!one_report(pid, &now.status))
		if (time_is_up && !now.hung) {
			now.hung = true;
			kill_all();
		}
	set_timer(0);
	*o = now;
	return 0;
}

void trace_begin(const struct fault *f)
{
	struct sigaction sa = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &sa, NULL);
	fault = *f;
	now = (struct outcome){ 0 };
	memset(n_calls, 0, sizeof n_calls);
	memset(tracees, 0, sizeof tracees);
}

static bool any_left(void)
{
	for (int i = 0; i < MAX_TRACEES; i++)
		if (tracees[i].pid)
			return true;
	return false;
}

/* Of all at once: the first process of a pid namespace that dies waits until we have taken the others'
 * end. */
void trace_end(void)
{
	time_is_up = 0;
	set_timer(END_MS);
	for (int i = 0; i < MAX_TRACEES; i++)
		if (tracees[i].pid && tracees[i].stopped)
			let_loose(&tracees[i]);
		else if (tracees[i].pid)
			ptrace(PTRACE_INTERRUPT, tracees[i].pid, 0, 0);
	while (any_left()) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		struct tracee *t = pid > 0 ? find(pid) : NULL;

		if (pid < 0 && errno != EINTR)
			break;
		if (t && WIFSTOPPED(status))
			let_loose(t);
		else if (t)
			t->pid = 0;
		if (time_is_up)
			kill_all();
	}
	set_timer(0);
}

const int *trace_calls(enum who who, size_t *n)
{
	*n = n_calls[who];
	return calls[who];
}
