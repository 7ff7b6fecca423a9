/* SPDX-License-Identifier: Apache-2.0 */
/* Signals go through a pidfd whose process has been recognised, never to a number. */
#include <signal.h>
#include <sys/pidfd.h>

#include "cgroup_make.h"
#include "command.h"
#include "fd.h"
#include "members.h"
#include "plan.h"
#include "signals.h"

struct kill_opts {
	bool all;
};

/* Callers look for these words and then ask for the state. */
static int not_running(struct call *c, const char *id)
{
	diag_error(c->dg, "container not running: \"%s\" is stopped, or still being created", id);
	return EXIT_SBRUN;
}

/* What it gets goes on to its payload. Before the start, and after a failed payload's end, there is none. */
static bool init_hands_on(struct state_dir *sd, const struct state *st)
{
	enum status now = st->has_init ? state_status(sd, st) : STATUS_STOPPED;

	return now == STATUS_RUNNING || now == STATUS_PAUSED;
}

/* STOP would stop an init, its limits of time with it, and not the payload: it is told to hand it on. */
static int signal_first(int pidfd, int sig, bool hands_on)
{
	siginfo_t word = { .si_signo = END_LET_GO, .si_code = SI_QUEUE };
	bool tell = sig == SIGSTOP && hands_on;

	word.si_int = INIT_HANDS_ON_STOP;
	return pidfd_send_signal(pidfd, tell ? END_LET_GO : sig, tell ? &word : NULL, 0) < 0 ? -errno : 0;
}

/*
 * To each once: an init hands on what it gets, and so gets none of what everybody gets. Unless it is alone,
 * its payload not yet there, or somebody could not be reached: it may do what we may not.
 */
static int signal_all(struct call *c, const struct state *st, int pidfd, int sig, bool hands_on)
{
	enum pid_ns_rank rank = pid_ns_rank(st->init.pid);
	int r;

	if (rank != PID_NS_FIRST && st->cgroup.n && sig == SIGKILL)
		return cgroup_kill(&st->cgroup);
	if (rank != PID_NS_FIRST && st->cgroup.n) {
		r = cgroup_signal(&st->cgroup, sig, hands_on ? st->init.pid : 0);
		return r < 0 && hands_on ? signal_first(pidfd, sig, true) : r;
	}
	if (rank != PID_NS_FIRST)
		diag_warning(c->dg,
			     "\"%s\" has neither a pid namespace nor a cgroup of its own: --all reaches its first process only",
			     st->id);
	/* With the first process of a pid namespace the kernel kills all the others. */
	if (rank != PID_NS_FIRST || sig == SIGKILL)
		return signal_first(pidfd, sig, hands_on);
	r = signal_members(st->init.pid, pidfd, !hands_on, sig);
	return r < 0 && hands_on ? signal_first(pidfd, sig, true) : r;
}

static int run(struct call *c, void *opts)
{
	const struct kill_opts *o = opts;
	const char *id = c->words[0], *name = c->n_words > 1 ? c->words[1] : "TERM";
	int sig = signal_number(name), r;
	struct state_dir sd = STATE_DIR_NONE;
	CLEANUP_FD pidfd = -1;
	struct state st;
	bool hands_on;

	if (sig < 0) {
		diag_error(c->dg, "there is no signal \"%s\"", name)->hint =
			"give a number up to 64 or a name such as KILL, SIGTERM or RTMIN+1";
		return EXIT_SBRUN;
	}
	if (command_open(c, id, &sd, &st) < 0)
		return EXIT_SBRUN;
	hands_on = init_hands_on(&sd, &st);
	pidfd = state_making(&sd, &st) ? -ESRCH : state_init(&st, c->dg);
	state_close(&sd);
	if (pidfd < 0 && pidfd != -ESRCH)
		return EXIT_SBRUN;
	if (pidfd < 0 || pidfd_ended(pidfd)) { /* without a pid namespace others may still be there */
		if (o->all && st.cgroup.n && cgroup_signal(&st.cgroup, sig, 0) == 0)
			return 0;
		return not_running(c, id);
	}
	r = o->all ? signal_all(c, &st, pidfd, sig, hands_on) : signal_first(pidfd, sig, hands_on);
	if (r == 0 && sig == SIGKILL) {
		if (cgroup_frozen(&st.cgroup))
			cgroup_freeze(&st.cgroup, false);
		cgroup_let_die(&st.cgroup);
	}
	if (r == -ESRCH)
		return not_running(c, id);
	if (r < 0) {
		diag_errno(c->dg, -r, "pidfd_send_signal", NULL, "cannot send signal %s to container \"%s\"",
			   name, id);
		return EXIT_SBRUN;
	}
	return 0;
}

/* clang-format off */
static const struct opt options[] = {
	{ "all", 'a', OPT_SWITCH, NULL, offsetof(struct kill_opts, all), "to every process in it", 0, NULL },
	{ 0 },
};
/* clang-format on */

const struct command cmd_kill = {
	.name = "kill",
	.usage = "[OPTION]... ID [SIGNAL]",
	.summary = "send a signal (TERM) to a sandbox",
	.options = options,
	.opts_size = sizeof(struct kill_opts),
	.min_words = 1,
	.max_words = 2,
	.wants = "a container ID and, if not TERM, a signal",
	.run = run,
};
