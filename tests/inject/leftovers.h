/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is on the host, and what there is now that wasn't then. The caller is alone in its pid and mount
 * namespaces (alone.sh); leftovers_init gives it a network namespace and a /dev/shm of its own too.
 */
#ifndef SBRUN_TESTS_LEFTOVERS_H
#define SBRUN_TESTS_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

/* bundles, root: where all names count; cgroup: the name of the parent of the sandbox's cgroups. */
int leftovers_init(const char *bundles, const char *root, const char *cgroup);
void leftovers_finish(void);
void leftovers_remember(void);
/* Waits a while for processes that are ending. true: as it was; else what differs is in text. */
bool leftovers_none(char *text, size_t size);

#endif
