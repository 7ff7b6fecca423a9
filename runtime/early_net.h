/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The new network namespace, made while the plan is. It is the dearest object of a sandbox, half a
 * millisecond and more of the kernel's time with its "lo" up, and nothing of it depends on the plan. So a
 * thread of the runtime makes it, and the first process, cloned without CLONE_NEWNET, goes there in its first
 * step that has to do with networks (stage2/ns.c). Where any of it fails that one makes its own.
 *
 *   main:     opens the thread's ns/ in /proc
 *   thread:   unshare, lo up   "1" to `ready`   waits for the end of `leave`
 *   stage-2:                   reads `ready`, setns(openat(ns, "net"))
 *
 * Not with a user namespace: that must be the owner. The descriptor can't be handed over by its number, since
 * the first process has a table of its own by then; a thread's ns/ leads to what it has now.
 */
#ifndef SBRUN_RUNTIME_EARLY_NET_H
#define SBRUN_RUNTIME_EARLY_NET_H

#include <stdbool.h>

struct spec;

struct early_net {
	bool begun;
	int ns;       /* /proc/self/task/TID/ns of the thread, O_PATH; -1: can't be had */
	int ready[2]; /* a pipe: one byte when the namespace is there */
	int leave[2]; /* a pipe: at its end the thread goes */
};

/* Whether a sandbox of this configuration could use one. */
bool early_net_fits(const struct spec *s);
/*
 * Once in a process. Nothing is told when it can't begin: it won't be `early_net_usable` then.
 * `sysfs`: one will be mounted, so the new network's is made meanwhile too.
 */
void early_net_begin(struct early_net *e, bool sysfs);
/* Whether there is something for the first process to go to, or will be. */
bool early_net_usable(const struct early_net *e);
/* The first process has it, or never will. Safe to call twice, and for one that is all zero. */
void early_net_end(struct early_net *e);

#endif
