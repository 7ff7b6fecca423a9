/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The foreground side of run and exec: waits for the sandbox's process, hands on signals,
 * and, with a terminal, carries bytes between the caller's stdio and the pty's master.
 */
#ifndef SBRUN_RUNTIME_RELAY_H
#define SBRUN_RUNTIME_RELAY_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <termios.h>

struct diags;
struct notify;
struct output;

/*
 * Block the signals that are handed on. Call before the child is made, so that none is lost;
 * the mask of before is kept for relay_restore and for the child (the executor starts with an
 * empty mask by itself).
 */
struct relay {
	int signal_fd; /* -1: not begun, or finished */
	int master;
	int have_tty_state;
	struct notify *notify; /* borrowed: also listened to meanwhile; NULL: none */
	sigset_t old_mask;
	/* Where the init of a failed payload stays: it lets go of one and says so in the other; else -1 */
	int held, record;
	bool kept;
	struct output *output; /* to be carried meanwhile; NULL: none */
	struct rusage usage; /* after relay_wait: of the process, with all that it had reaped */
	struct termios tty_state; /* standard input's, when have_tty_state */
};
int relay_init(struct relay *r, struct diags *dg);

/* The pty gets the size of our terminal, unless it has one (process.consoleSize). */
void relay_size(int master);

/*
 * Wait until the process of pidfd, our own child, has ended. master is the pty's master or -1;
 * the caller's terminal, when stdin is one, is put into raw mode meanwhile and its size handed
 * on at SIGWINCH. Signals (all that can be caught and make sense: HUP INT QUIT USR1 USR2 ALRM
 * TERM CONT WINCH, real-time ones ...) go to the process by pidfd_send_signal. After the end the
 * pty is drained. Returns 0 and *status as of waitid(2): the exit code, or 128 + signal.
 */
int relay_wait(struct relay *r, int pidfd, int master, int *status, struct diags *dg);

/* Terminal and signal mask as before; safe to call twice. */
void relay_finish(struct relay *r);

/* Send the master over --console-socket (terminal.md of runc, PEERS: one message, one fd). */
int console_socket_connect(const char *path, struct diags *dg); /* fd, or -1 with an error */
int console_socket_send(int sock, int master, const char *name, struct diags *dg);

#endif
