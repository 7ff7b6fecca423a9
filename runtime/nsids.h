/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which namespaces a process is in, by inode. A payload that is PID 1 itself can leave those it was
 * given (unshare(2)); exec must not follow it into ones of its making.
 */
#ifndef SBRUN_RUNTIME_NSIDS_H
#define SBRUN_RUNTIME_NSIDS_H

#include "../spec/spec.h"

#include <sys/types.h>

/* "/proc/PID/ns/net", in buf. */
enum { NS_PATH_SIZE = 40 };
const char *ns_path(char buf[NS_PATH_SIZE], pid_t pid, enum ns_type t);

/* The inodes of the namespaces in the mask (1 << enum ns_type), the others 0. 0 or -errno. */
int ns_inodes(pid_t pid, unsigned mask, uint64_t ino[NS__COUNT]);

#endif
