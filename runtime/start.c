/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start: connect to the gate, say go, and hear whether the payload could be executed. The step
 * that failed is put into words from a plan made again out of the stored configuration; it is
 * the same plan, since it depends on nothing else that could have changed.
 */
#include "launch.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "conduct.h"
#include "fd.h"
#include "hygiene.h"
#include "state.h"
#include "stored.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int not_startable(const char *id, enum status st, struct diags *dg)
{
	struct diag *d = diag_error(dg, "cannot start container \"%s\": it is %s", id, status_name(st));

	d->hint = st == STATUS_STOPPED ? "a sandbox runs once: delete it and create it again"
				       : "only a created one can be started";
	return -1;
}

/* The message names a step by its number: only the plan knows what that is. */
static void explain(struct arena *a, struct state_dir *sd, const struct state *st, const struct plan_msg *m,
		    struct diags *dg)
{
	struct spec *s = stored_config(a, sd, dg);
	struct facts f;
	struct planned p;
	struct plan_opts o = { .bundle = st->bundle,
			       .gate = true,
			       .no_pivot = st->no_pivot,
			       .umask = sbrun_umask,
			       .set_init = true,
			       .init = st->has_init ? INIT_ALWAYS : INIT_NEVER };
	struct plan_msg here = *m;
	struct diags quiet;

	diags_init(&quiet, a);
	if (!s || facts_get(a, FACTS_IDS | FACTS_CGROUPS, &f, &quiet) < 0 ||
	    plan_sandbox(a, s, &f, &o, &p, &quiet) < 0) {
		diag_errno(dg, m->err, NULL, m->detail, "the payload could not be started")->exit_code =
			m->exit_code;
		return;
	}
	/* Counted from the end: what create alone was told (--no-new-keyring) lies before the gate. */
	here.step += p.plan->n_steps - (uint32_t)m->value;
	conduct_failure(a, s, &p, &here, dg);
}

static int hear(struct arena *a, int gate, struct state_dir *sd, const struct state *st, struct diags *dg)
{
	struct plan_msg m;
	char go = REPLY_GO;
	ssize_t n;

	if (send(gate, &go, 1, MSG_NOSIGNAL) != 1) {
		diag_errno(dg, errno, "send", NULL, "the sandbox's first process does not answer");
		return -1;
	}
	while ((n = recv(gate, &m, sizeof m, 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ECONNRESET)
			break;
		if (n != (ssize_t)sizeof m) {
			diag_errno(dg, n < 0 ? errno : EPROTO, "recv", NULL,
				   "the sandbox's first process does not answer");
			return -1;
		}
		m.detail[sizeof m.detail - 1] = 0;
		if (m.type == MSG_FAIL) {
			explain(a, sd, st, &m, dg);
			return -1;
		}
	}
	return 0;
}

int launch_start(struct arena *a, const char *root, const char *id, struct diags *dg)
{
	struct state_dir sd = STATE_DIR_NONE;
	struct state st;
	CLEANUP_FD gate = -1;
	enum status status;
	int r = -1;

	if (state_open(&sd, a, root, id, dg) < 0)
		return -1;
	if (state_lock(&sd, 10000, dg) == 0 && state_read(&sd, a, &st, dg) == 0) {
		status = state_status(&sd, &st);
		if (status != STATUS_CREATED)
			r = not_startable(id, status, dg);
		else if ((gate = state_gate_connect(&sd, dg)) >= 0)
			r = hear(a, gate, &sd, &st, dg);
		if (status == STATUS_CREATED) /* it answers once: whatever came of it, this is over */
			state_gate_remove(&sd);
	}
	state_close(&sd);
	return r;
}
