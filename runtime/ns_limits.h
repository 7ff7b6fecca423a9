/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_NS_LIMITS_H
#define SBRUN_RUNTIME_NS_LIMITS_H

#include <stdint.h>

struct arena;

/*
 * What to do when new namespaces (CLONE_NEW*) were refused with ENOSPC: each kind has a limit,
 * user.max_*_namespaces in namespaces(7), of which those are named that are 0 here, else all that it can be.
 * In the arena.
 */
const char *ns_limits_hint(struct arena *a, uint64_t flags);

#endif
