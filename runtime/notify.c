/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "args.h"
#include "fd.h"
#include "state_files.h"
#include "unix_socket.h"

#define VARIABLE "NOTIFY_SOCKET="

enum {
	LONGEST_MESSAGE = 4096, /* as systemd has it */
	AT_ONCE = 16,           /* messages, before others have their turn */
	BARRIER_MS = 30 * 1000,
};

int notify_caller(const char **sock, struct diags *dg)
{
	const char *s = getenv("NOTIFY_SOCKET");

	*sock = s && *s ? s : NULL;
	if (!*sock || *s == '/' || (*s == '@' && s[1]))
		return 0;
	diag_error(dg, "NOTIFY_SOCKET in the environment is \"%s\", neither an absolute path nor @NAME", s)->hint =
		"unset it, and nobody is told when the payload is ready";
	return -1;
}

bool notify_wanted(const struct spec *s, const char *sock)
{
	if (!sock)
		return false;
	for (size_t i = 0; i < s->process->env.n; i++)
		if (!strncmp(s->process->env.v[i], VARIABLE, strlen(VARIABLE)))
			return false;
	return true;
}

void notify_give(struct arena *a, struct spec *s)
{
	struct str_list env = { 0 };

	for (size_t i = 0; i < s->process->env.n; i++)
		str_list_add(a, &env, s->process->env.v[i]);
	str_list_add(a, &env, VARIABLE NOTIFY_INSIDE "/" NOTIFY_FILE);
	s->process->env = env;
}

const char *notify_source(struct arena *a, const char *root, const char *id)
{
	char here[PATH_MAX];

	if (*root == '/' || !getcwd(here, sizeof here))
		return arena_printf(a, "%s/%s/" NOTIFY_DIR, root, id);
	return arena_printf(a, "%s/%s/%s/" NOTIFY_DIR, here, root, id);
}

/* ---- opening ---- */

static struct diag *not_told(int err, const char *call, struct diags *dg)
{
	struct diag *d = diag_warning(dg, "NOTIFY_SOCKET can't be reached: nobody is told when the payload is ready");

	d->err = err;
	d->call = call;
	return d;
}

int notify_open(struct notify *n, struct state_dir *sd, const char *sock, struct diags *dg)
{
	CLEANUP_FD outside = -1;

	*n = (struct notify)NOTIFY_NONE;
	if (!sock)
		return 0;
	outside = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	n->inside = notify_dir_bind(sd, dg);
	if (n->inside < 0)
		return n->inside == -ENOENT ? 0 : -1;
	if (outside < 0 || unix_connect(outside, sock) < 0) {
		not_told(errno, "connect", dg)->path = arena_strdup(dg->arena, sock);
		fd_close(&n->inside);
		return 0;
	}
	n->outside = fd_take(&outside);
	return 0;
}

void notify_close(struct notify *n)
{
	fd_close(&n->inside);
	fd_close(&n->outside);
}

/* ---- what comes out of the sandbox ---- */

static bool has_ready(const char *text)
{
	for (const char *end; *text; text = end + (*end == '\n')) {
		end = strchrnul(text, '\n');
		if (end - text == 7 && !memcmp(text, "READY=1", 7))
			return true;
	}
	return false;
}

/*
 * Descriptors that come along are closed by the kernel, since there is no room for them; whoever waits behind
 * a barrier is answered by that. What is longer than a message can be was cut, and says nothing.
 */
static bool hear(const struct notify *n)
{
	char text[LONGEST_MESSAGE + 1];

	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t got = recv(n->inside, text, sizeof(text), MSG_DONTWAIT);

		if (got < 0)
			return false;
		if (got > LONGEST_MESSAGE)
			continue;
		text[got] = '\0';
		if (has_ready(text))
			return true;
	}
	return false;
}

/* ---- what the caller is told ---- */

/* A message and, with fd >= 0, a descriptor. */
static int say(const struct notify *n, const char *text, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { .buf = { 0 } };
	struct iovec iov = { .iov_base = (char *)text, .iov_len = strlen(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(int));
	}
	while (sendmsg(n->outside, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

static void tell(struct notify *n, pid_t main_pid, struct diags *dg)
{
	char text[40];

	n->told = true;
	snprintf(text, sizeof text, "MAINPID=%d\n", main_pid);
	if (say(n, "READY=1\n", -1) < 0 || say(n, text, -1) < 0)
		not_told(errno, "sendmsg", dg);
}

/* systemd looks a sender up by its pid, so we stay until it has: sd_notify_barrier(3). */
static void barrier(const struct notify *n, struct diags *dg)
{
	struct pollfd p = { .events = POLLHUP };
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	r = say(n, "BARRIER=1", ends[1]);
	close(ends[1]);
	p.fd = ends[0];
	while (r == 0 && (r = poll(&p, 1, BARRIER_MS)) < 0 && errno == EINTR)
		r = 0;
	if (r == 0)
		diag_warning(dg, "whoever listens at NOTIFY_SOCKET does not answer BARRIER=1 in %d s",
			     BARRIER_MS / 1000);
	close(ends[0]);
}

void notify_serve(struct notify *n, pid_t main_pid, struct diags *dg)
{
	if (hear(n) && !n->told)
		tell(n, main_pid, dg);
}

void notify_wait(struct notify *n, int pidfd, pid_t main_pid, struct diags *dg)
{
	struct pollfd p[] = { { .fd = n->inside, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };

	if (n->inside < 0)
		return;
	while (!n->told) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents)
			notify_serve(n, main_pid, dg);
		else if (p[1].revents)
			break;
	}
	if (n->told)
		barrier(n, dg);
	else
		diag_warning(dg, "the payload ended without READY=1 to NOTIFY_SOCKET");
}
