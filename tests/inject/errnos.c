/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the man pages, less what a correct program can't meet (EBADF, EFAULT, a bad argument of its own), and
 * less what would be a lie rather than a failure: that a file isn't there which is, that a connection or a
 * process is gone.
 * ENOSYS is what an older kernel or a filter around the runtime says.
 */
#include "errnos.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#define MOUNT EPERM, EINVAL, ENOMEM, ENOSYS
#define FD    EMFILE, ENFILE
#define DISK  EACCES, ENOSPC, EROFS, EIO

/* clang-format off */
static const struct row {
	const char *name;
	int errnos[8];
} rows[] = {
	{ "accept4", { EMFILE, EINTR, ECONNABORTED } },
	{ "access", { EACCES, EIO } },
	{ "bind", { EACCES, EADDRINUSE, ENOSPC } },
	{ "bpf", { EPERM, ENOMEM, EINVAL, ENOSYS } },
	{ "capget", { EPERM } },
	{ "capset", { EPERM } },
	{ "chdir", { EACCES, ENOENT, EIO } },
	{ "chown", { EPERM, DISK } },
	{ "chroot", { EPERM, EACCES } },
	{ "clock_nanosleep", { EINTR } },
	{ "clone", { EAGAIN, ENOMEM, ENOSPC, EPERM } },
	{ "clone3", { EAGAIN, ENOMEM, ENOSPC, EPERM, EBUSY, ENOSYS } },
	{ "close", { EIO, EINTR } },
	{ "close_range", { ENOSYS, EMFILE, EINVAL } },
	{ "connect", { EINTR, EAGAIN, ECONNREFUSED, EACCES, ENOENT } },
	{ "dup", { EMFILE } },
	{ "dup2", { EMFILE, EBUSY } },
	{ "dup3", { EMFILE, EBUSY } },
	{ "execve", { EACCES, ENOENT, ENOMEM, ENOEXEC, E2BIG } },
	{ "execveat", { EACCES, ENOENT, ENOMEM, ENOSYS } },
	/* of these two, that a hierarchy is there which is mounted nowhere would be a lie */
	{ "faccessat2", { ENOSYS } },
	{ "fallocate", { ENOSPC, EINTR } },
	{ "fchdir", { EACCES, EIO } },
	{ "fchmod", { EPERM, DISK } },
	{ "fchmodat", { EPERM, DISK } },
	{ "fchown", { EPERM, DISK } },
	{ "fchownat", { EPERM, DISK } },
	{ "fcntl", { EMFILE, EPERM, EINTR } },
	{ "flock", { EINTR, ENOLCK, EIO } },
	{ "fork", { EAGAIN, ENOMEM } },
	{ "fsconfig", { MOUNT, EBUSY } },
	{ "fsmount", { MOUNT, EMFILE, EBUSY } },
	{ "fsopen", { MOUNT, EMFILE, ENODEV } },
	{ "fspick", { MOUNT, EMFILE } },
	{ "fstat", { EIO, ENOMEM } },
	{ "fstatfs", { EIO, ENOSYS } },
	{ "fsync", { EIO, ENOSPC } },
	{ "ftruncate", { ENOSPC, EINTR } },
	{ "getcwd", { ENOENT } },
	{ "getdents64", { EIO, ENOMEM } },
	{ "getrandom", { EINTR, ENOSYS } },
	{ "getsockopt", { ENOBUFS } },
	{ "getxattr", { ENOTSUP, EIO } },
	{ "inotify_add_watch", { ENOSPC, ENOMEM } },
	{ "inotify_init1", { EMFILE } },
	{ "ioctl", { ENOTTY, EIO, EPERM } },
	{ "ioprio_set", { EPERM } },
	{ "keyctl", { EDQUOT, ENOSYS, EACCES, EINTR } },
	{ "kill", { EPERM, ESRCH } },
	{ "linkat", { DISK, EXDEV } },
	{ "listen", { EADDRINUSE } },
	{ "lseek", { EIO } },
	{ "lstat", { EACCES, ENOENT, EIO } },
	{ "memfd_create", { FD, ENOMEM } },
	{ "mkdir", { DISK } },
	{ "mkdirat", { DISK } },
	{ "mknod", { DISK } }, /* EPERM is what the host's devices are bound for, so it makes no difference */
	{ "mknodat", { DISK } },
	{ "mmap", { ENOMEM } },
	{ "mount", { MOUNT, EBUSY, ENODEV } },
	{ "mount_setattr", { MOUNT, EBUSY } },
	{ "move_mount", { MOUNT, EBUSY } },
	{ "mprotect", { ENOMEM } },
	{ "mremap", { ENOMEM } },
	{ "munmap", { ENOMEM } },
	{ "nanosleep", { EINTR } },
	{ "newfstatat", { EACCES, EIO, ENOMEM } },
	{ "open", { EACCES, FD, EINTR } },
	{ "open_tree", { MOUNT, EMFILE, EACCES } },
	{ "openat", { EACCES, FD, ENOMEM, EINTR } },
	{ "openat2", { EACCES, FD, EAGAIN, ENOSYS, EXDEV } },
	{ "pidfd_open", { EMFILE, ENOMEM, ENOSYS } }, /* ESRCH would be a lie: whoever hears it may forget the process */
	{ "pidfd_send_signal", { EPERM, ESRCH, ENOSYS } },
	{ "pipe2", { FD } },
	{ "pivot_root", { EPERM, EINVAL, EBUSY } },
	{ "poll", { EINTR, ENOMEM } },
	{ "ppoll", { EINTR, ENOMEM } },
	{ "prctl", { EINVAL, EPERM } },
	{ "pread64", { EIO, EINTR } },
	{ "prlimit64", { EPERM, EINVAL } },
	{ "pwrite64", { EIO, ENOSPC, EINTR } },
	{ "read", { EIO, EINTR } },
	{ "readlink", { EACCES, ENOENT, EIO } },
	{ "readlinkat", { EACCES, ENOENT, EIO } },
	{ "recvfrom", { EINTR, ECONNRESET, ENOMEM } },
	{ "recvmsg", { EINTR, ENOMEM } },
	{ "rename", { DISK } },
	{ "renameat", { DISK } },
	{ "rmdir", { EBUSY, EACCES, EROFS } },
	{ "sched_getaffinity", { EPERM } },
	{ "sched_setaffinity", { EPERM, EINVAL } },
	{ "seccomp", { EACCES, EINVAL, ENOMEM } },
	{ "sendmsg", { EINTR, EPIPE, ENOBUFS, ETOOMANYREFS } },
	{ "sendto", { EINTR, ENOBUFS } },
	{ "setdomainname", { EPERM } },
	{ "setgroups", { EPERM, ENOMEM } },
	{ "sethostname", { EPERM } },
	{ "setns", { EPERM, EINVAL, ENOMEM, ENOSPC } },
	{ "setpriority", { EACCES } },
	{ "setresgid", { EPERM } },
	{ "setresuid", { EPERM, EAGAIN } },
	{ "setsid", { EPERM } },
	{ "setsockopt", { ENOBUFS } },
	{ "signalfd4", { EMFILE, ENOMEM } },
	{ "socket", { FD, ENOBUFS, EAFNOSUPPORT } },
	{ "socketpair", { FD, ENOBUFS } },
	{ "stat", { EACCES, ENOENT, EIO } },
	{ "statfs", { EACCES, EIO, ENOSYS } },
	{ "statx", { EACCES, ENOENT, EIO } },
	{ "symlinkat", { DISK } },
	{ "umount2", { EBUSY, EINVAL, EPERM } },
	{ "unlink", { EACCES, EBUSY, EIO } },
	{ "unlinkat", { EACCES, EBUSY, EIO } },
	{ "unshare", { EPERM, ENOMEM, ENOSPC } },
	{ "utimensat", { EPERM } },
	{ "vfork", { EAGAIN, ENOMEM } },
	{ "wait4", { EINTR } },
	{ "waitid", { EINTR } },
	{ "write", { EIO, ENOSPC, EINTR, FAULT_SHORT } },
	{ "writev", { EIO, ENOSPC, EINTR } },
};

/* They don't fail, or only where the caller is at fault; or the process is over. */
static const char *const never[] = {
	"?", "alarm", "arch_prctl", "brk", "clock_gettime", "exit", "exit_group", "futex", "getegid", "geteuid",
	"getgid", "getpgrp", "getpid", "getppid", "getresgid", "getresuid", "getsid", "gettid",
	"gettimeofday", "getuid", "madvise", "pause", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"sched_yield", "set_robust_list", "set_tid_address", "sigaltstack", "sysinfo", "umask", "uname",
};
/* clang-format on */

enum { MAX_CALLS = 600 };

const char *call_name(int nr)
{
	static char *names[MAX_CALLS];

	if (nr < 0 || nr >= MAX_CALLS)
		return "?";
	if (!names[nr] && !(names[nr] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr)))
		return "?";
	return names[nr];
}

static int compare(const void *name, const void *row)
{
	return strcmp(name, ((const struct row *)row)->name);
}

static bool may_fail(const char *name)
{
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (!strcmp(name, never[i]))
			return false;
	return true;
}

int call_errno(int nr, unsigned which)
{
	const char *name = call_name(nr);
	const struct row *r = bsearch(name, rows, sizeof rows / sizeof *rows, sizeof *rows, compare);

	if (r)
		return which < 8 ? r->errnos[which] : 0;
	/* a call that has no row yet */
	return which == 0 && may_fail(name) ? EPERM : 0;
}

bool call_works_anyway(int nr)
{
	return !strcmp(call_name(nr), "close");
}
