/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of a sandbox, found through its pid namespace. */
#ifndef SBRUN_RUNTIME_MEMBERS_H
#define SBRUN_RUNTIME_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether a process is PID 1 of a pid namespace below ours, or a later member of one. */
enum pid_ns_rank { PID_NS_OTHER, PID_NS_FIRST };
enum pid_ns_rank pid_ns_rank(pid_t pid);

/*
 * Send a signal to init and to every process of its pid namespace: those whose ns/pid is the same, as far
 * as /proc lets us read it, and all descendants of init. Its pidfd tells whether they were looked up while
 * the number was its own. 0, or -errno of the signal to init. Without `init_too` it gets none, and the errno
 * is of another that could not be signalled, ESRCH if there was nobody.
 */
int signal_members(pid_t init, int init_pidfd, bool init_too, int sig);

/* Those processes but init, in no order: how many. *pids is to be freed. */
size_t member_pids(pid_t init, pid_t **pids);

#endif
