/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's half of a plan: hears what stage-2 reports, runs the parent's own steps when it
 * is asked to, and makes the sentence when a step fails.
 */
#ifndef SBRUN_RUNTIME_CONDUCT_H
#define SBRUN_RUNTIME_CONDUCT_H

#include "cgroup_enter.h"
#include "launch.h"
#include "listener.h"
#include "planner.h"
#include "systemd_scope.h"

#include <sys/types.h>

struct child;
struct hook_site;
struct account;
struct guard;

struct conduct {
	struct arena *a;
	const struct spec *s;
	const struct planned *p;
	struct step_watch watch;
	int ctl;   /* -1 when closed */
	pid_t pid; /* the process that carries the plan now; our child */
	int pidfd;
	int master;                 /* the pty's master once there, else -1 */
	int verdict;                /* the memfd for last words once the process is to be filtered, else -1 */
	struct agent agent;         /* the caller's: for a filter that notifies */
	uint32_t told;              /* the steps before it are reported */
	bool released;              /* the start gate was reached, or is open already */
	bool unread;                /* it ended before it had read what it was told last */
	uint32_t ours;              /* the parent's steps before it are done */
	bool forked;                /* into the pid namespace; `pid` is that one */
	struct cgroup *cgroup;      /* the caller's: to be made or joined; emptied where there will be none */
	bool cgroup_made;           /* the step was done: before that nothing there is ours to remove */
	struct cgroup_entry entry;  /* .into -1: none, also before it is open */
	struct systemd_scope scope; /* held by the helper until somebody is in it */
	pid_t init;                 /* exec: the sandbox's first process */
	const struct child *child;  /* between the clone and its exec: whose last words are there */
	struct str_list rdt;        /* directories of resctrl to remove with the sandbox */
	struct guard *guard;        /* exec: for GUARD steps */
	struct account *account;    /* where begin() marks its phases; NULL: nowhere */
	uint64_t since;             /* usec of the last step's end */
	/* What is to be done with the master before the payload sees its end; NULL: nothing. 0 or -1. */
	int (*console)(struct conduct *c, struct diags *dg);
	void *owner;               /* for that */
	struct hook_site *hooks;    /* for HOOK steps; NULL where the plan has none */
};

/* A conduct that has nothing yet; the caller adds what it has. */
#define CONDUCT_NONE                                                                     \
	.ctl = -1, .pidfd = -1, .master = -1, .verdict = -1, .entry = CGROUP_ENTRY_NONE, \
	.scope = SYSTEMD_SCOPE_NONE

enum conduct_end {
	CONDUCT_READY,  /* stage-2 waits for a reply: conduct_reply() */
	CONDUCT_GONE,   /* the connection ended without a failure: the payload runs */
	CONDUCT_FAILED, /* in dg */
};

enum conduct_end conduct(struct conduct *c, struct diags *dg);
int conduct_reply(struct conduct *c, char byte);

/* Whether stage-2 asks for nothing on its way to the start gate: the answer there can be sent ahead. */
bool conduct_unasked(const struct plan *p);

/* The parent's steps [first, end): before stage-2 is there (the clone is the caller's). */
int conduct_steps(struct conduct *c, uint32_t first, uint32_t end, struct diags *dg);

/* The HOOK steps after EXEC that are poststart's: the payload runs. */
int conduct_poststart(struct conduct *c, struct diags *dg);

/* The sentence for a step that stage-2 could not do. Also for start, which only has the state. */
struct plan_msg;
void conduct_failure(struct arena *a, const struct spec *s, const struct planned *p, const struct plan_msg *m,
		     struct diags *dg);

#endif
