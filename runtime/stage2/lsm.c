/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security labels, through files of /proc that must be the kernel's own: a procfs is believed
 * when it is the root of one by type and inode number, and nothing is mounted on the way below.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

enum { PROC_ROOT_INODE = 1 };

static int is_procfs(int fd)
{
	struct {
		long type, rest[32];
	} fs = { 0 };
	struct statx st;

	return SYS(fstatfs, fd, &fs) >= 0 && fs.type == PROC_SUPER_MAGIC &&
	       SYS(statx, fd, "", AT_EMPTY_PATH, STATX_INO, &st) >= 0 && st.stx_ino == PROC_ROOT_INODE;
}

/* After the start gate the one of the set-up is closed; the sandbox's own is as good once verified. */
static int verified_proc(void)
{
	int fd;

	if (g.proc >= 0)
		return g.proc;
	fd = (int)SYS(openat, AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd >= 0 && is_procfs(fd)) {
		g.proc = fd;
		g.own_proc = 1;
		return fd;
	}
	close_fd(&fd);
	return proc_fd();
}

int write_attr(const char *name, const char *text)
{
	int proc = verified_proc();
	char path[128];
	CLEANUP_FD fd = -1;
	long n;

	if (proc < 0)
		return about(proc, "/proc");
	if (!is_procfs(proc)) /* no procfs may be made here, and the root has none: see mounts */
		return about(-EOPNOTSUPP, "a label needs a procfs mounted on /proc");
	n = SYS(readlinkat, proc, "thread-self", path, sizeof path - 1);
	if (n < 0)
		return about((int)n, "/proc/thread-self");
	path[n] = 0;
	if (text_add(path, sizeof path, "/attr/") < 0 || text_add(path, sizeof path, name) < 0)
		return about(-ENAMETOOLONG, name);
	fd = open_beneath(proc, path, 1 /* O_WRONLY */);
	return about(fd < 0 ? fd : write_text(fd, text), path);
}

/* attr/apparmor/ is AppArmor's alone (5.1); attr/exec belongs to whichever module came first. */
int step_apparmor(const struct step *s)
{
	char text[1024] = "exec ";
	int r;

	if (text_add(text, sizeof text, str(s->s[0])) < 0)
		return about(-ENAMETOOLONG, str(s->s[0]));
	r = write_attr("apparmor/exec", text);
	return r == -ENOENT && g.call != __NR_write ? write_attr("exec", text) : r;
}

int step_selinux(const struct step *s)
{
	return write_attr("exec", str(s->s[0]));
}
