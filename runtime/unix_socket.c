/* SPDX-License-Identifier: Apache-2.0 */
#include "unix_socket.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fd.h"

int unix_connect(int sock, const char *address)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(sa);
	size_t n = strlen(address);
	CLEANUP_FD named = -1;

	if (n < sizeof(sa.sun_path)) {
		memcpy(sa.sun_path, address, n + 1);
	} else if (*address == '@') {
		errno = ENAMETOOLONG;
		return -1;
	} else {
		/* Too long for an address: through a descriptor of the socket's inode. */
		named = open(address, O_PATH | O_CLOEXEC);
		if (named < 0)
			return -1;
		snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d", named);
	}
	if (*address == '@') { /* its length counts, there is no NUL behind it */
		sa.sun_path[0] = '\0';
		size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	}
	while (connect(sock, (struct sockaddr *)&sa, size) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}
