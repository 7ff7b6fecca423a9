/* SPDX-License-Identifier: Apache-2.0 */
#include "hygiene.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "../spec/diag.h"
#include "fd.h"

mode_t sbrun_umask;
int sbrun_caller_fds;

/* A file that we open must never become somebody's standard output. */
static int open_stdio(struct diags *dg)
{
	struct pollfd p[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	if (poll(p, 3, 0) < 0)
		return 0;
	for (int i = 0; i < 3; i++) {
		int fd;

		if (!(p[i].revents & POLLNVAL))
			continue;
		/* The lowest free number is i, since those below are open. Kept at exec. */
		fd = open("/dev/null", O_RDWR | O_NOCTTY); /* lint: stdio stays open */
		if (fd != i) {
			diag_errno(dg, fd < 0 ? errno : EBADF, "open", "/dev/null",
				   "standard input, output or error is closed and cannot be opened");
			return -1;
		}
	}
	return 0;
}

/* Before Linux 5.11 there is no CLOSE_RANGE_CLOEXEC. */
static void cloexec_by_list(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		int fd = atoi(e->d_name);

		if (fd > 2)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (dir)
		closedir(dir);
}

int hygiene(struct diags *dg)
{
	sbrun_umask = umask(0077);
	if (open_stdio(dg) < 0)
		return -1;
	if (getauxval(AT_SECURE)) {
		diag_error(dg,
			   "sbrun must not be installed with set-user-ID, set-group-ID or file capabilities")
			->hint = "it needs none: it works as the user who calls it";
		return -1;
	}
	while (fcntl(3 + sbrun_caller_fds, F_GETFD) >= 0)
		sbrun_caller_fds++;
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		cloexec_by_list();
	/* Ignored by the caller, it would have the kernel take our children's statuses away. */
	signal(SIGCHLD, SIG_DFL);
	return 0;
}
