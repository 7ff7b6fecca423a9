/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources as writes to files of a cgroup: what to write where on this host's layout,
 * in the order in which it must be written. Devices are not among them (device_rules.h).
 * Sources: the runtime-spec's config-linux.md; Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
 *
 * Each controller is taken where the layout has it, v1 before cgroup2. A zero in memory, cpu
 * and the weights is an absent value but for swappiness, burst and idle: programs in Go write it so.
 */
#ifndef SBRUN_RUNTIME_LIMITS_H
#define SBRUN_RUNTIME_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cgroup_layout;
struct diags;
struct spec;
struct spec_resources;

enum { /* struct limit.flags */
	LIMIT_IF_THERE = 1, /* not every kernel has the file, and without it there is nothing to limit */
	/*
	 * The kernel compares this value with the one of the next write as it is now, and refuses with
	 * EINVAL what does not fit: then the next one is written first, and this one again. Raising a
	 * pair of values needs one order and lowering it the other.
	 */
	LIMIT_RETRY = 2,
	/* Newer kernels take any value for the file and keep none: what it says then has to be looked at. */
	LIMIT_READ_BACK = 4,
};

struct limit {
	/* "memory": in the hierarchy of layout_controller(); "cgroup": a file of cgroup2's own */
	const char *controller;
	const char *file, *value;
	const char *pointer;    /* "/linux/resources/memory/limit" */
	const char *alt_file, *alt_value; /* written where `file` is not there ("io.weight"); may be NULL */
	unsigned flags;
};
struct limit_list {
	struct limit *v;
	size_t n;
	bool check_usage; /* memory.checkBeforeUpdate: see limits_check_usage() before writing */
};

/*
 * The writes for r. What this layout has no controller or no counterpart for is an error with
 * its place in s (NULL: without a place) and a hint that says how to get the controller, once for
 * each controller. r has passed the checks of spec/. 0 or -1.
 */
int limits_of(struct arena *a, const struct spec *s, const struct spec_resources *r,
	      const struct cgroup_layout *l, struct limit_list *out, struct diags *dg);

/* How to get that controller on a host of this layout: for a hint. In the arena. */
char *limits_hint(struct arena *a, const struct cgroup_layout *l, const char *controller);

/*
 * Hand the writes to `put` in an order that the kernel takes: 0 or -errno for one file, with -ENOENT
 * where it is not there. Alternatives and flags are dealt with here. Returns NULL, or the
 * write that failed with its -errno in *err; what was before it is written.
 */
typedef int limit_writer(void *arg, const struct limit *w, const char *file, const char *value);
const struct limit *limits_write(const struct limit_list *list, limit_writer *put, void *arg, int *err);

/*
 * memory.checkBeforeUpdate: "MUST reject the new limit" when it is below what is in use, in
 * bytes of memory and of swap space. 0, or -1 with the error.
 */
int limits_check_usage(const struct spec *s, const struct spec_resources *r, uint64_t memory, uint64_t swap,
		       struct diags *dg);

/*
 * An update: `given` has some fields, `stored` (may be NULL) is what is in force. *merged is both, to be
 * checked by spec_check_resources() and kept. *changed is what limits_of() must be asked for: what was
 * given, and the stored values that the kernel takes only together with it: quota and period; limit and
 * swap; idle and the shares, which it forgets meanwhile. Items of lists replace those of the same
 * device, size, interface or key. An unlimited memory without a swap makes the swap unlimited.
 * Both are in the arena and share the sources' strings.
 *
 *	limits_merge(a, stored, given, &merged, &changed);
 *	spec_check_resources(a, file, merged, dg) || limits_of(a, file, changed, layout, &list, dg)
 */
void limits_merge(struct arena *a, const struct spec_resources *stored, const struct spec_resources *given,
		  struct spec_resources **merged, struct spec_resources **changed);

/* cpu.shares, 2 to 262144, as cpu.weight, 1 to 10000: 1024 is 100. */
unsigned limits_cpu_weight(uint64_t shares);
/* blkio.weight, 10 to 1000, as io.weight, 1 to 10000. */
unsigned limits_io_weight(uint64_t weight);

#endif
