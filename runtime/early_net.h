/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The new network namespace, made while the plan is. It is the dearest object of a sandbox, half a
 * millisecond and more of the kernel's time with its "lo" up, and nothing of it depends on the plan. So a
 * thread of the runtime makes it, and the first process, cloned without CLONE_NEWNET, goes there in its first
 * step that has to do with networks (stage2/ns.c). Where any of it fails that one makes its own.
 *
 *   thread:   open ns/ of its own in /proc   unshare, lo up   "1" to `ready`   waits for the end of `leave`
 *   stage-2:                                                   reads `ready`, setns(openat(ns, "net"))
 *
 * Not with a user namespace: that must be the owner. The descriptor can't be handed over by its number, since
 * the first process has a table of its own by then; a thread's ns/ leads to what it has now.
 */
#ifndef SBRUN_RUNTIME_EARLY_NET_H
#define SBRUN_RUNTIME_EARLY_NET_H

#include <semaphore.h>
#include <stdbool.h>

struct spec;

struct early_net {
	bool begun;
	sem_t opened; /* ns and its failure can be looked at */
	int ns;       /* /proc/thread-self/ns of the thread, O_PATH */
	int ready[2]; /* a pipe: one byte when the namespace is there */
	int leave[2]; /* a pipe: at its end the thread goes */
};

/* Whether a sandbox of this configuration could use one. */
bool early_net_fits(const struct spec *s);
/* Nothing is told when it can't begin: it won't be `early_net_usable` then. The structure must not move. */
void early_net_begin(struct early_net *e);
/* Whether there is something for the first process to go to; waits for the thread's first call. */
bool early_net_usable(struct early_net *e);
/* The first process has it, or never will. Safe to call twice, and for one that is all zero. */
void early_net_end(struct early_net *e);

#endif
