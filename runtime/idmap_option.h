/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount option "idmap=uids=0-1000-1#1-2000-10;gids=...", which podman hands on as its users
 * write it: triplets of the first id on the file system, the first id outside and how many. A
 * map that begins with '@' counts the second number in the sandbox's user namespace.
 */
#ifndef SBRUN_RUNTIME_IDMAP_OPTION_H
#define SBRUN_RUNTIME_IDMAP_OPTION_H

#include "../spec/spec.h"

/*
 * What follows "idmap=". `host_uids` and `host_gids` are linux.uidMappings and gidMappings, for '@'
 * ({0} without a user namespace, where '@' changes nothing). NULL, or what is wrong with the text.
 */
const char *idmap_option_parse(struct arena *a, const char *text, const struct id_maps *host_uids,
			       const struct id_maps *host_gids, struct id_maps *uids, struct id_maps *gids);

#endif
