/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: the socket ROOT/ID/gate that a created sandbox's first process waits on. An address
 * of a unix socket holds 108 bytes, a state root may be longer; so it's named through the
 * directory's descriptor, which also says exactly which directory is meant.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "fd.h"
#include "state_files.h"

static struct sockaddr_un gate_address(const struct state_dir *sd)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/" GATE_FILE, sd->fd);
	return sa;
}

static int gate_error(struct state_dir *sd, int err, const char *call, const char *what, struct diags *dg)
{
	diag_errno(dg, err, call, arena_printf(dg->arena, "%s/%s/" GATE_FILE, sd->root, sd->id), "%s", what);
	return -1;
}

int state_gate_listen(struct state_dir *sd, struct diags *dg)
{
	struct sockaddr_un sa = gate_address(sd);
	CLEANUP_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return gate_error(sd, errno, "socket", "cannot make the start gate", dg);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return gate_error(sd, errno, "bind", "cannot make the start gate", dg);
	if (listen(fd, 4) < 0)
		return gate_error(sd, errno, "listen", "cannot make the start gate", dg);
	return fd_take(&fd);
}

int state_gate_connect(struct state_dir *sd, struct diags *dg)
{
	struct sockaddr_un sa = gate_address(sd);
	CLEANUP_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return gate_error(sd, errno, "socket", "cannot reach the start gate", dg);
	while (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == ENOENT) {
			diag_error(dg,
				   "container \"%s\" does not wait to be started: it has been, or it is gone",
				   sd->id);
			return -1;
		}
		if (errno == ECONNREFUSED) {
			diag_error(dg, "the first process of container \"%s\" has ended before the start",
				   sd->id);
			return -1;
		}
		return gate_error(sd, errno, "connect", "cannot reach the start gate", dg);
	}
	return fd_take(&fd);
}

/*
 * Its file alone does not say: a start that was killed, or could not unlink it, has left it behind.
 * Whoever waits
 * there takes a connection that only ends for nothing.
 */
bool state_gate_waits(const struct state_dir *sd)
{
	struct sockaddr_un sa = gate_address(sd);
	CLEANUP_FD fd = -1;
	struct stat st;

	if (fstatat(sd->fd, GATE_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 || errno != ECONNREFUSED;
}

void state_gate_remove(struct state_dir *sd)
{
	unlinkat(sd->fd, GATE_FILE, 0);
}
