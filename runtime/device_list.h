/* SPDX-License-Identifier: Apache-2.0 */
/* What the two translations of device_rules.h share: the list with the defaults, simplified. */
#ifndef SBRUN_RUNTIME_DEVICE_LIST_H
#define SBRUN_RUNTIME_DEVICE_LIST_H

#include "device_rules.h"

#include <linux/bpf.h>
#include <stdint.h>

#define DEVICE_ANY UINT32_MAX /* as major or minor */

enum {
	DEVICE_BOTH = BPF_DEVCG_DEV_BLOCK | BPF_DEVCG_DEV_CHAR,
	DEVICE_RWM = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD,
};

struct device_range { uint32_t types, major, minor; }; /* types: BPF_DEVCG_DEV_* */

struct device_rule {
	struct device_range on;
	bool allow;
	uint32_t access; /* BPF_DEVCG_ACC_* */
	size_t from;     /* index in the configuration's list; SIZE_MAX: one of the defaults */
};

struct device_rules { struct device_rule *v; size_t n; };

bool device_covers(const struct device_range *outer, const struct device_range *inner);

/*
 * The list with the defaults, and without what has no effect; a rule that allows everything can
 * only be v[0], one that denies everything is none. -1 with an error when there are too many.
 */
int device_list(struct arena *a, const struct device_rule_list *list, struct device_rules *out,
		struct diags *dg);

#endif
