/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.devices (config-linux.md, "Allowed Device list"): what a sandbox may do with
 * which devices, as a program for cgroup2 and as writes for the v1 controller. Pure.
 *
 * What a list means: at first nothing is allowed. The entries are applied in their order, and
 * for each access (read, write, mknod) by itself the last entry that has the device and the
 * access decides. A request may ask for several at once, as open(O_RDWR) does: all of them must
 * be allowed. Unset (or -1) major and minor and type "a" are any; no `access` is all of them.
 * An entry with type "a" and a number means that number among both kinds.
 *
 * The devices that every sandbox is supplied with (config-linux.md, "Default Devices") are
 * allowed without being listed: null, zero, full, random, urandom, tty, ptmx and the ptys, which
 * a sandbox's /dev/console is too; and mknod of any device, which is not yet its use. The host's
 * console (5:1) is none of them. These entries come right behind the last entry that denies
 * everything ({"allow": false} for all devices and accesses, which engines begin their lists
 * with), or before all others where there is none. So entries behind that still take away.
 */
#ifndef SBRUN_RUNTIME_DEVICE_RULES_H
#define SBRUN_RUNTIME_DEVICE_RULES_H

#include "../spec/spec.h"

#include <stddef.h>

struct arena;
struct bpf_insn;
struct diags;

enum { DEVICE_RULES_MAX = 2048 }; /* entries of a list; a program's jumps reach that far */

/*
 * A program of type BPF_PROG_TYPE_CGROUP_DEVICE (device_program.h loads it) of *n instructions,
 * in the arena; list NULL is an empty one. NULL with an error when the list is too long.
 */
struct bpf_insn *device_rules_bpf(struct arena *a, const struct device_rule_list *list, size_t *n,
				  struct diags *dg);

/* One write(2) each to a file of the sandbox's directory in the v1 hierarchy "devices", in this order. */
struct device_write { const char *file, *line; };
struct device_writes { struct device_write *v; size_t n; };

/*
 * Writes that give exactly the same meaning, whatever was set before. The first is "a" to
 * devices.deny, or to devices.allow where the list ends up with allowing what it doesn't name;
 * the kernel refuses that one with EINVAL in a cgroup that has children, and with EPERM
 * whatever the parent's cgroup does not allow itself.
 *
 * v1 knows a default and exceptions from it, no order. -1 with an error at the entry
 * (/linux/resources/devices/N) that this can't express, an exception within an exception.
 */
int device_rules_v1(struct arena *a, const struct device_rule_list *list, struct device_writes *out,
		    struct diags *dg);

#endif
