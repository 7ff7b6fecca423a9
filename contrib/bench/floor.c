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
 *   -s FILE      with that seccomp program (the kernel's own form)
 *   -d FILE      leave it there once the command has begun, its init's pid in FILE
 *   floor -x FILE COMMAND [ARG]...          in the sandbox of that FILE, as exec does it
 *   floor -k FILE                          kills the one of that FILE and waits for its end
 *
 * The same set as the default bundle's: namespaces (pid, mount, ipc, uts, network, cgroup), a root made
 * read-only, eight kinds of mount, device nodes and links, masked and read-only paths, hostname, lo up,
 * session keyring, a PID 1 that waits for the payload, rlimit, capabilities, no_new_privs. When `sbrun
 * plan` of the default spec changes, so must the tables.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
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

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)
#define SAFE       (MS_NOSUID | MS_NOEXEC | MS_NODEV)

static struct {
	const char *cgroup, *filter, *pid_file;
	struct many {
		const char *dir;
		int count;
	} binds, layers;
	int rootless, overlay_only;
} want;

struct row {
	const char *target, *type;
	unsigned long flags;
	const char *data;
};

/* All targets are relative to the root, where the working directory is until the pivot. */
static const struct row mounts[] = {
	{ "proc", "proc", 0, NULL },
	{ "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k" },
	{ "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620" },
	{ "dev/shm", "tmpfs", SAFE, "mode=1777,size=65536k" },
	{ "dev/mqueue", "mqueue", SAFE, NULL },
};
static const struct row sys = { "sys", "sysfs", SAFE | MS_RDONLY, NULL };

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

/* The host's, where a namespace's owner may not mount one of its own. */
static void bind_read_only(const char *host, const char *target)
{
	check(mount(host, target, NULL, MS_BIND | MS_REC, NULL), target);
	check(mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | SAFE | MS_RDONLY, NULL), target);
}

static void mount_hierarchy(const struct row *r, const char *host)
{
	check(mkdir(r->target, 0755), r->target);
	if (mount(r->type, r->target, r->type, r->flags, r->data) < 0)
		bind_read_only(host, r->target);
}

/* What the host doesn't have isn't mounted by a runtime either. */
static void mount_v1_hierarchies(void)
{
	char host[64];

	check(mount("tmpfs", "sys/fs/cgroup", "tmpfs", SAFE, "mode=755"), "cgroup tmpfs");
	for (size_t i = 0; i < COUNT(v1); i++) {
		snprintf(host, sizeof(host), "/%s", v1[i].target);
		if (access(host, F_OK) == 0)
			mount_hierarchy(&v1[i], host);
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

/* The first is the topmost; one alone is no overlay. */
static void mount_layers(const char *rootfs)
{
	char layer[PATH_MAX];
	int fs, tree;

	if (want.layers.count == 1) {
		snprintf(layer, sizeof(layer), "%s/1", want.layers.dir);
		check(mount(layer, rootfs, NULL, MS_BIND | MS_REC, NULL), layer);
		return;
	}
	fs = fsopen("overlay", FSOPEN_CLOEXEC);
	check(fs, "overlay");
	for (int i = 1; i <= want.layers.count; i++) {
		snprintf(layer, sizeof(layer), "%s/%d", want.layers.dir, i);
		check(fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+", layer, 0), layer);
	}
	check(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "overlay");
	tree = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	check(tree, "overlay");
	check(move_mount(tree, "", AT_FDCWD, rootfs, MOVE_MOUNT_F_EMPTY_PATH), rootfs);
	close(tree);
	close(fs);
}

static void make_node(const char *path, dev_t device)
{
	char host[64];
	int fd;

	if (!want.rootless) {
		check(mknod(path, S_IFCHR | 0666, device), path);
		return;
	}
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	check(fd, path);
	close(fd);
	snprintf(host, sizeof(host), "/%s", path);
	check(mount(host, path, NULL, MS_BIND, NULL), path);
}

static void mount_binds(void)
{
	char from[PATH_MAX], to[32];

	for (int i = 0; i < want.binds.count; i++) {
		snprintf(from, sizeof(from), "%s/%d", want.binds.dir, i);
		snprintf(to, sizeof(to), "mnt/%d", i);
		check(mount(from, to, NULL, MS_BIND, NULL), to);
	}
}

static void make_root(const char *rootfs)
{
	check(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), "rslave");
	if (want.layers.count)
		mount_layers(rootfs);
	else
		check(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), rootfs);
	check(chdir(rootfs), rootfs);
	for (size_t i = 0; i < COUNT(mounts); i++)
		mount_row(&mounts[i]);
	if (want.rootless)
		bind_read_only("/sys", "sys");
	else
		mount_row(&sys);
	mount_cgroups();
	mount_binds();
	for (size_t i = 0; i < COUNT(nodes); i++)
		make_node(nodes[i].path, makedev(nodes[i].maj, nodes[i].min));
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

/* ---- control groups: one in each hierarchy */

static void write_file(const char *path, const char *text, const char *what)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	check(fd, what);
	check(write(fd, text, strlen(text)), what);
	close(fd);
}

static void copy_from_above(const char *dir, const char *file)
{
	char from[PATH_MAX], to[PATH_MAX], text[256];
	ssize_t n;
	int fd;

	snprintf(from, sizeof(from), "%s/../%s", dir, file);
	snprintf(to, sizeof(to), "%s/%s", dir, file);
	fd = access(to, F_OK) == 0 ? open(from, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return; /* not the cpuset hierarchy */
	n = read(fd, text, sizeof(text) - 1);
	check(n, from);
	text[n] = '\0';
	close(fd);
	write_file(to, text, to);
}

static void allow_devices(const char *dir)
{
	static const char *const allowed[] = { "c *:* m",   "b *:* m",    "c 1:3 rwm", "c 1:5 rwm",
					       "c 1:7 rwm", "c 1:8 rwm",  "c 1:9 rwm", "c 5:0 rwm",
					       "c 5:2 rwm", "c 136:* rwm" };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/devices.deny", dir);
	if (access(path, F_OK) < 0)
		return;
	write_file(path, "a", path);
	snprintf(path, sizeof(path), "%s/devices.allow", dir);
	for (size_t i = 0; i < COUNT(allowed); i++)
		write_file(path, allowed[i], path);
}

static void make_cgroup(const char *dir)
{
	check(mkdir(dir, 0755), dir);
	copy_from_above(dir, "cpuset.cpus");
	copy_from_above(dir, "cpuset.mems");
	allow_devices(dir);
}

static void join_cgroup(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	write_file(path, "0", path);
}

static void remove_cgroup(const char *dir)
{
	check(rmdir(dir), dir);
}

static void with_cgroups(void (*act)(const char *dir))
{
	char pattern[256], dir[PATH_MAX];
	glob_t hierarchies;

	if (!want.cgroup)
		return;
	snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup/%scgroup.procs",
		 access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "" : "*/");
	if (glob(pattern, 0, NULL, &hierarchies) != 0)
		die(pattern);
	for (size_t i = 0; i < hierarchies.gl_pathc; i++) {
		const char *path = hierarchies.gl_pathv[i];

		snprintf(dir, sizeof(dir), "%.*s/%s", (int)(strlen(path) - strlen("/cgroup.procs")), path,
			 want.cgroup);
		act(dir);
	}
	globfree(&hierarchies);
}

/* ---- the payload and its init */

static struct sock_filter insns[BPF_MAXINSNS];
static struct sock_fprog filter = { .filter = insns };

/* From outside: the sandbox doesn't see the file. */
static void read_filter(const char *file)
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

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* PID 1: the payload is its child, and it collects whatever else is left to it until that one ends. */
static int be_init(char **command, int begun)
{
	pid_t payload = start_command(command), gone;
	int status;

	close(begun); /* the parent's sign to go */
	do
		gone = wait(&status);
	while (gone != payload);
	return code_of(status);
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
	with_cgroups(join_cgroup);
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
	with_cgroups(make_cgroup);
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
	with_cgroups(remove_cgroup);
	return code_of(status);
}

static int show_overlay(const char *rootfs)
{
	check(unshare(CLONE_NEWNS), "mount namespace");
	check(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), "rslave");
	mount_layers(rootfs);
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
	int target = (int)syscall(SYS_pidfd_open, read_pid(file), 0), status;

	check(target, "pidfd_open");
	check(setns(target, NAMESPACES | CLONE_NEWCGROUP), "setns");
	check(waitpid(start_command(command), &status, 0), "waitpid");
	return code_of(status);
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

	while ((opt = getopt(argc, argv, "+c:ub:l:os:d:x:k:")) != -1) {
		switch (opt) {
		case 'c': want.cgroup = optarg; break;
		case 'u': want.rootless = 1; break;
		case 'b': want.binds = many(optarg); break;
		case 'l': want.layers = many(optarg); break;
		case 'o': want.overlay_only = 1; break;
		case 's': want.filter = optarg; break;
		case 'd': want.pid_file = optarg; break;
		case 'x': to_join = optarg; break;
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
