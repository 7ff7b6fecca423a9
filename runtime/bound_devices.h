/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_BOUND_DEVICES_H
#define SBRUN_RUNTIME_BOUND_DEVICES_H

#include "planner.h"

/*
 * In a user namespace, where mknod(2) makes no device, the host's node is bound: its mode and
 * owner are what they are. A warning at each fileMode, uid and gid of linux.devices that asks for
 * others. Looks at the host's nodes, so it is not for a plan that is made for another host.
 */
void bound_devices_warn(const struct spec *s, const struct facts *f, const struct planned *p,
			struct diags *dg);

#endif
