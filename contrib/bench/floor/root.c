/* SPDX-License-Identifier: Apache-2.0 */
/* The root, its mounts and devices, what is masked in it. */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SAFE (MS_NOSUID | MS_NOEXEC | MS_NODEV)

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
void mount_layers(const char *rootfs)
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

void make_root(const char *rootfs)
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

void protect_paths(void)
{
	for (size_t i = 0; i < COUNT(read_only); i++)
		protect(read_only[i]);
	for (size_t i = 0; i < COUNT(masked); i++)
		hide(masked[i]);
	check(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only root");
}
