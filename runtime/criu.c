/* SPDX-License-Identifier: Apache-2.0 */
#include "criu.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "criu_log.h"
#include "fd.h"
#include "progress.h"
#include "relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Fields of criu_req, criu_resp, criu_notify and criu_restore_resp. */
enum { REQ_TYPE = 1, REQ_OPTS = 2, REQ_NOTIFY_SUCCESS = 3 };
enum { RESP_TYPE = 1, RESP_SUCCESS = 2, RESP_RESTORE = 4, RESP_NOTIFY = 5, RESP_ERRMSG = 9 };
enum { NOTIFY_SCRIPT = 1, NOTIFY_PID = 2, RESTORE_PID = 1 };
enum { TYPE_NOTIFY = 6 };

/* criu's descriptors. */
enum { RPC_FD = 3, IMAGES_FD, WORK_FD };
enum { LOG_LEVEL = 4, MESSAGE_MAX = 64 * 1024, EXIT_NO_EXEC = 127, EXIT_NO_ROOT = 126, EXIT_NO_FDS = 125 };

/* ---- the program ---- */

const char *criu_in_path(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? name : NULL;
	for (const char *p = path && *path ? path : "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin"; *p;) {
		size_t n = strcspn(p, ":");
		const char *file = arena_printf(a, "%.*s/%s", (int)n, p, name);

		if (n && access(file, X_OK) == 0)
			return file;
		p += n + (p[n] == ':');
	}
	return NULL;
}

const char *criu_find(struct arena *a, const char *asked, struct diags *dg)
{
	const char *name = asked ? asked : "criu", *found = criu_in_path(a, name);

	if (!found)
		diag_error(dg,
			   strchr(name, '/') ? "the program \"%s\" is not there, or not executable"
					     : "the program \"%s\" is not in PATH",
			   name)
			->hint = "install it (apt install criu), or name it: sbrun --criu FILE COMMAND";
	return found;
}

/* ---- descriptors in messages ---- */

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

static ssize_t receive(int sock, void *buf, size_t size, int *fd)
{
	union control control;
	struct iovec iov = { buf, size };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof control.buf };
	struct cmsghdr *m;
	ssize_t n;

	*fd = -1;
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	m = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	if (m && m->cmsg_level == SOL_SOCKET && m->cmsg_type == SCM_RIGHTS &&
	    m->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(m), sizeof(int));
	return n;
}

/* ---- starting it ---- */

/* Below a root that is no mount criu could not tell what belongs to the sandbox. */
static int bind_root(const char *root)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    mount(NULL, root, NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	return 0;
}

/* To `to`, open over an exec. Everything else of ours is O_CLOEXEC. */
static int place(int from, int to)
{
	return from == to ? fcntl(to, F_SETFD, 0) : dup2(from, to);
}

/* Above all numbers that are given away, so that none is overwritten before it has its place. */
static int out_of_the_way(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, CRIU_FIRST_FD + CRIU_MAX_FDS);
}

static int open_directory(const char *path)
{
	CLEANUP_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : out_of_the_way(fd);
}

/*
 * criu opens the directories by /proc/PID/fd of whoever made the socket, and mounts in one of them. So both
 * must be of its own mount namespace: it is criu's process that makes the socket and opens them.
 */
static int take_places(const struct criu *c, int parent, struct diags *dg)
{
	int high[CRIU_MAX_FDS], pair[2];

	for (unsigned i = 0; i < c->n_fds; i++)
		if ((high[i] = out_of_the_way(c->fds[i])) < 0)
			return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
	    (pair[0] = out_of_the_way(pair[0])) < 0 || (parent = out_of_the_way(parent)) < 0)
		return -1;
	/* the kernel takes a copy; the other side's own is closed by the exec */
	if (console_socket_send(parent, pair[1], "criu", dg) < 0 || place(pair[0], RPC_FD) < 0 ||
	    place(open_directory(c->images), IMAGES_FD) < 0 || place(open_directory(c->work), WORK_FD) < 0)
		return -1;
	for (unsigned i = 0; i < c->n_fds; i++)
		if (place(high[i], CRIU_FIRST_FD + (int)i) < 0)
			return -1;
	return 0;
}

static _Noreturn void become(const struct criu *c, int parent, struct diags *dg)
{
	char number[16];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A Ctrl-C would leave what it is working on half done. */
	if (!c->shell_job)
		setpgid(0, 0);
	if (c->root && bind_root(c->root) < 0)
		_exit(EXIT_NO_ROOT);
	if (c->cgroup_ns && unshare(CLONE_NEWCGROUP) < 0)
		_exit(EXIT_NO_FDS);
	if (take_places(c, parent, dg) < 0)
		_exit(EXIT_NO_FDS);
	snprintf(number, sizeof number, "%d", RPC_FD);
	execl(c->program, c->program, "swrk", number, (char *)NULL);
	_exit(EXIT_NO_EXEC);
}

/* The pid, and the socket to it; *sock -1: it has ended on the way. */
static pid_t start(const struct criu *c, int *sock, struct diags *dg)
{
	int pair[2];
	char byte;
	pid_t pid;

	if (c->n_fds > CRIU_MAX_FDS) {
		diag_error(dg, "%u descriptors are too many for criu", c->n_fds);
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		diag_errno(dg, errno, "socketpair", NULL, "can't talk to criu");
		return -1;
	}
	pid = fork();
	if (pid == 0)
		become(c, pair[1], dg);
	close(pair[1]);
	if (pid < 0)
		diag_errno(dg, errno, "fork", c->program, "can't start criu");
	else
		receive(pair[0], &byte, 1, sock);
	close(pair[0]);
	return pid;
}

/* ---- messages ---- */

static int tell(int sock, const struct wire *w)
{
	ssize_t n;

	do {
		n = send(sock, w->v, w->n, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)w->n ? 0 : -1;
}

struct reply {
	unsigned type;
	bool success;
	const char *script, *errmsg;
	pid_t pid;
};

static void read_notify(struct arena *a, const struct wire_field *f, struct reply *out)
{
	struct wire_in in = { f->bytes, f->bytes + f->n };
	struct wire_field v;

	while (wire_next(&in, &v)) {
		if (v.field == NOTIFY_SCRIPT)
			out->script = wire_string(a, &v);
		else if (v.field == NOTIFY_PID)
			out->pid = (pid_t)v.number;
	}
}

static void read_restore(const struct wire_field *f, struct reply *out)
{
	struct wire_in in = { f->bytes, f->bytes + f->n };
	struct wire_field v;

	while (wire_next(&in, &v))
		if (v.field == RESTORE_PID)
			out->pid = (pid_t)v.number;
}

static void read_reply(struct arena *a, const unsigned char *bytes, size_t n, struct reply *out)
{
	struct wire_in in = { bytes, bytes + n };
	struct wire_field f;

	*out = (struct reply){ .script = "" };
	while (wire_next(&in, &f))
		switch (f.field) {
		case RESP_TYPE: out->type = (unsigned)f.number; break;
		case RESP_SUCCESS: out->success = f.number != 0; break;
		case RESP_NOTIFY:
			if (f.bytes)
				read_notify(a, &f, out);
			break;
		case RESP_RESTORE:
			if (f.bytes)
				read_restore(&f, out);
			break;
		case RESP_ERRMSG: out->errmsg = wire_string(a, &f); break;
		default: break;
		}
}

/* One message, with at most one descriptor. 1; 0: it is gone. */
static int hear(struct arena *a, int sock, struct reply *out, int *fd)
{
	unsigned char *bytes = arena_alloc(a, MESSAGE_MAX);
	struct pollfd p = { .fd = sock, .events = POLLIN };
	ssize_t n;

	while (poll(&p, 1, progress_timeout(-1)) == 0)
		progress_note(NULL);
	n = receive(sock, bytes, MESSAGE_MAX, fd);
	if (n <= 0)
		return 0;
	read_reply(a, bytes, (size_t)n, out);
	return 1;
}

static int answer(struct criu *c, int sock, const struct reply *r, int *fd, struct diags *dg)
{
	struct wire w = { .a = c->a };
	int held;

	/* hooks may write to the same terminal, and what was restored goes on behind the last of these */
	if (!strcmp(r->script, "post-restore"))
		progress_end();
	progress_hide();
	held = c->notify ? c->notify(c, r->script, r->pid, fd, dg) : 0;

	fd_close(fd);
	wire_number(&w, REQ_TYPE, TYPE_NOTIFY);
	wire_number(&w, REQ_NOTIFY_SUCCESS, held == 0);
	return tell(sock, &w);
}

/* Until the one reply that is no question: 0 and *r, or -1: criu ended without it. */
static int converse(struct criu *c, int sock, struct reply *r, struct diags *dg)
{
	int fd;

	while (hear(c->a, sock, r, &fd)) {
		if (r->type != TYPE_NOTIFY) {
			fd_close(&fd);
			return 0;
		}
		if (answer(c, sock, r, &fd, dg) < 0)
			return -1;
	}
	return -1;
}

static int ended(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int failed(const struct criu *c, const char *errmsg, int status, struct diags *dg)
{
	const char *cause = criu_log_cause(c->a, c->work_fd, c->log);
	struct diag *d;

	if (!cause && status == EXIT_NO_EXEC)
		cause = "it can't be executed";
	else if (!cause && status == EXIT_NO_ROOT)
		cause = arena_printf(c->a, "the root \"%s\" can't be mounted for it", c->root);
	else if (!cause && status == EXIT_NO_FDS)
		cause = "its directories can't be opened, or its cgroup namespace not be made";
	else if (!cause && errmsg)
		cause = errmsg;
	else if (!cause)
		cause = arena_printf(c->a, "it ended with status %d and left no reason", status);
	d = diag_error(dg, "criu can't %s container \"%s\": %s", c->verb, c->id, cause);
	d->call = "criu";
	d->hint = criu_log_hint(c->a, cause, c->work, c->log);
	return -1;
}

int criu_call(struct criu *c, enum criu_type type, struct wire *opts, struct diags *dg)
{
	struct wire req = { .a = c->a };
	unsigned errors = dg->errors;
	struct reply r = { 0 };
	int sock = -1, heard, status;
	pid_t pid;

	wire_number(opts, CRIU_LOG_LEVEL, LOG_LEVEL);
	wire_text(opts, CRIU_LOG_FILE, c->log);
	wire_number(opts, CRIU_IMAGES_DIR_FD, IMAGES_FD);
	wire_number(opts, CRIU_WORK_DIR_FD, WORK_FD);
	wire_number(opts, CRIU_NOTIFY_SCRIPTS, 1);
	wire_number(&req, REQ_TYPE, type);
	wire_message(&req, REQ_OPTS, opts);
	/* An old log's errors are none of this run. */
	unlinkat(c->work_fd, c->log, 0);
	if ((pid = start(c, &sock, dg)) < 0)
		return -1;
	progress_begin("criu: %s %s", c->verb, c->id);
	heard = sock >= 0 && tell(sock, &req) == 0 ? converse(c, sock, &r, dg) : -1;
	progress_end();
	fd_close(&sock);
	status = ended(pid);
	if (dg->errors > errors) /* by whom it asked */
		return -1;
	if (heard < 0 || !r.success || r.type != (unsigned)type)
		return failed(c, r.errmsg, status, dg);
	c->restored = r.pid;
	return 0;
}
