/* SPDX-License-Identifier: Apache-2.0 */
#include "pidfile.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beside the file under a name of its own, then renamed over it: a reader never sees half of it. */
int pid_file_write(const char *path, pid_t pid, struct diags *dg)
{
	char *tmp = arena_printf(dg->arena, "%s.%d.new", path, (int)getpid());
	char text[16];
	int n = snprintf(text, sizeof text, "%d", pid);
	CLEANUP_FD fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd >= 0 && fchmod(fd, 0644) == 0 && write(fd, text, (size_t)n) == n && rename(tmp, path) == 0)
		return 0;
	diag_errno(dg, errno, "open", path, "can't write the pid file");
	if (fd >= 0)
		unlink(tmp);
	return -1;
}

void pid_file_remove(const char *path, pid_t pid)
{
	CLEANUP_FD fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[16];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (n <= 0)
		return;
	text[n] = 0;
	if (strtol(text, NULL, 10) == pid)
		unlink(path);
}
