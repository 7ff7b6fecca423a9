/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "idmap.h"
#include "ns_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

_Static_assert(sizeof(struct finding) <= 4096, "what one write to a pipe takes in one piece");

/* systemd is waited for by its own clock, which is shorter */
enum { TIMEOUT_MS = 40 * 1000 };

/* ---- findings ---- */

__attribute__((format(printf, 3, 0))) static void put(char *to, size_t size, const char *fmt, va_list ap)
{
	vsnprintf(to, size, fmt, ap);
}

void found(struct finding *out, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(out->detail, sizeof out->detail, fmt, ap);
	va_end(ap);
	out->verdict = v;
}

void found_errno(struct finding *out, const char *call, int err)
{
	found(out, PROBE_NO, "%s: %s", call, diag_errno_text(err));
}

void found_fix(struct finding *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(out->fix, sizeof out->fix, fmt, ap);
	va_end(ap);
}

void found_breaks(struct finding *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(out->breaks, sizeof out->breaks, fmt, ap);
	va_end(ap);
}

void found_diags(struct finding *out, struct diags *dg)
{
	const struct diag *first = dg->first;
	const char *hint = NULL;

	while (first && first->level != DIAG_ERROR)
		first = first->next;
	if (!first) {
		found(out, PROBE_NO, "it failed without a reason");
		return;
	}
	struct diag bare = *first;

	hint = bare.hint;
	bare.hint = NULL;
	found(out, PROBE_NO, "%s", diag_format_message(dg, &bare));
	if (hint)
		found_fix(out, "%s", hint);
}

/* ---- a process for each ---- */

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* What it says, or how it ended without a word. */
static void listen_to(int from, pid_t pid, struct finding *out)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	int ready, status = 0;
	ssize_t n;

	while ((ready = poll(&p, 1, TIMEOUT_MS)) < 0 && errno == EINTR)
		;
	n = ready > 0 ? read(from, out, sizeof *out) : 0;
	if (n == sizeof *out) {
		reap(pid);
		return;
	}
	memset(out, 0, sizeof *out);
	if (ready <= 0) {
		kill(-pid, SIGKILL); /* our unreaped child leads the group */
		kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ready <= 0)
		found(out, PROBE_NO, "no answer after %d seconds", TIMEOUT_MS / 1000);
	else if (WIFSIGNALED(status))
		found(out, PROBE_NO, "trying it ended the process by signal %d (%s)", WTERMSIG(status),
		      WTERMSIG(status) == SIGSYS ? "a seccomp filter" : strsignal(WTERMSIG(status)));
	else
		found(out, PROBE_NO, "trying it ended the process with exit status %d", WEXITSTATUS(status));
}

static void say(int to, const struct finding *f)
{
	ssize_t n = write(to, f, sizeof *f);

	_exit(n == sizeof *f ? 0 : EXIT_SBRUN);
}

void probe_run(const struct probe *p, const struct probe_env *e, struct finding *out)
{
	pid_t parent = getpid(), pid;
	int answer[2];

	memset(out, 0, sizeof *out);
	if (pipe2(answer, O_CLOEXEC) < 0) {
		found_errno(out, "pipe2", errno);
		return;
	}
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			p->try(e, out);
		say(answer[1], out);
	}
	close(answer[1]);
	if (pid < 0)
		found_errno(out, "fork", errno);
	else
		listen_to(answer[0], pid, out);
	close(answer[0]);
}

/* ---- with namespaces of its own ---- */

uint64_t probe_namespaces(const struct probe_env *e, uint64_t ns)
{
	return ns | (e->userns ? CLONE_NEWUSER : 0);
}

/* As fork does it. Its arguments' order is not the same everywhere, but only the first is not 0. */
static pid_t fork_into(uint64_t ns)
{
	return (pid_t)syscall(SYS_clone, (unsigned long)ns | SIGCHLD, 0, 0, 0, 0);
}

/* The text of our own id as 0. */
static void own_map(char *text, size_t size, unsigned id)
{
	snprintf(text, size, "0 %u 1\n", id);
}

static int write_maps(pid_t pid, const struct probe_maps *maps, struct finding *out)
{
	struct arena *a = arena_create();
	char uid[40], gid[40];
	struct diags dg;
	int r;

	diags_init(&dg, a);
	own_map(uid, sizeof uid, geteuid());
	own_map(gid, sizeof gid, getegid());
	r = idmap_write(pid, maps ? maps->uid : uid, maps ? maps->gid : gid, maps && maps->helper, !maps,
			&dg);
	if (r < 0)
		found_diags(out, &dg);
	arena_destroy(a);
	return r;
}

static void inside(const int go[2], int answer, uint64_t ns, void (*fn)(struct finding *),
		   struct finding *out)
{
	char byte;

	close(go[1]);
	/* the end of the pipe: our parent gave up, or was killed */
	if (ns & CLONE_NEWUSER && read(go[0], &byte, 1) != 1)
		_exit(EXIT_SBRUN);
	if (ns & CLONE_NEWNS && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		found_errno(out, "mount(MS_PRIVATE) of \"/\"", errno);
		out->after = NEED_NAMESPACES;
		if (errno == EINVAL)
			found_fix(out, "the caller is in a chroot, and its \"/\" is no mount point: "
				       "mount --bind DIR DIR, before the chroot to DIR");
	} else {
		fn(out);
	}
	say(answer, out);
}

static void fix_limits(uint64_t ns, struct finding *out)
{
	struct arena *a = arena_create();

	found_fix(out, "%s", ns_limits_hint(a, ns));
	arena_destroy(a);
}

static void not_cloned(uint64_t ns, int err, struct finding *out)
{
	found_errno(out, ns & CLONE_NEWUSER ? "clone(CLONE_NEWUSER)" : "clone", err);
	out->after = ns & CLONE_NEWUSER ? NEED_USERNS : NEED_NAMESPACES;
	if (err == ENOSPC)
		fix_limits(ns, out);
	else if (err == EPERM && !(ns & CLONE_NEWUSER))
		found_fix(out,
			  "without CAP_SYS_ADMIN there must be a user namespace in the configuration, as "
			  "\"sbrun spec --rootless\" writes it; or run sbrun as root");
}

void probe_inside(uint64_t ns, const struct probe_maps *maps, void (*fn)(struct finding *),
		  struct finding *out)
{
	int go[2], answer[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0) {
		found_errno(out, "pipe2", errno);
		return;
	}
	pid = fork_into(ns);
	if (pid == 0)
		inside(go, answer[1], ns, fn, out);
	close(go[0]);
	close(answer[1]);
	if (pid < 0) {
		not_cloned(ns, errno, out);
	} else if (ns & CLONE_NEWUSER && write_maps(pid, maps, out) < 0) {
		out->after = maps ? 0 : NEED_USERNS;
		kill(pid, SIGKILL); /* not yet reaped */
		reap(pid);
	} else if (ns & CLONE_NEWUSER && write(go[1], "", 1) != 1) {
		found_errno(out, "write", errno);
		reap(pid);
	} else {
		listen_to(answer[0], pid, out);
	}
	close(go[1]);
	close(answer[0]);
}
