/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources as writes to files of a cgroup: what to write where on this host's layout,
 * in the order in which it must be written. Devices are not among them (device_rules.h).
 */
#ifndef SBRUN_RUNTIME_LIMITS_H
#define SBRUN_RUNTIME_LIMITS_H

#include <stddef.h>

struct arena;
struct cgroup_layout;
struct diags;
struct spec;
struct spec_resources;

enum {                     /* struct limit.flags */
       LIMIT_IF_THERE = 1, /* for a file that not every kernel has and that another one stands in for */
};

struct limit {
	const char *controller; /* "memory": in the hierarchy of layout_controller() */
	const char *file, *value;
	const char *pointer;              /* "/linux/resources/memory/limit" */
	const char *alt_file, *alt_value; /* written where `file` is not there ("io.weight"); may be NULL */
	unsigned flags;
};
struct limit_list {
	struct limit *v;
	size_t n;
};

/*
 * The writes for r. What this layout has no controller or no counterpart for is an error with
 * its place in s (NULL: without a place) and a hint that says how to get the controller. 0 or -1.
 */
int limits_of(struct arena *a, const struct spec *s, const struct spec_resources *r,
	      const struct cgroup_layout *l, struct limit_list *out, struct diags *dg);

#endif
