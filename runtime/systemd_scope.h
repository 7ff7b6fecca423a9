/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking systemd for a scope: by sbrun-systemd, a program beside sbrun that speaks D-Bus
 * (systemd/main.c says what it takes and gives). Each call runs it once; none takes longer than
 * SYSTEMD_TIMEOUT_S seconds.
 *
 * To begin a sandbox in its scope:
 *
 *   systemd_scope_start -> scope.path: the cgroup, with the helper in it
 *                       -> clone the first process into it, or, where the kernel refuses that
 *                          (EACCES: from a login session), clone it and systemd_scope_attach
 *                       -> systemd_scope_release: the helper leaves
 *
 * Without anybody left in it systemd ends the scope by itself: after a release that nothing
 * preceded, and when sbrun is killed on the way.
 */
#ifndef SBRUN_RUNTIME_SYSTEMD_SCOPE_H
#define SBRUN_RUNTIME_SYSTEMD_SCOPE_H

#include "systemd_unit.h"

#include <sys/types.h>

enum { SYSTEMD_TIMEOUT_S = 35 }; /* the helper gives up after 30 */

struct systemd_scope {
	char *path;  /* "/machine.slice/x.scope", as the manager sees it; in the arena */
	int pidfd;   /* the helper, our child, ... */
	pid_t pid;
	int hold;    /* ... which stays until this is closed; O_CLOEXEC */
};
#define SYSTEMD_SCOPE_NONE { .pidfd = -1, .hold = -1 }

/* 0, or -1 with an error; then nothing is left. */
int systemd_scope_start(struct arena *a, const struct systemd_unit *u, const struct property_list *p,
			struct systemd_scope *out, struct diags *dg);
/* Lets the helper go and reaps it. A scope that was never started is fine. */
void systemd_scope_release(struct systemd_scope *s);

/* Moves our child into the scope: 0, or -1 with an error. */
int systemd_scope_attach(const char *unit, bool user, pid_t pid, struct diags *dg);
/* Changes properties until the unit ends. An empty list is nothing to do. */
int systemd_scope_set(const char *unit, bool user, const struct property_list *p, struct diags *dg);
/* Ends the unit and all in it, and has systemd forget that it failed. One that is gone is fine. */
int systemd_scope_stop(const char *unit, bool user, struct diags *dg);

/* The program that these run: where it is installed, or beside ours. NULL: there is none. */
const char *systemd_helper_path(struct arena *a);

/* For tests: a program in the helper's place (NULL: where it is installed, or beside sbrun), and its time. */
extern const char *systemd_helper;
extern unsigned systemd_timeout_s;

#endif
