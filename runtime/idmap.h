/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the id maps of a user namespace: user_namespaces(7), newuidmap(1). */
#ifndef SBRUN_RUNTIME_IDMAP_H
#define SBRUN_RUNTIME_IDMAP_H

#include <stdbool.h>
#include <sys/types.h>

struct diags;

/*
 * Write the maps ("IN OUT SIZE\n" lines) of the process pid, our own unreaped child in a new
 * user namespace. helper: through newuidmap and newgidmap, by their absolute paths, with an
 * empty environment. 0, or -1 with an error that names the call or the helper's own words.
 */
int idmap_write(pid_t pid, const char *uid_map, const char *gid_map, bool helper, bool deny_setgroups,
		struct diags *dg);

/*
 * A user namespace with these maps and nobody in it, for MOUNT_ATTR_IDMAP: an O_CLOEXEC fd, or
 * -1 with an error.
 */
int idmap_userns(const char *uid_map, const char *gid_map, struct diags *dg);

#endif
