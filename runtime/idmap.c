/* SPDX-License-Identifier: Apache-2.0 */
#include "idmap.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "facts.h"
#include "fd.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int write_file(const char *path, const char *text, struct diags *dg)
{
	CLEANUP_FD fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(text);
	ssize_t w = fd < 0 ? -1 : write(fd, text, n);
	struct diag *d;

	if (w == (ssize_t)n)
		return 0;
	d = diag_errno(dg, w < 0 ? errno : EIO, fd < 0 ? "open" : "write", path, "can't write the id map");
	if (d->err == EPERM || d->err == EACCES)
		d->hint =
			"AppArmor or a sysctl may forbid user namespaces here (kernel.apparmor_restrict_unprivileged_userns), "
			"or the map asks for ids that are not yours";
	return -1;
}

static int write_map(pid_t pid, const char *file, const char *text, struct diags *dg)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	return write_file(path, text, dg);
}

/* Its arguments: HELPER PID IN OUT SIZE ... */
static char **helper_args(struct arena *a, const char *path, pid_t pid, const char *map)
{
	size_t words = 0, n = 0;
	char **argv, *save = NULL, *copy = arena_strdup(a, map);

	for (const char *p = map; *p; p++)
		words += *p == ' ' || *p == '\n';
	argv = arena_array(a, words + 3, sizeof *argv);
	argv[n++] = arena_strdup(a, path);
	argv[n++] = arena_printf(a, "%d", pid);
	for (char *w = strtok_r(copy, " \n", &save); w && n < words + 2; w = strtok_r(NULL, " \n", &save))
		argv[n++] = w;
	return argv;
}

/* What the helper says on stderr, on one line. */
static char *read_words(struct arena *a, int fd)
{
	char buf[512];
	size_t n = 0;
	ssize_t r;

	while (n < sizeof buf - 1 &&
	       ((r = read(fd, buf + n, sizeof buf - 1 - n)) > 0 || (r < 0 && errno == EINTR)))
		n += r > 0 ? (size_t)r : 0;
	while (n && buf[n - 1] == '\n')
		n--;
	buf[n] = 0;
	for (char *p = buf; *p; p++)
		if (*p == '\n')
			*p = ';';
	return arena_strdup(a, buf);
}

static int spawn_helper(char **argv, int err_fd, pid_t *child)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	char *envp[] = { NULL };
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, err_fd, 2);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn(child, argv[0], &fa, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return r;
}

static int run_helper(const char *path, pid_t pid, const char *map, struct diags *dg)
{
	int p[2], status = 0, r;
	pid_t child;
	char *words;

	if (pipe2(p, O_CLOEXEC) < 0) {
		diag_errno(dg, errno, "pipe2", NULL, "can't run %s", path);
		return -1;
	}
	r = spawn_helper(helper_args(dg->arena, path, pid, map), p[1], &child);
	close(p[1]);
	words = r ? NULL : read_words(dg->arena, p[0]);
	close(p[0]);
	if (r) {
		diag_errno(dg, r, "posix_spawn", path, "can't run the id map helper")->hint =
			"install the package \"uidmap\" (Debian, Ubuntu) or \"shadow-utils\" (Fedora)";
		return -1;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	diag_error(dg, "%s refused the map: %s", path, *words ? words : "no reason given")->hint =
		"the ranges in linux.uidMappings and gidMappings must be granted to you in /etc/subuid and /etc/subgid";
	return -1;
}

int idmap_write(pid_t pid, const char *uid_map, const char *gid_map, bool helper, bool deny_setgroups,
		struct diags *dg)
{
	/*
	 * Before the gid map, or the kernel refuses it: CVE-2014-8989. newgidmap leaves it allowed where
	 * /etc/subgid has the caller's own gid, but who does not drop the groups must not let others do so.
	 */
	if (deny_setgroups && write_map(pid, "setgroups", "deny", dg) < 0)
		return -1;
	if (helper)
		return run_helper(NEWUIDMAP, pid, uid_map, dg) < 0 ||
				       run_helper(NEWGIDMAP, pid, gid_map, dg) < 0
			       ? -1
			       : 0;
	return write_map(pid, "gid_map", gid_map, dg) < 0 || write_map(pid, "uid_map", uid_map, dg) < 0 ? -1
													: 0;
}

/* A child that does nothing but be in the namespace until we have taken it. */
static pid_t idle_child(int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_PIDFD,
		.exit_signal = SIGCHLD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
	};
	pid_t parent = getpid(), pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (pid == 0) {
		/* nothing of the runtime's is held (its lock), and nobody is left when it is killed */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		syscall(SYS_close_range, 0, ~0u, 0);
		if (getppid() != parent)
			_exit(EXIT_SBRUN);
		for (;;)
			pause();
	}
	return pid;
}

int idmap_userns(const char *uid_map, const char *gid_map, struct diags *dg)
{
	char path[64];
	int pidfd = -1, fd = -1;
	pid_t pid = idle_child(&pidfd);

	if (pid < 0) {
		diag_errno(dg, errno, "clone3", NULL, "can't make a user namespace for an idmapped mount");
		return -1;
	}
	if (idmap_write(pid, uid_map, gid_map, false, false, dg) == 0) {
		snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			diag_errno(dg, errno, "open", path,
				   "can't take the user namespace of an idmapped mount");
	}
	kill(pid, SIGKILL); /* our own child, not yet waited for */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(pidfd);
	return fd;
}
