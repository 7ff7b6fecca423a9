/* SPDX-License-Identifier: Apache-2.0 */
/* What state.h leaves out of process identity: the fields of /proc/PID/stat and waiting. */
#ifndef SBRUN_RUNTIME_PROCID_H
#define SBRUN_RUNTIME_PROCID_H

#include "state.h"

#include <sys/resource.h>
#include <time.h>

struct proc_stat {
	pid_t ppid;
	uint64_t start_time; /* field 22 */
};

/* 0 or -errno; -ENOENT when there is no such process (or /proc hides it). */
int proc_stat_read(pid_t pid, struct proc_stat *out);

/* The pid as its own pid namespace has it. */
pid_t proc_pid_inside(pid_t pid);

/* Wait for the end of the process of a pidfd: 0, -ETIMEDOUT, or -errno. A negative timeout is for ever. */
int pidfd_wait(int pidfd, int timeout_ms);

/*
 * Wait for the end of a child of ours and take note of it: 0, its exit code or 128 + signal and, unless
 * NULL, what it and those that it had reaped have used; or -errno.
 * One that another process traces stays a zombie until they let go, for ever if they are hostile: then it is
 * left to whoever reaps after us, and the code is what procfs says; -EBUSY where that may not be read.
 */
int pidfd_reap(int pidfd, int *code, struct rusage *usage);

/* Its pid in our own pid namespace, or -1. */
pid_t pidfd_pid(int pidfd);

#endif
