/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process of a sandbox, from clone3 to the exec of stage-2.
 *
 * It shares our memory (CLONE_VM) until it execs, on a stack of its own: no page table is
 * copied, and we go on meanwhile (that is not vfork: in a new user namespace it waits for us to
 * write the maps). It makes raw system calls only and touches nothing but struct child.
 *
 * Where memory is tight it gets a copy of ours instead: the kernel's OOM killer ends everybody who shares the
 * victim's, so that the limit of a sandbox would end its runtime.
 */
#ifndef SBRUN_RUNTIME_CHILD_H
#define SBRUN_RUNTIME_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct diags;
struct plan;

struct child {
	/* in */
	uint64_t flags;    /* CLONE_NEW* */
	bool wait_maps;    /* read one byte from ctl before anything that needs an id */
	bool be_root;      /* then be 0:0 */
	bool set_ids;      /* else be uid:gid, and keep the capabilities across the exec */
	bool drop_groups;
	bool own_memory;   /* a copy of ours; the struct itself is in memory that is shared */
	uint32_t uid, gid;
	int stage2;        /* sealed memfd */
	int *fds;          /* to become descriptors first_fd ...: ctl, plan, gate or -1, slots */
	unsigned n_fds;
	int first_fd;
	int runtime_end;   /* of ctl: closed there, or the runtime's death would never show */
	const int *stdio;  /* three descriptors to become 0, 1 and 2; NULL: the caller's */
	bool may_hold;     /* where it may not be born there (EACCES), start it outside: see held */
	int into;          /* directory of a cgroup2 to be born in; -1: none */
	int *attach;       /* files of cgroups to write itself to (v1: tasks), before all else */
	unsigned n_attach;
	unsigned preserve; /* 3 ... 3 + preserve - 1 lose O_CLOEXEC */
	/* out */
	pid_t pid;
	int pidfd;         /* -1 until started */
	bool held;         /* it waits for one byte from ctl until it was moved into its cgroup */
	/* What failed between the clone and the exec, and how: the child's last words. */
	const char *volatile failed;
	const char *volatile call;
	volatile int err;
};

/* 0, or -1 with an error. What fails after the clone ends the child with EXIT_SBRUN. */
int child_start(struct child *c, struct diags *dg);

#endif
