/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed memfds: stage-2 and the plan reach the sandbox as files that have no name, share no
 * page with anything on the host, and can't be changed by anybody (fcntl(2), F_ADD_SEALS).
 */
#ifndef SBRUN_RUNTIME_SEAL_H
#define SBRUN_RUNTIME_SEAL_H

#include <stddef.h>

struct diags;

/* O_CLOEXEC descriptors, or -1 with an error. */
int seal_stage2(struct diags *dg);
int seal_data(const char *name, const void *p, size_t n, struct diags *dg);

#endif
