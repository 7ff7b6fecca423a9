/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NOTIFY_SOCKET, sd_notify(3): whoever started us may wait to hear that a service is ready. The payload can't
 * reach that socket, and may not: what a sandbox says must not choose the main process of the service, or
 * put descriptors into the manager's store. So it is shown a socket of ours, and what it sends there is
 * answered for by us:
 *
 *   create, run    make the directory ROOT/ID/notify, which the plan binds at /run/notify, read-only; the
 *                  payload's NOTIFY_SOCKET is /run/notify/notify.sock
 *   start, run     bind that socket before the payload is let go, and listen until a message has the line
 *                  "READY=1" or the sandbox ends
 *   then           "READY=1", "MAINPID=PID" and, by one that is about to exit, "BARRIER=1" go to the caller's
 *                  socket, a message each. Nothing else ever does.
 *
 * Each command goes by its own environment, as with runc and crun: a start without NOTIFY_SOCKET does not
 * wait.
 */
#ifndef SBRUN_RUNTIME_NOTIFY_H
#define SBRUN_RUNTIME_NOTIFY_H

#include "../spec/spec.h"
#include "state.h"

#include <sys/types.h>

#define NOTIFY_INSIDE "/run/notify" /* where the sandbox has the directory */
#define NOTIFY_FILE   "notify.sock"

/*
 * NOTIFY_SOCKET of our own environment: a path, or "@" and the name of an abstract socket. NULL in *socket
 * where it is unset or empty; -1 with an error for what is neither.
 */
int notify_caller(const char **socket, struct diags *dg);

/* For a configuration that sets NOTIFY_SOCKET itself nothing is done: it brings a socket of its own. */
bool notify_wanted(const struct spec *s, const char *socket);
/* The payload's NOTIFY_SOCKET. */
void notify_give(struct arena *a, struct spec *s);
/* The absolute path of ROOT/ID/notify. */
const char *notify_source(struct arena *a, const char *root, const char *id);

/* ---- the directory, state.h's ---- */

int notify_dir_make(struct state_dir *sd, struct diags *dg);
/* Bind the socket in it. fd, -ENOENT without an error where there is no directory, or -1 with one. */
int notify_dir_bind(struct state_dir *sd, struct diags *dg);
/* Remove it with whatever a sandbox that could write there has left in it. A missing one is no error. */
int notify_dir_remove(struct state_dir *sd, struct diags *dg);

/* ---- listening ---- */

struct notify {
	int inside;  /* what the payload sends to; -1: nobody listens */
	int outside; /* connected to the caller's */
	bool told;   /* READY=1 has gone out */
};
#define NOTIFY_NONE { .inside = -1, .outside = -1 }

/*
 * Before the payload is let go. 0 also where nobody will listen: socket is NULL, the sandbox was created
 * without, or the caller's socket can't be reached, which is a warning.
 */
int notify_open(struct notify *n, struct state_dir *sd, const char *socket, struct diags *dg);
void notify_close(struct notify *n);

/*
 * Until the payload is ready or the process of pidfd has ended; then tell the caller, with that process as
 * the main one, and wait until the manager has taken it in (at most 30 s). What goes wrong is a warning: the
 * payload runs all the same.
 */
void notify_wait(struct notify *n, int pidfd, pid_t main_pid, struct diags *dg);

/*
 * For one who stays and has other things to poll: take what has come to n->inside. Once the payload is ready
 * the caller is told, with main_pid; what comes later is taken and dropped, so that nobody waits for room.
 */
void notify_serve(struct notify *n, pid_t main_pid, struct diags *dg);

#endif
