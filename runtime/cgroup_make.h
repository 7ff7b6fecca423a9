/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing a sandbox's cgroup, and what is done to all that is in it. */
#ifndef SBRUN_RUNTIME_CGROUP_MAKE_H
#define SBRUN_RUNTIME_CGROUP_MAKE_H

#include "cgroup.h"

/*
 * What of each path is there already goes into `keep`, so that the state can say, before
 * anything is made, what is to be removed again. Parents that came later count as ours: they
 * are only removed while nothing is in them. 0; 1: the innermost was there, empty; -1 with an
 * error when something runs in it.
 */
int cgroup_survey(const struct cgroup *g, struct diags *dg);
/* Whether a create of ours made that directory, and marked it since. */
bool cgroup_is_ours(int dir);

/* Whether systemd makes and removes it, and not we. */
bool cgroup_is_systemds(const struct cgroup *g, const struct cgroup_place *p);

/*
 * Make the directories, switch the controllers of cgroup2 on on the way down, give a v1 cpuset
 * its parent's processors and nodes. The innermost may be there already, if nothing runs in it.
 * `needed`: controllers of cgroup2 ("memory pids") without which it is an error; the others are
 * switched on where that is possible, for the figures. 0; -1 with an error; -errno without one
 * when this caller may not make cgroups there (EACCES, EPERM, EROFS). Where it fails, what it made
 * goes again.
 * `entries`: NULL, or room for g->n descriptors, the caller's to close where it succeeds: of v1's `tasks`, of
 * cgroup2's directory; -1 where that can't be opened.
 */
int cgroup_make(struct arena *a, const struct cgroup *g, const char *needed, int *entries, struct diags *dg);

/* Takes back what was made before anything ran in it: nobody is killed. `leaf`: the innermost too. */
void cgroup_unmake(const struct cgroup_place *p, bool leaf);

/* Remove it, with what the sandbox made below it; whatever still runs there is killed. */
int cgroup_remove(const struct cgroup *g, struct diags *dg);

/* SIGKILL to everything in it, below it too, whatever it forks meanwhile. 0 or -errno. */
int cgroup_kill(const struct cgroup *g);
/* Thaw v1's freezer from top to bottom: what is frozen there dies of its SIGKILL only then. */
void cgroup_let_die(const struct cgroup *g);
/* A signal to everything in it but `except` (0: none); 0 or -errno, -ESRCH: nobody was there. */
int cgroup_signal(const struct cgroup *g, int sig, pid_t except);

/*
 * Stop everything in it, or let it go on; returns when it is so. 0 or -errno: -ENOENT where there
 * is no freezer; -ETIMEDOUT where a process could not be stopped, and nothing is.
 */
int cgroup_freeze(const struct cgroup *g, bool frozen);
bool cgroup_frozen(const struct cgroup *g);

#endif
