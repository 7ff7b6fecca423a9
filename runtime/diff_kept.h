/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The uppers of ephemeral overlays, which no path leads to: each is on a tmpfs that the init of a living
 * sandbox keeps, read-only, as a directory "upperN", where N counts the ephemeral overlays with layers from 0:
 * the root's first, then those of the mounts in their order (stage2/overlay.c).
 *
 * Who is root of the sandbox's user namespace with CAP_SYS_PTRACE can take over the init, and have it hold
 * what they like. So what is found there is believed to be nothing but an upper that means harm, as diff.h
 * has it anyway; it is a directory of some tmpfs, and nothing in it is opened. A file system of theirs could
 * keep us waiting until we are interrupted.
 */
#ifndef SBRUN_RUNTIME_DIFF_KEPT_H
#define SBRUN_RUNTIME_DIFF_KEPT_H

#include "state.h"

/* An O_PATH descriptor of it; -1 with an error that says `what` (the mount's destination, or "the root"). */
int diff_kept_open(const struct state *st, unsigned nr, const char *what, struct diags *dg);

#endif
