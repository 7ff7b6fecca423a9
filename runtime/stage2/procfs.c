/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trusted procfs: a mount of our own that nothing can be mounted over unseen. Files in it
 * are opened by open_beneath(), which refuses symlinks and other mounts on the way.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>

int proc_fd(void)
{
	int fs, r;

	if (g.proc >= 0)
		return g.proc;
	fs = (int)SYS(fsopen, "proc", FSOPEN_CLOEXEC);
	if (fs < 0)
		return fs;
	r = (int)SYS(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (r >= 0)
		r = (int)SYS(fsmount, fs, FSMOUNT_CLOEXEC,
			     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	close_fd(&fs);
	/*
	 * A process without a pid namespace of its own, or whose /proc is partly covered, may not
	 * mount one; a recursive clone of the caller's does, and open_beneath sees what covers it.
	 */
	if (r == -EPERM)
		r = clone_tree(AT_FDCWD, "/proc", 1, 1);
	if (r >= 0) {
		g.proc = r;
		g.own_proc = 1;
	}
	return r;
}

/* "PID/rest" with our pid as that procfs counts it: its pid namespace may not be ours. */
static int own_pid_path(int proc, char *path, size_t size, const char *rest)
{
	long n = SYS(readlinkat, proc, "self", path, size - 1);

	if (n < 0)
		return (int)n;
	path[n] = 0;
	return text_add(path, size, rest);
}

int open_own_ns(const char *rest)
{
	char path[64];
	int proc = proc_fd(), r = proc < 0 ? proc : own_pid_path(proc, path, sizeof path, rest);

	return about(r < 0 ? r : (int)SYS(openat, proc, path, 02000000 /* O_CLOEXEC */, 0), "our own namespace");
}

int write_text(int fd, const char *text)
{
	size_t n = text_len(text);
	long r = SYS(write, fd, text, n);

	if (r >= 0 && (size_t)r != n)
		return -EIO;
	return r < 0 ? (int)r : 0;
}

static int write_proc(const char *path, const char *text)
{
	int dir = proc_fd();
	CLEANUP_FD fd = dir < 0 ? dir : open_beneath(dir, path, 1 /* O_WRONLY */);

	return fd < 0 ? fd : write_text(fd, text);
}

int step_sysctl(const struct step *s)
{
	char path[512] = "sys/";

	if (text_add(path, sizeof path, str(s->s[0])) < 0)
		return about(-ENAMETOOLONG, str(s->s[0]));
	return about(write_proc(path, str(s->s[1])), path);
}

/*
 * The offsets can only be set while nobody is in the namespace: unshare() puts our children
 * there, setns() then ourselves. /proc is the caller's here, reached before any mount is made.
 */
int step_time(const struct step *s)
{
	char path[64];
	CLEANUP_FD proc = clone_tree(AT_FDCWD, "/proc", 1, 1);
	CLEANUP_FD fd = -1;
	int r = (int)SYS(unshare, 0x80 /* CLONE_NEWTIME */);

	if (r < 0)
		return r;
	if (proc < 0)
		return about(proc, "/proc");
	r = own_pid_path(proc, path, sizeof path, "/timens_offsets");
	if (r < 0)
		return about(r, "/proc/self");
	fd = open_beneath(proc, path, 1 /* O_WRONLY */);
	if (fd < 0)
		return about(fd, path);
	if (*str(s->s[0]) && (r = write_text(fd, str(s->s[0]))) < 0)
		return about(r, path);
	close_fd(&fd);
	r = own_pid_path(proc, path, sizeof path, "/ns/time_for_children");
	if (r < 0)
		return about(r, "/proc/self");
	fd = (int)SYS(openat, proc, path, O_CLOEXEC, 0);
	if (fd < 0)
		return about(fd, path);
	return (int)SYS(setns, fd, 0x80);
}
