/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_SPEC_TEMPLATE_H
#define SBRUN_RUNTIME_SPEC_TEMPLATE_H

#include <stdbool.h>
#include <sys/types.h>

struct arena;

/*
 * A config.json to begin with, as text: a shell in a read-only root. With rootless one that an
 * ordinary user can run: a user namespace in which uid and gid are root, the host's network
 * and /sys, no resources. NULL: out of memory.
 */
char *spec_template(struct arena *a, bool rootless, uid_t uid, gid_t gid);

#endif
