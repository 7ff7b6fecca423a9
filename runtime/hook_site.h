/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a sandbox's hooks are run from, and what they are told: the step HOOK of create and
 * run, the same for start, and poststop. hooks/run.h has the running itself.
 *
 *   point            when                                   whose namespaces, path   status
 *   prestart         set up, before pivot_root               ours                    creating
 *   createRuntime    after those                             ours                    creating
 *   createContainer  after those                             the sandbox's; the path  creating
 *                                                            and the tree are ours
 *   startContainer   let go, before the payload's execve     the sandbox's           created
 *   poststart        the payload runs                        ours                    running
 *   poststop         nothing is left of it                   ours                    stopped
 *
 * What runs in the sandbox's namespaces gets there as exec does: stage-2 from a sealed memfd
 * joins by the init's pidfd and becomes the hook. No memory, binary or descriptor of the
 * runtime goes in. A startContainer hook comes out of the (untrusted) root: it gets the
 * payload's own identity and limits, never more.
 */
#ifndef SBRUN_RUNTIME_HOOK_SITE_H
#define SBRUN_RUNTIME_HOOK_SITE_H

#include "launch.h"
#include "state.h"

struct hook_site {
	struct arena *a;
	const struct spec *s;   /* create's, or the stored copy */
	const struct state *st; /* its init.pid need not be known yet */
	pid_t pid;              /* the sandbox's first process; 0: gone */
	int pidfd;              /* borrowed; -1: gone */
	struct step_watch watch;
	uint64_t usec;          /* that the last one took */
	bool ran;               /* a hook was run, so that poststop has something to clean up */
};

/* One hook. -1 with an error that has its pointer and step. */
int hook_site_run(struct hook_site *h, enum hook_point at, size_t i, struct diags *dg);
/* All of a point, in order, until one fails. */
int hook_site_run_all(struct hook_site *h, enum hook_point at, struct diags *dg);
/* All of poststop; what fails is a warning, the others are run all the same. */
void hook_site_poststop(struct hook_site *h, struct diags *dg);

#endif
