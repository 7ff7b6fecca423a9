/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCMP_ACT_NOTIFY: the filter's listener goes to the agent at linux.seccomp.listenerPath, with
 * the container process state (runtime-spec, config-linux.md, "The Container Process State").
 */
#ifndef SBRUN_RUNTIME_LISTENER_H
#define SBRUN_RUNTIME_LISTENER_H

#include "plan.h"
#include "state.h"

struct agent {
	const char *path;     /* NULL: nobody is asked, the other fields are not looked at */
	const char *metadata; /* may be NULL */
	const struct state *state;
	enum status status;
};

/* What the configuration says of the agent. */
struct agent agent_of(const struct spec *config, const struct state *st, enum status status);

/*
 * The process of pidfd is about to put itself under a filter that notifies, and waits for a reply
 * on ctl. Connects to the agent, lets it go on, gets the listener, hands it over, and lets it exec.
 * 1 when stage-2 had something else to say, which is in m; then, and with 0, go on listening to it.
 * -1 with an error; stage-2 gives up when ctl is closed.
 */
int listener_hand_over(struct arena *a, const struct agent *agent, int ctl, int pidfd, struct plan_msg *m,
		       struct diags *dg);

#endif
