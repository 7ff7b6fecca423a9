/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: what the kernel itself needs for the sandbox of the default `sbrun spec`, made by the fewest
 * system calls that one can honestly write. It reads no configuration, keeps no state, explains no error;
 * every object is in the tables below. A runtime's time over this one's is the runtime's own.
 *
 *   floor [OPTION]... ROOTFS [COMMAND [ARG]...]        COMMAND is /bin/true unless given
 *
 *   -c NAME      in a cgroup of its own of that name, removed at the end, with the usual devices allowed
 *   -u           in a user namespace with the caller's own ids as root, as `sbrun spec --rootless` has it
 *   -b DIR:N     bind DIR/0 to DIR/N-1 on /mnt/0 to /mnt/N-1
 *   -l DIR:N     the root is a read-only overlay of DIR/1 (on top) to DIR/N, mounted on ROOTFS
 *   -o           that overlay alone, in a mount namespace, and no sandbox
 *   -t FILE      with -o: adds the microseconds that its mounting took to FILE, a line each time
 *   -s FILE      with that seccomp program (the kernel's own form)
 *   -d FILE      leave it there once the command has begun, its init's pid in FILE
 *   floor -x FILE COMMAND [ARG]...          in the sandbox of that FILE, as exec does it
 *   floor -k FILE                          kills the one of that FILE and waits for its end
 *
 * The same set as the default bundle's: namespaces (pid, mount, ipc, uts, network, cgroup), a root made
 * read-only, eight kinds of mount, device nodes and links, masked and read-only paths, hostname, lo up,
 * session keyring, a PID 1 that waits for the payload, rlimit, capabilities, no_new_privs. When `sbrun
 * plan` of the default spec changes, so must the tables (root.c, payload.c, cgroup.c).
 */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

struct want want;

_Noreturn void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

void check(long result, const char *what)
{
	if (result < 0)
		die(what);
}

void write_file(const char *path, const char *text, const char *what)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	check(fd, what);
	check(write(fd, text, strlen(text)), what);
	close(fd);
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	check(s, "socket");
	check(ioctl(s, SIOCSIFFLAGS, &lo), "lo up");
	close(s);
}

/* One id is a process's own to map. */
static void map_ids(unsigned uid, unsigned gid)
{
	char map[32];

	write_file("/proc/self/setgroups", "deny", "setgroups");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map, "uid_map");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map, "gid_map");
}

static _Noreturn void be_sandbox(char **args, int begun)
{
	static char *true_command[] = { "/bin/true", NULL };

	umask(0);
	cgroups_join();
	check(unshare(CLONE_NEWCGROUP), "cgroup namespace"); /* its root is where the process is by then */
	check(sethostname("sbrun", 5), "hostname");
	if (!want.rootless)
		loopback_up();
	check(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL), "keyring");
	if (want.filter)
		read_filter(want.filter);
	make_root(args[0]);
	protect_paths();
	_exit(be_init(args[1] ? args + 1 : true_command, begun));
}

/* ---- the commands */

static int run(char **args)
{
	struct clone_args clone = { .flags = NAMESPACES, .exit_signal = SIGCHLD };
	unsigned uid = geteuid(), gid = getegid();
	pid_t child;
	int status, begun[2];
	char byte;

	if (want.rootless)
		clone.flags = (clone.flags & ~(unsigned long)CLONE_NEWNET) | CLONE_NEWUSER;
	cgroups_make();
	check(pipe2(begun, O_CLOEXEC), "pipe");
	child = (pid_t)syscall(SYS_clone3, &clone, sizeof(clone));
	check(child, "clone3");
	if (child == 0) {
		close(begun[0]);
		if (want.rootless)
			map_ids(uid, gid);
		be_sandbox(args, begun[1]);
	}
	close(begun[1]);
	if (want.pid_file) {
		FILE *f = fopen(want.pid_file, "we");

		if (!f || fprintf(f, "%d\n", (int)child) < 0 || fclose(f) != 0)
			die(want.pid_file);
		check(read(begun[0], &byte, 1), "read"); /* its end says that the command has begun */
		check(waitpid(child, &status, WNOHANG), "waitpid");
		return 0;
	}
	check(waitpid(child, &status, 0), "waitpid");
	cgroups_remove();
	return code_of(status);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Its end takes it away again. */
static int show_overlay(const char *rootfs)
{
	double begun, took;

	check(unshare(CLONE_NEWNS), "mount namespace");
	check(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), "rslave");
	begun = now_us();
	mount_layers(rootfs);
	took = now_us() - begun;
	if (want.times) {
		FILE *f = fopen(want.times, "ae");

		if (!f || fprintf(f, "%.1f\n", took) < 0 || fclose(f) != 0)
			die(want.times);
	}
	return 0;
}

static pid_t read_pid(const char *file)
{
	FILE *f = fopen(file, "re");
	int pid;

	if (!f || fscanf(f, "%d", &pid) != 1)
		die(file);
	fclose(f);
	return pid;
}

static int exec_in(const char *file, char **command)
{
	int target = (int)syscall(SYS_pidfd_open, read_pid(file), 0);

	check(target, "pidfd_open");
	check(setns(target, NAMESPACES | CLONE_NEWCGROUP), "setns");
	return run_command(command);
}

static int kill_one(const char *file)
{
	struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, read_pid(file), 0), .events = POLLIN };

	check(ended.fd, "pidfd_open");
	check(syscall(SYS_pidfd_send_signal, ended.fd, SIGKILL, NULL, 0), "kill");
	check(poll(&ended, 1, -1), "poll");
	check(unlink(file), file);
	return 0;
}

static struct many many(char *text)
{
	char *colon = strrchr(text, ':');
	struct many m = { .dir = text };

	if (colon) {
		*colon = '\0';
		m.count = atoi(colon + 1);
	}
	return m;
}

int main(int argc, char **argv)
{
	const char *to_join = NULL, *to_kill = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "+c:ub:l:os:d:x:k:t:")) != -1) {
		switch (opt) {
		case 'c': want.cgroup = optarg; break;
		case 'u': want.rootless = 1; break;
		case 'b': want.binds = many(optarg); break;
		case 'l': want.layers = many(optarg); break;
		case 'o': want.overlay_only = 1; break;
		case 's': want.filter = optarg; break;
		case 'd': want.pid_file = optarg; break;
		case 'x': to_join = optarg; break;
		case 't': want.times = optarg; break;
		case 'k': to_kill = optarg; break;
		default: return 125;
		}
	}
	if (to_kill)
		return kill_one(to_kill);
	if (!argv[optind]) {
		fprintf(stderr, "usage: floor [OPTION]... ROOTFS [COMMAND [ARG]...]\n");
		return 125;
	}
	if (want.overlay_only)
		return show_overlay(argv[optind]);
	return to_join ? exec_in(to_join, argv + optind) : run(argv + optind);
}
