/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_UNIX_SOCKET_H
#define SBRUN_RUNTIME_UNIX_SOCKET_H

/*
 * Connect a socket to the one at a path of any length, or to the abstract one "@NAME": unix(7). 0, or -1 and errno.
 */
int unix_connect(int sock, const char *address);

#endif
