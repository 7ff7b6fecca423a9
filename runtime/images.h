/* SPDX-License-Identifier: Apache-2.0 */
/* What sbrun itself keeps in a directory of criu's images, beside descriptors.json (externals.h). */
#ifndef SBRUN_RUNTIME_IMAGES_H
#define SBRUN_RUNTIME_IMAGES_H

#include "state.h"

/* Namespaces that criu takes from outside where they were joined by path: the name each has in the images. */
struct images_namespace {
	enum ns_type type;
	const char *file; /* in /proc/PID/ns, and criu's word */
	const char *name;
};
enum { IMAGES_NAMESPACES = 2 };
extern const struct images_namespace images_namespaces[IMAGES_NAMESPACES];

/* IMAGES/sbrun.json: whether sbrun's init is the first process. Images of other runtimes have none. */
int images_write(struct arena *a, int images, const struct state *st, struct diags *dg);
/* Takes the two files away again: criu's own are not complete. */
void images_forget(int images);
/* *has_init as it was; untouched where there is no such file. */
int images_read(int images, bool *has_init, struct diags *dg);

/* After a dump of a sandbox with sbrun's init, whose pid inside is `init`: see images_exe.c. */
int images_mend_exe(struct arena *a, int images, pid_t init, struct diags *dg);

#endif
