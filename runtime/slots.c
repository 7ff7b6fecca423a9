/* SPDX-License-Identifier: Apache-2.0 */
#include "slots.h"

#include "fd.h"
#include "idmap.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef NS_GET_NSTYPE
#define NS_GET_NSTYPE _IO(0xb7, 0x3)
#endif

/* A sysctl or host name of the caller's own namespace would be the host's: CVE-2022-0811 and its kin. */
static int check_not_ours(const struct spec *s, const struct slot *sl, int fd, struct diags *dg)
{
	static const char *const files[NS__COUNT] = {
		[NS_UTS] = "uts", [NS_IPC] = "ipc", [NS_NETWORK] = "net"
	};
	struct stat ours, theirs;
	char path[40];

	if (!sl->changed)
		return 0;
	snprintf(path, sizeof path, "/proc/self/ns/%s", files[sl->ns]);
	if (stat(path, &ours) < 0 || fstat(fd, &theirs) < 0) {
		diag_errno(dg, errno, "stat", path, "can't compare the %s namespace with the caller's",
			   ns_type_name(sl->ns));
		return -1;
	}
	if (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev)
		return 0;
	spec_at(s,
		diag_error(dg, "\"%s\" is the caller's own namespace, in which nothing may be set", sl->path),
		sl->pointer)
		->hint = "remove hostname, domainname and sysctl, or use a namespace of the sandbox's";
	return -1;
}

/* exec: the namespace that the sandbox was given, not one that its PID 1 went to since. */
static int check_same(const struct spec *s, const struct slot *sl, int fd, struct diags *dg)
{
	struct stat st;

	if (!sl->ino || (fstat(fd, &st) == 0 && st.st_ino == sl->ino))
		return 0;
	spec_at(s,
		diag_error(dg, "the sandbox's PID 1 has left its %s namespace for another",
			   ns_type_name(sl->ns)),
		sl->pointer)
		->hint = "exec does not follow it; with an init (--init always) PID 1 stays where it was put";
	return -1;
}

/* A path that is no namespace, or one of another kind, must not be joined: ioctl_ns(2). */
static int open_namespace(const struct spec *s, const struct slot *sl, struct diags *dg)
{
	/* O_NONBLOCK: a FIFO is refused below, its writer is not waited for */
	CLEANUP_FD fd = open(sl->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int type;

	if (fd < 0) {
		spec_at(s,
			diag_errno(dg, errno, "open", sl->path, "can't join the %s namespace",
				   ns_type_name(sl->ns)),
			sl->pointer);
		return -1;
	}
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type >= 0 && (uint64_t)(unsigned)type == ns_clone_flags(1u << sl->ns))
		return check_not_ours(s, sl, fd, dg) < 0 || check_same(s, sl, fd, dg) < 0 ? -1 : fd_take(&fd);
	spec_at(s,
		diag_error(dg,
			   type < 0 ? "\"%s\" is not a namespace" : "\"%s\" is not a namespace of type %s",
			   sl->path, ns_type_name(sl->ns)),
		sl->pointer)
		->hint = "a path like /proc/PID/ns/net or a bind mount of one is meant";
	return -1;
}

/* The clone must not stay a peer of the host's mount: what is mounted below it inside would show up there. */
static int open_source(const struct spec *s, const struct slot *sl, struct diags *dg)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (sl->recursive ? AT_RECURSIVE : 0) |
			 (sl->nofollow ? AT_SYMLINK_NOFOLLOW : 0);
	CLEANUP_FD fd = (int)syscall(SYS_open_tree, AT_FDCWD, sl->path, flags);
	struct mount_attr slave = { .propagation = MS_SLAVE };

	if (fd < 0) {
		spec_at(s, diag_errno(dg, errno, "open_tree", sl->path, "can't take the mount's source"),
			sl->pointer);
		return -1;
	}
	if (!sl->shared &&
	    syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave, sizeof slave) < 0) {
		spec_at(s, diag_errno(dg, errno, "mount_setattr", sl->path, "can't take the mount's source"),
			sl->pointer);
		return -1;
	}
	return fd_take(&fd);
}

static int open_dir(const struct spec *s, const struct slot *sl, struct diags *dg)
{
	int fd = open(sl->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		spec_at(s, diag_errno(dg, errno, "open", sl->path, "can't open the overlay's directory"),
			sl->pointer);
	return fd;
}

static int duplicate(int fd, struct diags *dg)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		diag_errno(dg, errno, "fcntl", NULL, "can't hand a descriptor to the sandbox");
	return copy;
}

static int open_slot(const struct spec *s, const struct slot *sl, struct slot_fds given, struct diags *dg)
{
	int fd;

	switch (sl->kind) {
	case SLOT_NAMESPACE: return open_namespace(s, sl, dg);
	case SLOT_SOURCE: return open_source(s, sl, dg);
	case SLOT_DIR: return open_dir(s, sl, dg);
	case SLOT_IDMAP:
		fd = idmap_userns(sl->uid_map, sl->gid_map, dg);
		if (fd < 0)
			spec_at(s, dg->last, sl->pointer);
		return fd;
	case SLOT_PIDFD: return duplicate(given.pidfd, dg);
	case SLOT_ROOT: return duplicate(given.root, dg);
	case SLOT_HELD: return duplicate(given.held, dg);
	case SLOT_END: return duplicate(given.end, dg);
	}
	return -1;
}

/* Takes CAP_SYS_ADMIN over the file system, which a sandbox with a user namespace of its own lacks. */
static int map_source(const struct spec *s, const struct slot *sl, int userns, int source, struct diags *dg)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns };
	unsigned flags = AT_EMPTY_PATH | (sl->recursive ? AT_RECURSIVE : 0);

	if (syscall(SYS_mount_setattr, source, "", flags, &attr, sizeof attr) == 0)
		return 0;
	spec_at(s, diag_errno(dg, errno, "mount_setattr", NULL, "can't map the ids of the mount's source"),
		sl->pointer);
	return -1;
}

int slots_open(const struct spec *s, const struct planned *p, struct slot_fds given, int *fds,
	       struct diags *dg)
{
	bool failed = false;
	int i;

	for (i = 0; i < p->plan->n_slots && !failed; i++) {
		const struct slot *sl = &p->slots[i];

		if ((fds[i] = open_slot(s, sl, given, dg)) < 0)
			break;
		failed = sl->idmaps && map_source(s, sl, fds[i], fds[sl->idmaps - 1], dg) < 0;
	}
	if (i == p->plan->n_slots && !failed)
		return 0;
	while (i-- > 0)
		close(fds[i]);
	return -1;
}
