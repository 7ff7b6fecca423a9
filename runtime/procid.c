/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a process is. A pid is a number that the kernel hands out again; what stays is the inode
 * of the process in pidfs (kernel 6.9: unique until the next boot) or, before that, the time of
 * its start together with the pid. The order is always: open the pidfd first, then look, so
 * that what was looked at is what the pidfd holds.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "procid.h"

#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

int proc_stat_read(pid_t pid, struct proc_stat *out)
{
	char path[32], buf[1024], *p;
	CLEANUP_FD fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, sizeof(buf) - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	/* Field 2 is the name in parentheses, and a name may hold ')' and blanks itself. */
	p = strrchr(buf, ')');
	for (int field = 3; p && field <= 22; field++) {
		p = strchr(p + 1, ' ');
		if (p && field == 4)
			out->ppid = (pid_t)strtol(p, NULL, 10);
	}
	if (!p)
		return -EBADMSG;
	out->start_time = strtoull(p, NULL, 10);
	return 0;
}

/* The pidfs inode of a pidfd, or 0 where pidfds are anonymous inodes (all have the same number). */
static uint64_t pidfs_inode(int pidfd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(pidfd, &fs) < 0 || (unsigned long)fs.f_type != PID_FS_MAGIC || fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

int proc_id_get(struct proc_id *id, pid_t pid, int pidfd)
{
	struct proc_stat ps = { 0 };
	int r = proc_stat_read(pid, &ps);

	*id = (struct proc_id){ .pid = pid, .start_time = ps.start_time, .pidfs_ino = pidfs_inode(pidfd) };
	/* /proc may hide a process from us (hidepid); its pidfs inode is enough. */
	if (r < 0 && !id->pidfs_ino)
		return r == -ENOENT ? -ESRCH : r;
	/* Still there, if only as a zombie: then the pid was its own while we read. */
	if (pidfd_send_signal(pidfd, 0, NULL, 0) < 0 && errno == ESRCH)
		return -ESRCH;
	return 0;
}

int proc_id_open(const struct proc_id *id)
{
	CLEANUP_FD fd = -1;

	if (id->pid <= 0)
		return -ESRCH;
	fd = pidfd_open(id->pid, 0);
	if (fd < 0)
		return errno == EINVAL ? -ESRCH : -errno; /* EINVAL: the pid is a mere thread's now */
	if (id->pidfs_ino) {
		struct stat st;

		if (fstat(fd, &st) < 0)
			return -errno;
		if (st.st_ino != id->pidfs_ino)
			return -ESRCH;
	} else {
		struct proc_stat ps = { 0 };
		int r = proc_stat_read(id->pid, &ps);

		if (r < 0)
			return r == -ENOENT ? -ESRCH : r;
		if (ps.start_time != id->start_time)
			return -ESRCH;
	}
	return fd_take(&fd);
}

bool pidfd_ended(int pidfd)
{
	return pidfd_wait(pidfd, 0) == 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int pidfd_wait(int pidfd, int timeout_ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int64_t end = timeout_ms > 0 ? now_ms() + timeout_ms : 0;

	for (;;) {
		int n = poll(&p, 1, timeout_ms);

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR && errno != ENOMEM)
			return -errno;
		if (errno == ENOMEM) /* for a moment: nobody else would wait for it */
			nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		if (timeout_ms > 0) {
			int64_t left = end - now_ms();

			timeout_ms = left > 0 ? (int)left : 0;
		}
	}
}

bool proc_id_alive(const struct proc_id *id, int wait_ms)
{
	CLEANUP_FD fd = proc_id_open(id);

	return fd >= 0 ? pidfd_wait(fd, wait_ms) != 0 : fd != -ESRCH;
}

pid_t pidfd_pid(int pidfd)
{
	char path[48], text[512], *line;
	CLEANUP_FD fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -1;
	text[n] = '\0';
	line = strstr(text, "\nPid:");
	return line ? (pid_t)strtol(line + strlen("\nPid:"), NULL, 10) : -1;
}

/*
 * The last field of /proc/PID/stat, as wait(2) has it; the number is its own until we have reaped it. Who may
 * not see it reads a zero, proc_pid_stat(5); who may, can read the links of its namespaces too.
 */
static int traced_end(int pidfd, int *code)
{
	char path[48], buf[1024], ns[64], *last;
	pid_t pid = pidfd_pid(pidfd);
	CLEANUP_FD fd = -1;
	ssize_t n;
	int status;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	if (pid <= 0 || readlink(path, ns, sizeof(ns)) < 0)
		return -EBUSY;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (n <= 0)
		return -EBUSY;
	buf[n] = '\0';
	last = strrchr(buf, ' ');
	status = last ? (int)strtol(last, NULL, 10) : 0;
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

int pidfd_reap(int pidfd, int *code, struct rusage *usage)
{
	siginfo_t si = { 0 };
	int r = pidfd_wait(pidfd, -1);

	if (r < 0)
		return r;
	/* the system call has what waitid(3) leaves out */
	while (syscall(SYS_waitid, P_PIDFD, pidfd, &si, WEXITED | WNOHANG, usage) < 0)
		if (errno != EINTR)
			return -errno;
	if (!si.si_pid)
		return traced_end(pidfd, code);
	*code = si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
	return 0;
}

/* The last number of NSpid, proc_pid_status(5). */
pid_t proc_pid_inside(pid_t pid)
{
	char path[64], line[512], *last;
	pid_t inside = pid;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "NSpid:", 6) && (last = strrchr(line, '\t')))
			inside = (pid_t)strtol(last, NULL, 10);
	if (f)
		fclose(f);
	return inside;
}
