/* SPDX-License-Identifier: Apache-2.0 */
/* Moving a network interface into another network namespace (config-linux.md, "Network Devices"). */
#ifndef SBRUN_RUNTIME_NETDEV_H
#define SBRUN_RUNTIME_NETDEV_H

#include <sys/types.h>

struct diags;

/*
 * The interface `name` of this namespace goes into that of process `pid`, a child of ours, as
 * `as` ("eth%d": the kernel picks the number), with its permanent global addresses, and is
 * brought up. On failure it is given back as it was, as far as the kernel lets us; -1.
 */
int netdev_move(pid_t pid, const char *name, const char *as, struct diags *dg);

#endif
