/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors with an owner: CLEANUP_FD fd = -1; closes at the end of its scope. An unset fd is -1. */
#ifndef SBRUN_RUNTIME_FD_H
#define SBRUN_RUNTIME_FD_H

#include <errno.h>
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

/* Hand the descriptor over: the variable no longer owns it. */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
