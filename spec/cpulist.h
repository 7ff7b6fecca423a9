/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of processors and memory nodes as the kernel writes them: "0-3,7" (cpuset(7), "List format"). */
#ifndef SBRUN_SPEC_CPULIST_H
#define SBRUN_SPEC_CPULIST_H

#include <stddef.h>
#include <stdint.h>

struct arena;

enum { CPU_LIST_MAX = 65535 }; /* no kernel has that many */

/*
 * The range that *s begins with; *s moves behind it and its comma. -1 for anything else: an
 * empty item, a number above CPU_LIST_MAX, a range that goes down.
 */
int cpu_list_next(const char **s, uint32_t *first, uint32_t *last);

/*
 * The list as the bit mask that sched_setaffinity(2) and set_mempolicy(2) take: as long as its
 * highest bit asks for, in whole 64-bit words of *bytes bytes. NULL for what is no such list.
 */
uint64_t *cpu_list_mask(struct arena *a, const char *list, size_t *bytes);

#endif
