/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a hook, and saying how it ended. */
#include "run.h"

#include "../spec/arena.h"
#include "../spec/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAID_LINES = 10, SAID_BYTES = 1000 };

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void hook_pipes_close(struct hook_pipes *p)
{
	close_end(&p->stdin_near);
	close_end(&p->stdin_far);
	close_end(&p->output_near);
	close_end(&p->output_far);
}

int hook_pipes_output(const struct hook_pipes *p, int which)
{
	int file = which == 1 ? p->stdout_file : p->stderr_file;

	return file >= 0 ? file : p->output_far;
}

int hook_pipes_open(struct hook_pipes *p, struct diags *dg)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	bool made = pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0;

	*p = (struct hook_pipes){ in[1], in[0], out[0], out[1], -1, -1 };
	/* only our ends: the hook may not be made for O_NONBLOCK, which belongs to the open file */
	if (made && fcntl(p->stdin_near, F_SETFL, O_NONBLOCK) == 0 &&
	    fcntl(p->output_near, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	diag_errno(dg, errno, "pipe2", NULL, "can't make the pipes of a hook");
	hook_pipes_close(p);
	return -1;
}

/* ---- the child, from fork to execve ---- */

struct complaint {
	int err;
	const char *call, *path;
};

static void default_signals(void)
{
	/* the kernel's struct, all zero: the C library would leave out 32 and 33 */
	static const char dfl[64];
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, dfl, NULL, 8); /* those that can't be changed have it */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static char **vector(struct arena *a, const char *first, const struct str_list *l)
{
	char **v = arena_array(a, l->n + 2, sizeof *v);
	size_t n = 0;

	if (first && !l->n)
		v[n++] = (char *)first;
	for (size_t i = 0; i < l->n; i++)
		v[n++] = l->v[i];
	return v;
}

static int place_stdio(const struct hook_pipes *p)
{
	return dup2(p->stdin_far, 0) == 0 && dup2(hook_pipes_output(p, 1), 1) == 1 &&
			       dup2(hook_pipes_output(p, 2), 2) == 2
		       ? 0
		       : -1;
}

/* Everything above 2 is O_CLOEXEC, the caller's descriptors since our start; this is for what isn't ours. */
static void close_others(void)
{
#ifdef SYS_close_range
	syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
#endif
}

static void become(const struct hook_order *o, const struct hook_pipes *p, char **argv, char **envp,
		   int complain)
{
	struct complaint c = { 0, "chdir", o->cwd };

	setsid();
	umask(o->umask);
	default_signals();
	if (place_stdio(p) < 0) {
		c.call = "dup2";
		c.path = NULL;
	} else if (chdir(o->cwd) == 0) {
		close_others();
		execve(o->hook->path, argv, envp);
		c.call = "execve";
		c.path = o->hook->path;
	}
	c.err = errno;
	/* the parent is of the same program and memory: pointers mean the same there */
	if (write(complain, &c, sizeof c) != (ssize_t)sizeof c)
		_exit(126);
	_exit(127);
}

/* ---- the parent ---- */

static int cannot_start(const struct hook_order *o, int err, const char *call, const char *path,
			struct diags *dg)
{
	struct diag *d =
		diag_errno(dg, err, call, path, "the %s hook \"%s\" can't be run", o->point, o->hook->path);

	if (call && !strcmp(call, "execve"))
		d->hint =
			err == ENOENT
				? "a hook is run by its path on the host, and its #! line or ld.so must be there too"
			: err == EACCES ? "it must be a regular file with an execute bit"
			: err == ENOEXEC
				? "it is neither a program for this machine nor a script with a #! line"
				: NULL;
	return -1;
}

int hook_start(const struct hook_order *o, struct hook_pipes *p, pid_t *pid, int *pidfd, struct diags *dg)
{
	char **argv = vector(dg->arena, o->hook->path, &o->hook->args);
	char **envp = vector(dg->arena, NULL, &o->hook->env);
	struct complaint c = { 0 };
	int pair[2];
	ssize_t n;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return cannot_start(o, errno, "pipe2", NULL, dg);
	*pid = fork();
	if (*pid == 0)
		become(o, p, argv, envp, pair[1]);
	n = *pid < 0 ? -errno : 0;
	close(pair[1]);
	if (*pid > 0)
		do
			n = read(pair[0], &c, sizeof c);
		while (n < 0 && errno == EINTR);
	close(pair[0]);
	if (*pid < 0)
		return cannot_start(o, (int)-n, "fork", NULL, dg);
	*pidfd = n == (ssize_t)sizeof c ? -1 : (int)syscall(SYS_pidfd_open, *pid, 0);
	if (*pidfd >= 0)
		return 0;
	if (n != (ssize_t)sizeof c)
		c = (struct complaint){ errno, "pidfd_open", NULL };
	kill(-*pid, SIGKILL);
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	return cannot_start(o, c.err, c.call, c.path, dg);
}

/* ---- how it ended ---- */

static const char *how(struct arena *a, const struct hook_order *o, const struct hook_result *r)
{
	const char *name = r->end == HOOK_EXITED || r->end == HOOK_LOST ? NULL : sigabbrev_np(r->code);
	const char *sig = name ? arena_printf(a, "SIG%s", name) : arena_printf(a, "signal %d", r->code);

	switch (r->end) {
	case HOOK_EXITED: return arena_printf(a, "ended with exit status %d", r->code);
	case HOOK_SIGNALED: return arena_printf(a, "was ended by %s", sig);
	case HOOK_TIMED_OUT:
		return arena_printf(a, "was killed, with its children, after its timeout of %lld s",
				    (long long)o->hook->timeout.v);
	case HOOK_INTERRUPTED: return arena_printf(a, "was killed, with its children: sbrun got %s", sig);
	case HOOK_LOST: break;
	}
	return "can't be waited for";
}

/* The last lines, as one: "a | b | c". */
static const char *said(struct arena *a, const struct hook_result *r)
{
	const char *s = r->output, *end = s + r->n_output, *p;
	unsigned lines = 0;
	char *out, *w;

	while (end > s && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	if (end == s)
		return NULL;
	for (p = end; p > s && end - p < SAID_BYTES; p--)
		if (p[-1] == '\n' && ++lines == SAID_LINES)
			break;
	w = out = arena_alloc(a, (size_t)(end - p) * 3 + 8);
	if (p > s || r->dropped)
		w += sprintf(w, "... ");
	for (; p < end; p++) {
		if (*p == '\n')
			w += sprintf(w, " | ");
		else if (*p)
			*w++ = *p;
	}
	*w = 0;
	return out;
}

int hook_verdict(const struct hook_order *o, const struct hook_result *r, struct diags *dg)
{
	const char *words;
	struct diag *d;

	if (r->end == HOOK_EXITED && r->code == 0)
		return 0;
	words = said(dg->arena, r);
	d = diag_error(dg, "the %s hook \"%s\" %s%s%s", o->point, o->hook->path, how(dg->arena, o, r),
		       words ? "; it said: " : " and said nothing", words ? words : "");
	d->err = r->err;
	d->hint =
		r->end == HOOK_TIMED_OUT
			? "give it more time in its \"timeout\", or see what it waits for: \"sbrun --debug\" shows all that it said"
			: "\"sbrun --debug\" shows all that it said";
	return -1;
}
