/* SPDX-License-Identifier: Apache-2.0 */
/* New limits for a sandbox that lives. */
#ifndef SBRUN_RUNTIME_UPDATE_H
#define SBRUN_RUNTIME_UPDATE_H

#include <stdbool.h>

struct arena;
struct diags;

struct update_opts {
	const char *root, *id;
	const char *file; /* --resources: a document of linux.resources; "-": standard input; NULL: none */
	const char *text; /* else such a document made of options */
	const char *l3_cache, *mem_bw; /* lines of schemata for its RDT group; NULL: none */
	bool strict;
};

/*
 * What the document has is set, the rest stays. Checked as a whole first, with what is in
 * force: nothing is written when any of it is wrong. Where the kernel refuses one value, those
 * before it are set, and the error says which it was. 0 or -1.
 */
int launch_update(struct arena *a, const struct update_opts *o, struct diags *dg);

#endif
