/* SPDX-License-Identifier: Apache-2.0 */
/* The payload, what confines it, and its init. */
#include "floor.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const unsigned kept_caps = 1U << CAP_AUDIT_WRITE | 1U << CAP_KILL | 1U << CAP_NET_BIND_SERVICE;

static struct sock_filter insns[BPF_MAXINSNS];
static struct sock_fprog filter = { .filter = insns };

void read_filter(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	check(fd, file);
	n = read(fd, insns, sizeof(insns));
	check(n, file);
	close(fd);
	filter.len = (unsigned short)((size_t)n / sizeof(insns[0]));
}

static void confine(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = {
		{ .effective = kept_caps, .permitted = kept_caps },
	};
	const struct rlimit files = { 1024, 1024 };

	check(setrlimit(RLIMIT_NOFILE, &files), "rlimit");
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap >= 32 || !(kept_caps >> cap & 1))
			check(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "bounding set");
	if (!want.rootless)
		check(syscall(SYS_setgroups, 0, NULL), "setgroups");
	check(syscall(SYS_setgid, 0), "setgid");
	check(syscall(SYS_setuid, 0), "setuid");
	check(syscall(SYS_capset, &head, caps), "capset");
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	umask(022);
	if (filter.len)
		check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0), "seccomp");
}

static char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			     "TERM=xterm", NULL };

static pid_t start_command(char **command)
{
	pid_t pid = vfork();

	if (pid == 0) {
		confine();
		execve(command[0], command, env);
		die(command[0]);
	}
	check(pid, "vfork");
	return pid;
}

int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* PID 1: the payload is its child, and it collects whatever else is left to it until that one ends. */
int be_init(char **command, int begun)
{
	pid_t payload = start_command(command), gone;
	int status;

	close(begun); /* the parent's sign to go */
	do
		gone = wait(&status);
	while (gone != payload);
	return code_of(status);
}

int run_command(char **command)
{
	int status;

	check(waitpid(start_command(command), &status, 0), "waitpid");
	return code_of(status);
}
