/* SPDX-License-Identifier: Apache-2.0 */
/* What compiling has in two files: the architectures of a filter and the answer to calls newer than it. */
#ifndef SBRUN_RUNTIME_SECCOMP_RULES_H
#define SBRUN_RUNTIME_SECCOMP_RULES_H

#include "seccomp.h"

enum { SECCOMP_ARCHS_MAX = 4 }; /* of one machine */

struct seccomp_arch {
	uint32_t token;   /* libseccomp's */
	uint32_t audit;   /* what the kernel gives the program */
	uint32_t base;    /* where its numbers begin */
	uint32_t special; /* numbers from here on are no ordinary system calls */
	int newest;       /* the highest number that the profile names, or -1 */
};

struct seccomp_archs { struct seccomp_arch v[SECCOMP_ARCHS_MAX]; unsigned n; };

/* The native architecture and those of `names` that this machine's kernel can run. */
void seccomp_archs(const struct str_list *names, struct seccomp_archs *out);
/* Note that the profile names a system call. */
void seccomp_archs_note(struct seccomp_archs *archs, const char *name);

/* At most this many instructions are put before a program. */
enum { SECCOMP_NEWER_MAX = SECCOMP_ARCHS_MAX * 5 + 3 };
/* The instructions that answer ENOSYS to calls above `newest`; returns their number, 0 for none. */
uint32_t seccomp_newer(const struct seccomp_archs *archs, struct sock_filter *out);

#endif
