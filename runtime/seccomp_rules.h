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
	/* Where one call stands for many: its number, and of those behind it a bit for each rule's. */
	struct seccomp_gate { uint32_t nr, guarded, open; } socketcall, ipc;
};

struct seccomp_archs { struct seccomp_arch v[SECCOMP_ARCHS_MAX]; unsigned n; };

/* The native architecture and those of `names` that this machine's kernel can run. */
void seccomp_archs(const struct str_list *names, struct seccomp_archs *out);
/* Note that the profile names a system call, in a rule with conditions on arguments or without. */
void seccomp_archs_note(struct seccomp_archs *archs, const char *name, bool conditions);

/* At most this many instructions are put before a program. */
enum { SECCOMP_HEAD_MAX = SECCOMP_ARCHS_MAX * (5 + 2 * 35) + 3 };
/*
 * The instructions that answer ENOSYS before the program is asked: with `newer` to calls above
 * `newest`, always to those that come by a gate although a rule wants to see their arguments.
 * Returns their number, 0 for none.
 */
uint32_t seccomp_head(const struct seccomp_archs *archs, bool newer, struct sock_filter *out);

/* seccomp_compile without this: the program as libseccomp has it, behind its head. */
int seccomp_translate(struct arena *a, const struct spec *s, struct seccomp_program *out, struct diags *dg);
/* A shorter program with the same answers in its place, if there is one. */
bool seccomp_shrink(struct arena *a, struct seccomp_program *p);

#endif
