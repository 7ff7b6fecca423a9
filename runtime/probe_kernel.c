/* SPDX-License-Identifier: Apache-2.0 */
/* Filters, descriptors of processes, programs without a file, keyrings, and what else a kernel may have. */
#include "criu.h"
#include "criu_log.h"
#include "probe.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "seal.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#define PIDFS_MAGIC		  0x50494446
#define LANDLOCK_CREATE_RULESET_VERSION 1u
#define JOIN_SESSION_KEYRING	  1

/* ---- seccomp ---- */

static int install(struct sock_filter *code, unsigned short n, unsigned flags)
{
	struct sock_fprog prog = { n, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* getppid gets what `answer` says. */
static int filter_getppid(unsigned answer, unsigned flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return install(code, sizeof code / sizeof *code, flags);
}

static void try_seccomp(const struct probe_env *e, struct finding *out)
{
	(void)e;
	if (filter_getppid(SECCOMP_RET_ERRNO | ENOMSG, 0) < 0)
		found_errno(out, "seccomp(SECCOMP_SET_MODE_FILTER)", errno);
	else if (syscall(SYS_getppid) != -1 || errno != ENOMSG)
		found(out, PROBE_NO, "the filter was taken, and has no effect");
	else
		found(out, PROBE_OK, "a filter was set, and answered a call");
}

enum { ANSWER = 4711 };

/* Answer the one call of the child. 0 or -1. */
static int answer_one(int listener)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp reply = { .val = ANSWER };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return -1;
	reply.id = call.id;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static void try_notify(const struct probe_env *e, struct finding *out)
{
	CLEANUP_FD listener = filter_getppid(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	int status = 0, r;
	pid_t pid;

	(void)e;
	if (listener < 0) {
		found_errno(out, "seccomp(SECCOMP_FILTER_FLAG_NEW_LISTENER)", errno);
		if (errno == EBUSY)
			found_fix(out, "this process is under a filter with a listener already, and there can be only one");
		return;
	}
	pid = fork();
	if (pid == 0)
		_exit(syscall(SYS_getppid) == ANSWER ? 0 : 1);
	r = pid < 0 ? -1 : answer_one(listener);
	if (r < 0)
		found_errno(out, pid < 0 ? "fork" : "ioctl(SECCOMP_IOCTL_NOTIF_RECV)", errno);
	if (r < 0 && pid > 0)
		kill(pid, SIGKILL); /* our unreaped child */
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0)
		found(out, status ? PROBE_NO : PROBE_OK, "%s",
		      status ? "a call was handed over, and the answer did not arrive"
			     : "a call was handed over and answered");
}

/* ---- processes ---- */

/* A child that waits for its end. */
static pid_t waiting_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	return pid;
}

/* A pidfd is taken for a process's namespaces, whether we may join these or not. */
static bool joins(int pidfd)
{
	return syscall(SYS_setns, pidfd, CLONE_NEWUTS) == 0 || errno == EPERM;
}

static void try_pidfd(const struct probe_env *e, struct finding *out)
{
	pid_t pid = waiting_child();
	CLEANUP_FD fd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	const char *call = pid < 0 ? "fork" : "pidfd_open";
	siginfo_t info;
	int r = fd;

	(void)e;
	if (r >= 0 && !joins(fd)) {
		call = "setns of a pidfd";
		r = -1;
	}
	if (r >= 0) {
		call = "pidfd_send_signal";
		r = (int)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	}
	if (r >= 0) {
		call = "waitid(P_PIDFD)";
		r = waitid((idtype_t)3 /* P_PIDFD */, (id_t)fd, &info, WEXITED);
	}
	if (r >= 0) {
		found(out, PROBE_OK, "opened, joined, signalled and waited for");
		return;
	}
	found_errno(out, call, errno);
	if (pid > 0) {
		kill(pid, SIGKILL); /* not yet reaped, or waited for in vain */
		waitpid(pid, NULL, 0);
	}
}

static void try_pidfs(const struct probe_env *e, struct finding *out)
{
	CLEANUP_FD fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct statfs fs;

	(void)e;
	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PIDFS_MAGIC)
		found(out, PROBE_OK, "a process is known by its inode");
	else
		found(out, PROBE_WARN, "not there: a process is known by its pid and start time");
}

/* ---- stage-2's way into a sandbox ---- */

/*
 * Without its plan stage-2 exits at once, whatever it was started with; an exec that succeeds closes the
 * pipe, one that fails says why.
 */
static void try_memfd(const struct probe_env *e, struct finding *out)
{
	char *argv[] = { "sbrun-doctor", NULL }, *env[] = { NULL };
	struct diags dg;
	CLEANUP_FD fd = -1;
	int report[2], err = 0;
	pid_t pid;

	diags_init(&dg, e->a);
	fd = seal_stage2(&dg);
	if (fd < 0) {
		found_diags(out, &dg);
		return;
	}
	if (pipe2(report, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		found_errno(out, "fork", errno);
		return;
	}
	if (pid == 0) {
		syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
		err = errno;
		_exit(write(report[1], &err, sizeof err) == sizeof err ? 0 : 1);
	}
	close(report[1]);
	if (read(report[0], &err, sizeof err) == sizeof err)
		found_errno(out, "execveat of a memfd", err);
	else
		found(out, PROBE_OK, "a sealed memfd was executed");
	close(report[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void try_keyring(const struct probe_env *e, struct finding *out)
{
	(void)e;
	if (syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL, 0, 0, 0) >= 0) {
		found(out, PROBE_OK, "a session keyring was made");
		return;
	}
	found_errno(out, "keyctl(KEYCTL_JOIN_SESSION_KEYRING)", errno);
	if (errno == EDQUOT)
		found_fix(out, "sysctl -w kernel.keys.maxkeys=20000, or sbrun run --no-new-keyring");
	else if (errno == ENOSYS)
		out->verdict = PROBE_WARN;
}

/* ---- where sandboxes are kept ---- */

/* How much of the path is there, in bytes. */
static size_t existing_part(struct arena *a, const char *path)
{
	char *part = arena_strdup(a, path);

	while (*part && access(part, F_OK) < 0)
		*(strrchr(part, '/') ? strrchr(part, '/') : part) = 0;
	return strlen(part);
}

/* Directories that others use by now stay. */
static void remove_down_to(struct arena *a, const char *path, size_t there)
{
	char *part = arena_strdup(a, path);

	while (strlen(part) > there && rmdir(part) == 0 && strrchr(part, '/'))
		*strrchr(part, '/') = 0;
}

static void try_state(const struct probe_env *e, struct finding *out)
{
	const char *id = arena_printf(e->a, "sbrun-doctor-%d", (int)getpid()), *root = e->state_root;
	struct state_dir sd = STATE_DIR_NONE;
	struct state nobody = { .id = id };
	struct diags dg;
	size_t there;

	diags_init(&dg, e->a);
	if (!root)
		root = state_default_root(e->a, &dg);
	there = root ? existing_part(e->a, root) : 0;
	if (!root || state_reserve(&sd, e->a, root, id, &dg) < 0 || state_remove(&sd, &nobody, &dg) < 0)
		found_diags(out, &dg);
	else
		found(out, PROBE_OK, "%s", root);
	state_close(&sd);
	if (root)
		remove_down_to(e->a, root, there);
}

/* ---- what is only looked at ---- */

static void try_landlock(const struct probe_env *e, struct finding *out)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	(void)e;
	if (abi > 0)
		found(out, PROBE_OK, "ABI %ld", abi);
	else
		found_errno(out, "landlock_create_ruleset", errno);
}

static void try_apparmor(const struct probe_env *e, struct finding *out)
{
	found(out, e->f->apparmor ? PROBE_OK : PROBE_NO, e->f->apparmor ? "on" : "off");
}

static void try_selinux(const struct probe_env *e, struct finding *out)
{
	found(out, e->f->selinux ? PROBE_OK : PROBE_NO, e->f->selinux ? "on" : "off");
}

static void try_rdt(const struct probe_env *e, struct finding *out)
{
	const char *dir = arena_printf(e->a, "%s/sbrun-doctor-%d", e->f->resctrl ? e->f->resctrl : "", (int)getpid());

	if (!e->f->resctrl) {
		found(out, PROBE_NO, "no resctrl file system is mounted");
	} else if (mkdir(dir, 0755) < 0) {
		found(out, PROBE_NO, "mkdir %s: %s", dir, diag_errno_text(errno));
		found_fix(out, "%s", errno == ENOSPC ? "rmdir one of the groups there: the processor has no more of them"
						   : "run sbrun as root");
	} else if (rmdir(dir) < 0) {
		found(out, PROBE_NO, "rmdir %s: %s", dir, diag_errno_text(errno));
	} else {
		found(out, PROBE_OK, "a group was made in %s", e->f->resctrl);
	}
}

static void try_criu(const struct probe_env *e, struct finding *out)
{
	const char *criu = criu_in_path(e->a, "criu"), *words;

	if (!criu)
		found(out, PROBE_NO, "not in PATH");
	else if (!e->real_root)
		found(out, PROBE_NOT_HERE, "%s; only root can use it", criu);
	else if (criu_check(e->a, criu, &words) == 0)
		found(out, PROBE_OK, "%s: %s", criu, words);
	else {
		found(out, PROBE_NO, "%s check: %s", criu, words);
		found_fix(out, "%s", criu_log_hint(e->a, words, NULL, NULL));
	}
}

/* clang-format off */
const struct probe probes_kernel[] = {
	{ "seccomp", NEED_SECCOMP, try_seccomp, "linux.seccomp: no system call can be filtered",
	  "a kernel with CONFIG_SECCOMP_FILTER" },
	{ "seccomp-notify", NEED_NOTIFY, try_notify, "linux.seccomp rules with SCMP_ACT_NOTIFY",
	  "a kernel from 5.0 on" },
	{ "pidfd", NEED_PIDFD, try_pidfd, "exec, kill and delete of a sandbox that runs; namespaces that are joined by path",
	  "a kernel from 5.4 on, for exec from 5.8 on; in a container: podman or docker run --security-opt seccomp=unconfined" },
	{ "pidfs", NEED_NOTHING, try_pidfs, "nothing: pid and start time identify a process", "a kernel from 6.9 on" },
	{ "memfd-exec", NEED_MEMFD, try_memfd, "no sandbox can be made: its first program has no file",
	  "sysctl -w vm.memfd_noexec=0, or a security policy that lets sbrun execute a memfd" },
	{ "keyring", NEED_KEYRING, try_keyring, "the sandbox's session keyring",
	  "sbrun run --no-new-keyring; in a container: --security-opt seccomp=unconfined around it" },
	{ "state", NEED_STATE, try_state, "no sandbox can be made: there is no place for its state", "sbrun --root DIR" },
	{ "landlock", NEED_NOTHING, try_landlock, "nothing of sbrun's: programs in a sandbox may want it",
	  "a kernel from 5.13 on, with landlock in lsm= of its command line" },
	{ "apparmor", NEED_APPARMOR, try_apparmor, "process.apparmorProfile",
	  "lsm=...,apparmor on the kernel's command line" },
	{ "selinux", NEED_SELINUX, try_selinux, "process.selinuxLabel, linux.mountLabel",
	  "lsm=...,selinux on the kernel's command line, and a policy" },
	{ "resctrl", NEED_RDT, try_rdt, "linux.intelRdt", "mount -t resctrl resctrl /sys/fs/resctrl" },
	{ "criu", NEED_NOTHING, try_criu, "checkpoint and restore", "apt install criu" },
	{ 0 },
};
/* clang-format on */
