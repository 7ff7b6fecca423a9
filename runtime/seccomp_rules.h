/* SPDX-License-Identifier: Apache-2.0 */
/* What compiling has in several files: architectures, calls newer than a profile, rules with conditions. */
#ifndef SBRUN_RUNTIME_SECCOMP_RULES_H
#define SBRUN_RUNTIME_SECCOMP_RULES_H

#include "seccomp.h"

#include <seccomp.h>

enum { SECCOMP_ARCHS_MAX = 4 }; /* of one machine */

struct seccomp_arch {
	uint32_t token;   /* libseccomp's */
	uint32_t audit;   /* what the kernel gives the program */
	uint32_t base;    /* where its numbers begin */
	uint32_t special; /* numbers from here on are no ordinary system calls */
	bool narrow;      /* 32 bits an argument */
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

/* ---- rules with conditions on arguments ---- */

enum { SECCOMP_ARGS = 6 };

/* All of `v`, each of another argument, must hold. */
struct seccomp_rule {
	int nr; /* libseccomp's */
	uint32_t action, n;
	struct scmp_arg_cmp v[SECCOMP_ARGS];
	size_t order;              /* in the profile */
	const char *name, *pointer; /* of the system call, and where the rule stands */
};

/* Whether libseccomp can't be given these, which are all of one system call. */
bool seccomp_args_ours(const struct seccomp_rule *r, size_t n);
/* Into the order in which they are asked. Returns one that is against another with its conditions. */
const struct seccomp_rule *seccomp_args_sort(struct seccomp_rule *r, size_t n);
/* The instructions for them, sorted; at most so many. Returns their number. */
uint32_t seccomp_args_write(const struct seccomp_rule *r, size_t n, uint32_t by_default,
			    const struct seccomp_archs *archs, struct sock_filter *out);
size_t seccomp_args_max(size_t n);

/* seccomp_compile without this: the program as libseccomp has it, behind its head. */
int seccomp_translate(struct arena *a, const struct spec *s, struct seccomp_program *out, struct diags *dg);
/* A shorter program with the same answers in its place, if there is one. */
bool seccomp_shrink(struct arena *a, struct seccomp_program *p);

#endif
