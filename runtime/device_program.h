/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device program of a cgroup2 directory: bpf(2). It stays attached until the directory is
 * removed. Programs of others on the same directory (systemd's) stay as they are: a request must
 * pass all of them, and those of the directories above.
 *
 * Ours is known by its name. Where it is there already it is replaced at once: there
 * is no moment at which neither is in force. Kernels before 5.6 have both for a moment.
 */
#ifndef SBRUN_RUNTIME_DEVICE_PROGRAM_H
#define SBRUN_RUNTIME_DEVICE_PROGRAM_H

#include <stddef.h>

struct bpf_insn;
struct diags;

#define DEVICE_PROGRAM_NAME "sbrun_dev"

/*
 * Attach the program of n instructions (device_rules.h), or replace ours with it. cgroup_fd is
 * the directory, opened for reading. On failure -1 with an error, and no less is in force than before.
 */
int device_program_set(int cgroup_fd, const struct bpf_insn *v, size_t n, struct diags *dg);

#endif
