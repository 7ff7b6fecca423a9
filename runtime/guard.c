/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "args.h"
#include "fd.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1UL << 2)
#endif

struct note {
	enum note_kind { NOTE_DIR, NOTE_PROCESS, NOTE_BYE } kind;
	dev_t dev;
	ino_t ino;
};

/* ---- sbrun's side ---- */

const char *guard_parse_caller(const char *value, pid_t *caller)
{
	unsigned long long pid;

	if (!strcmp(value, "true"))
		*caller = CALLER_WHOEVER;
	else if (!strcmp(value, "false"))
		*caller = CALLER_NONE;
	else if (parse_decimal(value, INT_MAX, &pid) && pid)
		*caller = (pid_t)pid;
	else
		return "true, false or the caller's pid is expected";
	return NULL;
}

/*
 * Who is orphaned is given to PID 1, or to a subreaper. When the caller has not told who it is: one that is
 * PID 1 itself is in our session, and takes everything with it anyway; that a subreaper is not who called
 * can't be seen.
 */
static bool caller_is_gone(pid_t told, pid_t parent)
{
	if (getppid() != parent)
		return true;
	return told == CALLER_WHOEVER ? parent == 1 && getsid(0) != getsid(1) : parent != told;
}

static int die_with_caller(pid_t told, struct diags *dg)
{
	pid_t parent = getppid();

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) {
		diag_errno(dg, errno, "prctl", NULL, "can't end with the caller");
		return -1;
	}
	if (!caller_is_gone(told, parent))
		return 0;
	diag_error(dg, told > 0 ? "process %d, which called sbrun, has ended already, or is not its parent (--die-with-parent)"
				: "the process that called sbrun has ended already (--die-with-parent)", (int)told);
	return -1;
}

static void be_guard(int fd, const struct guard_opts *o) __attribute__((noreturn));

int guard_start(struct guard *g, const struct guard_opts *o, struct diags *dg)
{
	int pair[2];

	if (die_with_caller(o->caller, dg) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		diag_errno(dg, errno, "socketpair", NULL, "can't start the guard");
		return -1;
	}
	g->pid = fork();
	if (g->pid == 0)
		be_guard(pair[1], o);
	if (g->pid < 0)
		diag_errno(dg, errno, "fork", NULL, "can't start the guard");
	else
		g->fd = fd_take(&pair[0]);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
	return g->pid < 0 ? -1 : 0;
}

static int tell(struct guard *g, const struct note *n, int fd)
{
	char control[CMSG_SPACE(sizeof fd)] = { 0 };
	struct iovec iov = { (void *)n, sizeof *n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (g->fd < 0)
		return 0;
	if (fd >= 0) {
		m.msg_control = control;
		m.msg_controllen = sizeof control;
		*CMSG_FIRSTHDR(&m) = (struct cmsghdr){ CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &fd, sizeof fd);
	}
	return sendmsg(g->fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void guard_has_dir(struct guard *g, int dir)
{
	struct stat st;

	if (fstat(dir, &st) == 0)
		tell(g, &(struct note){ .kind = NOTE_DIR, .dev = st.st_dev, .ino = st.st_ino }, -1);
}

int guard_has_process(struct guard *g, int pidfd)
{
	return tell(g, &(struct note){ .kind = NOTE_PROCESS }, pidfd);
}

void guard_dismiss(struct guard *g)
{
	if (g->fd < 0)
		return;
	tell(g, &(struct note){ .kind = NOTE_BYE }, -1);
	fd_close(&g->fd);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ---- the guard's ---- */

struct watch {
	const struct guard_opts *o;
	struct note dir; /* ino 0: none was told */
	int process;     /* pidfd, or -1 */
};

/* Nobody's pipe stays open because of us, and a signal to the caller's group is not for us. */
static int stand_apart(int fd)
{
	sigset_t all;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "sbrun-guard");
	for (int i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			close(i);
	if (fd != 3)
		fd = dup3(fd, 3, O_CLOEXEC);
	if (syscall(SYS_close_range, 4, ~0U, 0) < 0)
		for (int i = 4; i < 1024; i++)
			close(i);
	return fd;
}

/* false: sbrun is gone, or nothing comes any more */
static bool hear(int fd, struct note *n, int *passed)
{
	char control[CMSG_SPACE(sizeof *passed)];
	struct iovec iov = { n, sizeof *n };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	ssize_t got;

	*passed = -1;
	while ((got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (got != sizeof *n)
		return false;
	if (CMSG_FIRSTHDR(&m))
		memcpy(passed, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof *passed);
	return true;
}

/* The command leads a session and so a group; before 6.9 only it can be meant. */
static void end_process(int pidfd)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, PIDFD_SIGNAL_PROCESS_GROUP) < 0)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

/*
 * sbrun was killed around its mkdir. Whoever makes the directory holds its lock and goes on in an empty one,
 * or begins again when it is gone: state.c.
 */
static void remove_if_unused(struct state_dir *sd)
{
	if (flock(sd->fd, LOCK_EX | LOCK_NB) == 0 && !state_gone(sd))
		unlinkat(sd->root_fd, sd->id, AT_REMOVEDIR); /* which takes an empty one only */
}

/* As a person would: by the commands, which know what a runtime that was killed leaves behind. */
static void end_sandbox(const struct guard_opts *o)
{
	const char *removing[] = { "sbrun", "--root", o->root, "delete", "--force", o->id, NULL };
	const char *killing[] = { "sbrun", "--root", o->root, "kill", "--all", o->id, "KILL", NULL };

	execv("/proc/self/exe", (char **)(o->keep ? killing : removing));
}

static void end_all(const struct watch *w)
{
	struct arena *a = arena_create();
	struct state_dir sd;
	struct diags quiet;
	struct stat st;

	if (w->process >= 0)
		end_process(w->process);
	diags_init(&quiet, a);
	if (!w->o->id || state_open(&sd, a, w->o->root, w->o->id, &quiet) < 0)
		return;
	if (!w->dir.ino)
		remove_if_unused(&sd);
	else if (fstat(sd.fd, &st) == 0 && st.st_ino == w->dir.ino && st.st_dev == w->dir.dev)
		end_sandbox(w->o);
}

static void be_guard(int fd, const struct guard_opts *o)
{
	struct watch w = { .o = o, .process = -1 };
	struct note n;
	int passed;

	fd = stand_apart(fd);
	while (hear(fd, &n, &passed)) {
		switch (n.kind) {
		case NOTE_BYE: _exit(0);
		case NOTE_DIR: w.dir = n; break;
		case NOTE_PROCESS: w.process = passed; break;
		}
	}
	end_all(&w);
	_exit(0);
}
