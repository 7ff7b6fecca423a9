/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors with an owner: CLEANUP_FD fd = -1; closes at the end of its scope. An unset fd is -1. */
#ifndef SBRUN_RUNTIME_FD_H
#define SBRUN_RUNTIME_FD_H

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#define CLEANUP_FD __attribute__((cleanup(fd_close))) int

/* Close and unset; errno stays as it was, so that it can stand in an error path. */
static inline void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

/* All of it, in as many writes as that takes. 0, or -1 with errno. */
static inline int fd_write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			errno = done < 0 ? errno : EIO; /* nothing, and no reason: not for ever */
			return -1;
		}
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Hand the descriptor over: the variable no longer owns it. */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
