/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <time.h>

#include "../spec/diag.h"
#include "end.h"
#include "fd.h"
#include "notify.h"
#include "output.h"
#include "procid.h"
#include "pump.h"
#include "terminal.h"

/*
 * Handed on, beside the real-time ones. Not those of job control (TSTP, TTIN, TTOU), which are
 * meant for the program in the foreground, us; nor those by which the kernel tells us of our
 * own faults.
 */
static const int handed_on[] = {
	SIGHUP,  SIGINT,  SIGQUIT,   SIGABRT, SIGUSR1,  SIGUSR2, SIGALRM, SIGVTALRM,
	SIGPROF, SIGTERM, SIGSTKFLT, SIGCONT, SIGWINCH, SIGIO,   SIGPWR,  SIGURG,
};

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(handed_on) / sizeof(handed_on[0]); i++)
		sigaddset(set, handed_on[i]);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		sigaddset(set, sig);
	/* Blocked, not handed on: what they tell of is an error of write(2), no reason to die. */
	sigaddset(set, SIGPIPE);
	sigaddset(set, SIGXFSZ);
}

int relay_init(struct relay *r, struct diags *dg)
{
	sigset_t set;

	*r = (struct relay){ .signal_fd = -1, .master = -1, .held = -1, .record = -1 };
	signal_set(&set);
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->signal_fd < 0) {
		diag_errno(dg, errno, "signalfd", NULL, "cannot take over signals");
		return -1;
	}
	sigprocmask(SIG_BLOCK, &set, &r->old_mask);
	return 0;
}

/*
 * A signal that came after the end was meant for the payload too. Left pending it would kill
 * us when the mask is taken off, before the sandbox is cleaned up.
 */
void relay_finish(struct relay *r)
{
	struct signalfd_siginfo si;

	if (r->have_tty_state)
		terminal_restore(STDIN_FILENO, &r->tty_state);
	r->have_tty_state = 0;
	if (r->signal_fd < 0)
		return;
	while (read(r->signal_fd, &si, sizeof(si)) > 0)
		;
	fd_close(&r->signal_fd);
	sigprocmask(SIG_SETMASK, &r->old_mask, NULL);
}

static void make_raw(struct relay *r)
{
	struct termios now;

	if (r->have_tty_state)
		terminal_raw(STDIN_FILENO, &now); /* the shell had it while we were stopped */
	else
		r->have_tty_state = terminal_raw(STDIN_FILENO, &r->tty_state);
}

static void hand_on(struct relay *r, int pidfd)
{
	struct signalfd_siginfo si;

	while (read(r->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGPIPE || sig == SIGXFSZ)
			continue;
		if (r->master >= 0 && sig == SIGWINCH) {
			terminal_copy_size(STDIN_FILENO, r->master);
			continue;
		}
		if (r->master >= 0 && sig == SIGCONT)
			make_raw(r);
		pidfd_send_signal(pidfd, sig, NULL, 0); /* gone: then its end is what comes next */
	}
}

/* The init lets go of it in any case: what comes of it stands in the record. */
static void see_if_kept(struct relay *r, int *status)
{
	struct ended e;

	r->held = -1;
	end_read(r->record, false, &e);
	r->kept = e.kept;
	if (e.kept)
		*status = e.code;
}

enum { PID, SIGNAL, NOTIFY, HELD, OUTPUT, PUMP = OUTPUT + OUTPUT_STREAMS };

static void prepare(const struct relay *r, int pidfd, struct pump *pump, struct pollfd fds[PUMP + PUMP_FDS])
{
	fds[PID] = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	fds[SIGNAL] = (struct pollfd){ .fd = r->signal_fd, .events = POLLIN };
	fds[NOTIFY] = (struct pollfd){ .fd = r->notify ? r->notify->inside : -1, .events = POLLIN };
	fds[HELD] = (struct pollfd){ .fd = r->held };
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		fds[OUTPUT + i] = (struct pollfd){ .fd = -1 };
	if (r->output)
		output_prepare(r->output, fds + OUTPUT);
	if (pump)
		pump_prepare(pump, fds + PUMP);
}

/* Until the process has ended, or is done though it stays. -1: poll failed. */
static int serve(struct relay *r, int pidfd, struct pump *pump, int *status, struct diags *dg)
{
	struct pollfd fds[PUMP + PUMP_FDS];

	for (;;) {
		prepare(r, pidfd, pump, fds);
		if (poll(fds, pump ? PUMP + PUMP_FDS : PUMP, pump ? pump_timeout(pump) : -1) < 0) {
			if (errno != EINTR && errno != ENOMEM)
				return -1;
			if (errno == ENOMEM) /* for a moment: nobody else would wait for the process */
				nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
			continue;
		}
		if (fds[SIGNAL].revents)
			hand_on(r, pidfd);
		/* we are the main process: it is us who end with the payload's status */
		if (fds[NOTIFY].revents)
			notify_serve(r->notify, getpid(), dg);
		if (r->output)
			output_serve(r->output, fds + OUTPUT);
		if (pump)
			pump_serve(pump, fds + PUMP);
		if (fds[HELD].revents)
			see_if_kept(r, status);
		if (fds[PID].revents || r->kept)
			return 0;
	}
}

static int reap(int pidfd, int *status, struct rusage *usage, struct diags *dg)
{
	int r = pidfd_reap(pidfd, status, usage);

	if (r < 0)
		diag_errno(dg, -r, "waitid", NULL, "cannot learn how the process ended")->hint =
			r == -EBUSY ? "another process traces it" : NULL;
	return r < 0 ? -1 : 0;
}

void relay_size(int master)
{
	if (!terminal_has_size(master))
		terminal_copy_size(STDIN_FILENO, master);
}

int relay_wait(struct relay *r, int pidfd, int master, int *status, struct diags *dg)
{
	struct pump pump;

	r->master = master;
	if (master >= 0) {
		make_raw(r);
		relay_size(master);
		pump_init(&pump, STDIN_FILENO, master, STDOUT_FILENO);
	}
	if (serve(r, pidfd, master >= 0 ? &pump : NULL, status, dg) < 0) {
		diag_errno(dg, errno, "poll", NULL, "cannot wait for the process");
		return -1;
	}
	if (master >= 0)
		pump_drain(&pump, r->signal_fd);
	if (r->output)
		output_drain(r->output, dg);
	return r->kept ? 0 : reap(pidfd, status, &r->usage, dg);
}
