/* SPDX-License-Identifier: Apache-2.0 */
/* --pid-file: the decimal pid without a newline, whole or not there, as conmon and go-runc read it. */
#ifndef SBRUN_RUNTIME_PIDFILE_H
#define SBRUN_RUNTIME_PIDFILE_H

#include <sys/types.h>

struct diags;

int pid_file_write(const char *path, pid_t pid, struct diags *dg);
/* Take back one that we wrote: only if it still holds that pid. */
void pid_file_remove(const char *path, pid_t pid);

#endif
