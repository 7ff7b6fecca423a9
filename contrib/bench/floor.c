/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: what the kernel itself needs for the sandbox of the default `sbrun spec`, made by the fewest
 * system calls that one can honestly write. It reads no configuration, keeps no state, explains no error;
 * every object is in the tables below. A runtime's time over this one's is the runtime's own.
 *
 *   floor ROOTFS [COMMAND [ARG]...]        COMMAND is /bin/true unless given
 *
 * The same set as the default bundle's: namespaces (pid, mount, ipc, uts, network, cgroup), a root made
 * read-only, eight kinds of mount, device nodes and links, masked and read-only paths, hostname, lo up,
 * session keyring, a PID 1 that waits for the payload, rlimit, capabilities, no_new_privs. When `sbrun
 * plan` of the default spec changes, so must the tables.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP)
#define SAFE       (MS_NOSUID | MS_NOEXEC | MS_NODEV)

struct row {
	const char *target, *type;
	unsigned long flags;
	const char *data;
};

/* All targets are relative to the root, where the working directory is until the pivot. */
static const struct row mounts[] = {
	{ "proc", "proc", 0, NULL },
	{ "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k" },
	{ "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5" },
	{ "dev/shm", "tmpfs", SAFE, "mode=1777,size=65536k" },
	{ "dev/mqueue", "mqueue", SAFE, NULL },
	{ "sys", "sysfs", SAFE | MS_RDONLY, NULL },
};

/* Where the host has v1 hierarchies: one mount each, on a tmpfs that becomes read-only. */
static const struct row v1[] = {
	{ "sys/fs/cgroup/cpu", "cgroup", SAFE | MS_RDONLY, "cpu" },
	{ "sys/fs/cgroup/cpuacct", "cgroup", SAFE | MS_RDONLY, "cpuacct" },
	{ "sys/fs/cgroup/cpuset", "cgroup", SAFE | MS_RDONLY, "cpuset" },
	{ "sys/fs/cgroup/memory", "cgroup", SAFE | MS_RDONLY, "memory" },
	{ "sys/fs/cgroup/devices", "cgroup", SAFE | MS_RDONLY, "devices" },
	{ "sys/fs/cgroup/freezer", "cgroup", SAFE | MS_RDONLY, "freezer" },
	{ "sys/fs/cgroup/blkio", "cgroup", SAFE | MS_RDONLY, "blkio" },
	{ "sys/fs/cgroup/pids", "cgroup", SAFE | MS_RDONLY, "pids" },
	{ "sys/fs/cgroup/hugetlb", "cgroup", SAFE | MS_RDONLY, "hugetlb" },
	{ "sys/fs/cgroup/perf_event", "cgroup", SAFE | MS_RDONLY, "perf_event" },
	{ "sys/fs/cgroup/cpu,cpuacct", "cgroup", SAFE | MS_RDONLY, "cpu,cpuacct" },
	{ "sys/fs/cgroup/net_cls,net_prio", "cgroup", SAFE | MS_RDONLY, "net_cls,net_prio" },
	{ "sys/fs/cgroup/rdma", "cgroup", SAFE | MS_RDONLY, "rdma" },
	{ "sys/fs/cgroup/systemd", "cgroup", SAFE | MS_RDONLY, "none,name=systemd" },
	{ "sys/fs/cgroup/unified", "cgroup2", SAFE | MS_RDONLY, NULL },
};

static const struct {
	const char *path;
	unsigned maj, min;
} nodes[] = {
	{ "dev/null", 1, 3 },   { "dev/zero", 1, 5 },    { "dev/full", 1, 7 },
	{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
};

static const char *const links[][2] = {
	{ "/proc/self/fd", "dev/fd" },       { "/proc/self/fd/0", "dev/stdin" },
	{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
	{ "pts/ptmx", "dev/ptmx" },
};

/* A path that this kernel doesn't have costs a look-up here as it does in a runtime. */
static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/sys/firmware",
	"/sys/devices/virtual/powercap",
};

static const char *const read_only[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static const unsigned kept_caps = 1U << CAP_AUDIT_WRITE | 1U << CAP_KILL | 1U << CAP_NET_BIND_SERVICE;

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void check(long result, const char *what)
{
	if (result < 0)
		die(what);
}

static void mount_row(const struct row *r)
{
	if (mkdir(r->target, 0755) < 0 && errno != EEXIST)
		die(r->target);
	check(mount(r->type, r->target, r->type, r->flags, r->data), r->target);
}

/* What the host doesn't have isn't mounted by a runtime either. */
static void mount_v1_hierarchies(void)
{
	char host[64];

	check(mount("tmpfs", "sys/fs/cgroup", "tmpfs", SAFE, "mode=755"), "cgroup tmpfs");
	for (size_t i = 0; i < COUNT(v1); i++) {
		snprintf(host, sizeof(host), "/%s", v1[i].target);
		if (access(host, F_OK) == 0)
			mount_row(&v1[i]);
	}
	check(mount(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | SAFE | MS_RDONLY, NULL), "cgroup ro");
}

static void mount_cgroups(void)
{
	struct statfs fs;

	check(statfs("/sys/fs/cgroup", &fs), "statfs");
	if (fs.f_type == CGROUP2_SUPER_MAGIC)
		check(mount("cgroup", "sys/fs/cgroup", "cgroup2", SAFE | MS_RDONLY, NULL), "cgroup2");
	else
		mount_v1_hierarchies();
}

static void make_root(const char *rootfs)
{
	check(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), "rslave");
	check(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), rootfs);
	check(chdir(rootfs), rootfs);
	for (size_t i = 0; i < COUNT(mounts); i++)
		mount_row(&mounts[i]);
	mount_cgroups();
	for (size_t i = 0; i < COUNT(nodes); i++)
		check(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].maj, nodes[i].min)),
		      nodes[i].path);
	for (size_t i = 0; i < COUNT(links); i++)
		check(symlink(links[i][0], links[i][1]), links[i][1]);
	check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(umount2(".", MNT_DETACH), "umount the old root");
	check(chdir("/"), "chdir");
}

/* A file hides behind /dev/null, a directory behind an empty read-only tmpfs. */
static void hide(const char *path)
{
	if (mount("/dev/null", path, NULL, MS_BIND, NULL) == 0 || errno == ENOENT)
		return;
	check(errno == ENOTDIR ? mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0k") : -1, path);
}

static void protect(const char *path)
{
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) {
		if (errno != ENOENT)
			die(path);
		return;
	}
	check(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | SAFE | MS_RDONLY, NULL), path);
}

static void protect_paths(void)
{
	for (size_t i = 0; i < COUNT(read_only); i++)
		protect(read_only[i]);
	for (size_t i = 0; i < COUNT(masked); i++)
		hide(masked[i]);
	check(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only root");
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	check(s, "socket");
	check(ioctl(s, SIOCSIFFLAGS, &lo), "lo up");
	close(s);
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
	check(syscall(SYS_setgroups, 0, NULL), "setgroups");
	check(syscall(SYS_setgid, 0), "setgid");
	check(syscall(SYS_setuid, 0), "setuid");
	check(syscall(SYS_capset, &head, caps), "capset");
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	umask(022);
}

/* PID 1: the payload is its child, and it collects whatever else is left to it until that one ends. */
static int be_init(char **command)
{
	static char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				     "TERM=xterm", NULL };
	pid_t payload = vfork(), gone;
	int status;

	check(payload, "vfork");
	if (payload == 0) {
		confine();
		execve(command[0], command, env);
		die(command[0]);
	}
	do
		gone = wait(&status);
	while (gone != payload);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct clone_args args = { .flags = NAMESPACES, .exit_signal = SIGCHLD };
	static char *true_command[] = { "/bin/true", NULL };
	pid_t child;
	int status;

	if (argc < 2) {
		fprintf(stderr, "usage: floor ROOTFS [COMMAND [ARG]...]\n");
		return 125;
	}
	child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	check(child, "clone3");
	if (child == 0) {
		umask(0);
		check(sethostname("sbrun", 5), "hostname");
		loopback_up();
		check(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL), "keyring");
		make_root(argv[1]);
		protect_paths();
		_exit(be_init(argc > 2 ? argv + 2 : true_command));
	}
	check(waitpid(child, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
