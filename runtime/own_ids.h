/* SPDX-License-Identifier: Apache-2.0 */
/* Files of all the ids that an ordinary caller may use: user_namespaces(7), subuid(5). */
#ifndef SBRUN_RUNTIME_OWN_IDS_H
#define SBRUN_RUNTIME_OWN_IDS_H

struct diags;

/*
 * Run fn(arg) with root's rights over the files of the caller's id and of those granted in /etc/subuid and
 * /etc/subgid: in a child (which may be killed with us), in a user namespace that maps them. Of a caller
 * without granted ids, or without newuidmap, it is its own id alone.
 * fn returns 0 or an errno, which is the result; -1 with an error: it did not run.
 */
int own_ids_call(int (*fn)(void *), void *arg, struct diags *dg);

#endif
