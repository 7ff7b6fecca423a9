/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_HYGIENE_H
#define SBRUN_RUNTIME_HYGIENE_H

#include <sys/types.h>

struct diags;

/* The caller's umask; ours is 0077 from the start on. */
extern mode_t sbrun_umask;
/* How many descriptors from 3 on the caller had open without a gap: what --preserve-fds may name. */
extern int sbrun_caller_fds;

/*
 * First thing in main: descriptors 0 to 2 are open, all others close at exec, the umask is
 * 0077, no signal that we wait for is ignored. -1 with an error when the program runs with
 * more rights than its caller (set-user-ID, file capabilities).
 */
int hygiene(struct diags *dg);

#endif
