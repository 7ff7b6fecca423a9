/* SPDX-License-Identifier: Apache-2.0 */
/* Hearing what stage-2 says: struct plan_msg with descriptors, and what it left in its verdict. */
#ifndef SBRUN_RUNTIME_MESSAGE_H
#define SBRUN_RUNTIME_MESSAGE_H

#include "plan.h"

#include <stdbool.h>

enum { MESSAGE_FDS = 2, MESSAGE_PATIENCE_S = 1 };

/* A connection: pair[0] is the runtime's end. 0, or -1 with errno. */
int message_socket(int pair[2]);

/*
 * 1 with a message, its descriptors (-1: none) the caller's; 0: the connection ended, with errno ECONNRESET
 * when what was sent there last had not been read; -1: errno.
 * EINTR: nothing came for MESSAGE_PATIENCE_S and a blocked HUP, INT, QUIT or TERM is pending.
 */
int message_receive(int sock, struct plan_msg *m, int fds[MESSAGE_FDS]);

/*
 * Whoever shares a pid namespace with the sender may stop or trace it, so that it never speaks again. We hold
 * the signals that would end us, to clean up first: once we have waited for MESSAGE_PATIENCE_S, they count.
 */
bool message_asked_to_end(void);

/*
 * One byte of enum REPLY_*. 0, or -1 with errno: then the other side sees the connection's end, so that
 * it does not wait for an answer that never comes.
 */
int message_reply(int sock, char byte);

/* Whether the process behind a verdict (a memfd, -1: there is none) has left a failure: it is in m then. */
int verdict_failure(int verdict, struct plan_msg *m);

#endif
