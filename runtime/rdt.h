/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of resctrl, the kernel's interface to Intel RDT and what other processors have of it
 * (config-linux.md, "IntelRdt"; Documentation/filesystems/resctrl.rst).
 */
#ifndef SBRUN_RUNTIME_RDT_H
#define SBRUN_RUNTIME_RDT_H

#include "../spec/spec.h"

#include <sys/types.h>

struct diags;

struct rdt_group {
	const char *root;       /* where resctrl is mounted */
	const char *clos;       /* the group's directory; "/" the root group; "": one of our own, by id */
	const char *id;         /* the sandbox's */
	struct str_list lines;  /* of `schemata`, in the order to write them in */
	size_t compared;        /* the first lines must be there already when the group is */
	bool monitor;           /* a monitoring group by id in it */
	bool join_only;         /* exec: everything is there */
};

/*
 * Make what is to be made, write the schemata, put the process in. `made` gets the absolute
 * paths of directories that are to be removed with the sandbox, the innermost first. On
 * failure nothing that was made is left; -1.
 */
int rdt_apply(struct arena *a, const struct rdt_group *g, pid_t pid, struct str_list *made, struct diags *dg);

/* Remove those directories; one that is gone, or still in use, is none of our business any more. */
void rdt_remove(const struct str_list *made);

#endif
