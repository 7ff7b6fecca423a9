/* SPDX-License-Identifier: Apache-2.0 */
/* What state.h leaves out of process identity: the fields of /proc/PID/stat and waiting. */
#ifndef SBRUN_RUNTIME_PROCID_H
#define SBRUN_RUNTIME_PROCID_H

#include "state.h"

#include <time.h>

struct proc_stat {
	pid_t ppid;
	uint64_t start_time; /* field 22 */
};

/* 0 or -errno; -ENOENT when there is no such process (or /proc hides it). */
int proc_stat_read(pid_t pid, struct proc_stat *out);

/* Wait for the end of the process of a pidfd: 0, -ETIMEDOUT, or -errno. A negative timeout is for ever. */
int pidfd_wait(int pidfd, int timeout_ms);

#endif
