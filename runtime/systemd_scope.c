/* SPDX-License-Identifier: Apache-2.0 */
#include "systemd_scope.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "procid.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#ifndef SBRUN_LIBEXECDIR /* the Makefile gives it */
#define SBRUN_LIBEXECDIR "/usr/local/libexec/sbrun"
#endif

const char *systemd_helper;
unsigned systemd_timeout_s = SYSTEMD_TIMEOUT_S;

/* One run of the helper. */
struct run {
	struct diags *dg;
	const char *unit;
	bool user;
	pid_t pid;
	int pidfd, in, out, err; /* our ends */
	int64_t deadline;        /* ms */
};
#define RUN(u, is_user, d) \
	{ .dg = (d), .unit = (u), .user = (is_user), .pidfd = -1, .in = -1, .out = -1, .err = -1 }

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int ms_left(const struct run *r)
{
	int64_t left = r->deadline - now_ms();

	return left > 0 ? (int)left : 0;
}

/* ---- what went wrong ---- */

static const struct { const char *name, *hint; } hints[] = {
	{ "org.freedesktop.systemd1.UnitExists",
	  "a unit of that name is there: choose another name in linux.cgroupsPath, or end it with systemctl stop" },
	{ "org.freedesktop.DBus.Error.PropertyReadOnly",
	  "this host's systemd has no such property of scopes (systemctl --version)" },
	{ "org.freedesktop.DBus.Error.AccessDenied",
	  "an ordinary user's units are made by their own manager, not by the host's" },
	{ "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
	  "an ordinary user's units are made by their own manager, not by the host's" },
	{ "sbrun.Timeout", "systemctl list-jobs shows what systemd waits for" },
};

static const char *hint_for(const struct run *r, const char *words)
{
	if (!strncmp(words, "sbrun.NoManager:", 16))
		return r->user ? "the user's systemd must run (\"loginctl enable-linger USER\" keeps it without a login) "
				 "and XDG_RUNTIME_DIR name its directory; or use --cgroup-manager cgroupfs"
			       : "where systemd is not the init, use --cgroup-manager cgroupfs";
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		size_t n = strlen(hints[i].name);

		if (!strncmp(words, hints[i].name, n) && words[n] == ':')
			return hints[i].hint;
	}
	return NULL;
}

static int failed(const struct run *r, const char *words)
{
	diag_error(r->dg, "systemd does not do what is asked of it for the unit \"%s\": %s", r->unit,
		   *words ? words : "sbrun-systemd ended without a reason")
		->hint = hint_for(r, words);
	return -1;
}

/* ---- starting it ---- */

/* The program beside ours; NULL when there is none. */
static const char *beside(struct arena *a)
{
	char *self = realpath("/proc/self/exe", NULL), *slash = self ? strrchr(self, '/') : NULL;
	const char *path = slash ? arena_printf(a, "%.*s/sbrun-systemd", (int)(slash - self), self) : NULL;

	free(self);
	return path && access(path, X_OK) == 0 ? path : NULL;
}

static const char installed[] = SBRUN_LIBEXECDIR "/sbrun-systemd";

const char *systemd_helper_path(struct arena *a)
{
	return systemd_helper ? systemd_helper : access(installed, X_OK) == 0 ? installed : beside(a);
}

static const char *find_helper(struct diags *dg)
{
	const char *path = systemd_helper_path(dg->arena);

	if (!path)
		diag_errno(dg, ENOENT, "access", installed, "can't find the program that talks to systemd")->hint =
			"it is built where the development files of libsystemd are (libsystemd-dev) and installed by "
			"\"make install\"; or use --cgroup-manager cgroupfs";
	return path;
}

/* The user's manager is found by these two; the host's is where it is. */
static char **environment(struct arena *a, bool user)
{
	static const char *const names[] = { "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR" };
	char **env = arena_array(a, 3, sizeof *env);
	size_t n = 0;

	for (size_t i = 0; i < 2 && user; i++)
		if (getenv(names[i]))
			env[n++] = arena_printf(a, "%s=%s", names[i], getenv(names[i]));
	return env;
}

/* A session of its own, so that no key at our terminal ends it between two steps. */
static int spawn(pid_t *pid, char **argv, char **env, int in, int out, int err)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_adddup2(&fa, err, 2);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	r = posix_spawn(pid, argv[0], &fa, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return r;
}

/* HELPER COMMAND [--user] ARGUMENT... */
static char **arguments(struct arena *a, const char *helper, bool user, const char *const *words)
{
	char **argv = arena_array(a, 8, sizeof *argv);
	size_t n = 0;

	argv[n++] = (char *)helper;
	argv[n++] = (char *)*words++;
	if (user)
		argv[n++] = "--user";
	while (*words && n < 7)
		argv[n++] = (char *)*words++;
	return argv;
}

/* words: command, arguments, NULL. Its standard input is a socket: when it is gone, writing is no signal. */
static int run(struct run *r, const char *const *words)
{
	struct arena *a = r->dg->arena;
	const char *helper = find_helper(r->dg);
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 }, e;

	if (!helper)
		return -1;
	r->deadline = now_ms() + systemd_timeout_s * 1000LL;
	e = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
			    pipe2(err, O_CLOEXEC) < 0
		    ? errno
		    : spawn(&r->pid, arguments(a, helper, r->user, words), environment(a, r->user), in[1],
			    out[1], err[1]);
	r->in = in[0];
	r->out = out[0];
	r->err = err[0];
	fd_close(&in[1]);
	fd_close(&out[1]);
	fd_close(&err[1]);
	fcntl(r->err, F_SETFL, O_NONBLOCK); /* it is read when the helper has ended, whoever else holds it */
	if (e) {
		r->pid = 0;
		diag_errno(r->dg, e, "posix_spawn", helper, "can't run the program that talks to systemd");
		return -1;
	}
	r->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	return 0;
}

/* ---- ending it ---- */

/* Our child is not another's pid until it is reaped here. Its wait status; -1: it had to be killed. */
static int reap(pid_t pid, int *pidfd, int timeout_ms)
{
	bool over = *pidfd >= 0 && pidfd_wait(*pidfd, timeout_ms) == 0;
	int status = -1;

	if (!over)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	fd_close(pidfd);
	return over ? status : -1;
}

/* What it says on stderr: a line, by its contract. */
static const char *read_words(const struct run *r)
{
	char buf[2048];
	size_t n = 0;
	ssize_t got;

	while (n < sizeof buf - 1 && ((got = read(r->err, buf + n, sizeof buf - 1 - n)) > 0 ||
				      (got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	while (n && buf[n - 1] == '\n')
		n--;
	buf[n] = 0;
	return arena_strdup(r->dg->arena, buf);
}

static void close_all(struct run *r)
{
	fd_close(&r->in);
	fd_close(&r->out);
	fd_close(&r->err);
	fd_close(&r->pidfd);
}

/* Until it ends by itself: 0, or -1 with its reason. Everything is closed. */
static int finish(struct run *r)
{
	int status, result = 0;

	if (r->pid > 0) {
		fd_close(&r->in);
		status = reap(r->pid, &r->pidfd, ms_left(r));
		if (status == -1)
			result = failed(r, "sbrun.Timeout: no answer");
		else if (status != 0)
			result = failed(r, read_words(r));
	}
	close_all(r);
	return result;
}

/* ---- talking to it ---- */

static char *properties_text(struct arena *a, const struct property_list *p)
{
	size_t size = 2;
	char *text, *w;

	for (size_t i = 0; i < p->n; i++)
		size += strlen(p->v[i].name) + strlen(p->v[i].type) + strlen(p->v[i].value) + 3;
	w = text = arena_alloc(a, size);
	for (size_t i = 0; i < p->n; i++) {
		w = stpcpy(stpcpy(w, p->v[i].name), " ");
		w = stpcpy(stpcpy(w, p->v[i].type), " ");
		w = stpcpy(stpcpy(w, p->v[i].value), "\n");
	}
	*w = '\n'; /* the empty line; the arena's memory is zero behind it */
	return text;
}

/* A helper that ends before it has read all says why itself: finish() tells. */
static void send_properties(struct run *r, const struct property_list *p)
{
	const char *text = properties_text(r->dg->arena, p);
	size_t left = strlen(text);

	while (left) {
		struct pollfd fd = { .fd = r->in, .events = POLLOUT };
		ssize_t n = send(r->in, text, left, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			text += n;
			left -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (poll(&fd, 1, ms_left(r)) == 0)
				return;
		} else if (errno != EINTR) {
			return;
		}
	}
}

/* The line that it prints when the scope is there; NULL: it ended (the pipe may live on), or is too slow. */
static char *read_path(const struct run *r)
{
	char buf[4096];
	size_t n = 0;

	while (n < sizeof buf - 1) {
		struct pollfd fds[] = { { r->out, POLLIN, 0 }, { r->pidfd, POLLIN, 0 } };
		int ready = poll(fds, 2, ms_left(r));
		ssize_t got = ready > 0 && fds[0].revents ? read(r->out, buf + n, sizeof buf - 1 - n)
							  : ready < 0 ? ready : 0;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return NULL;
		n += (size_t)got;
		if (buf[n - 1] == '\n') {
			buf[n - 1] = 0;
			return *buf == '/' ? arena_strdup(r->dg->arena, buf) : NULL;
		}
	}
	return NULL;
}

int systemd_scope_start(struct arena *a, const struct systemd_unit *u, const struct property_list *p,
			struct systemd_scope *out, struct diags *dg)
{
	const char *words[] = { "start", u->name, u->slice, u->description, NULL };
	struct run r = RUN(u->name, u->user, dg);
	char *path = NULL;

	*out = (struct systemd_scope)SYSTEMD_SCOPE_NONE;
	if (run(&r, words) == 0) {
		send_properties(&r, p);
		path = read_path(&r);
	}
	if (!path) {
		if (finish(&r) == 0 && r.pid > 0)
			failed(&r, "");
		return -1;
	}
	out->path = arena_strdup(a, path);
	out->pid = r.pid;
	out->pidfd = fd_take(&r.pidfd);
	out->hold = fd_take(&r.in);
	close_all(&r);
	return 0;
}

void systemd_scope_release(struct systemd_scope *s)
{
	enum { LEAVING_MS = 5000 };

	fd_close(&s->hold);
	if (s->pid > 0)
		reap(s->pid, &s->pidfd, LEAVING_MS);
	s->pid = 0;
}

int systemd_scope_attach(const char *unit, bool user, pid_t pid, struct diags *dg)
{
	const char *words[] = { "attach", unit, arena_printf(dg->arena, "%d", pid), NULL };
	struct run r = RUN(unit, user, dg);
	int started = run(&r, words), ended = finish(&r);

	return started < 0 ? started : ended;
}

int systemd_scope_set(const char *unit, bool user, const struct property_list *p, struct diags *dg)
{
	const char *words[] = { "set", unit, NULL };
	struct run r = RUN(unit, user, dg);
	int started, ended;

	if (!p->n)
		return 0;
	started = run(&r, words);
	if (started == 0)
		send_properties(&r, p);
	ended = finish(&r);
	return started < 0 ? started : ended;
}

int systemd_scope_stop(const char *unit, bool user, struct diags *dg)
{
	const char *words[] = { "stop", unit, NULL };
	struct run r = RUN(unit, user, dg);
	int started = run(&r, words), ended = finish(&r);

	return started < 0 ? started : ended;
}
