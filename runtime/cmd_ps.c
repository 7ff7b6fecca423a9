/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ps: who is in a sandbox, by the host's pids. The cgroup knows; without one the pid namespace
 * does. For people the host's ps(1) says what they are, and we pick the lines.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "buffer.h"
#include "cgroup_members.h"
#include "command.h"
#include "fd.h"
#include "members.h"
#include "ps_text.h"
#include "width.h"

struct ps_opts {
	bool json;
};

struct pids {
	struct arena *a;
	pid_t *v;
	size_t n, cap;
};

static void add(struct pids *p, pid_t pid)
{
	p->v = arena_grow(p->a, p->v, &p->cap, p->n + 1, sizeof *p->v);
	p->v[p->n++] = pid;
}

static int by_number(const void *x, const void *y)
{
	const pid_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static bool has(const struct pids *p, pid_t pid)
{
	return p->n && bsearch(&pid, p->v, p->n, sizeof *p->v, by_number);
}

/* ---- who ---- */

/* That of a threaded cgroup can't be read: its processes are in that of a parent. */
static int add_cgroup(void *arg, int dir)
{
	size_t n;
	pid_t *v = cgroup_pids(dir, &n);

	if (!v && errno && errno != ENOENT && errno != ENODEV)
		return -errno;
	for (size_t i = 0; v && i < n; i++)
		add(arg, v[i]);
	free(v);
	return 0;
}

static int from_cgroup(struct call *c, const struct state *st, struct pids *p)
{
	int r = cgroup_walk(&st->cgroup, add_cgroup, p);

	if (r < 0)
		diag_errno(c->dg, -r, "read", "cgroup.procs", "cannot list the processes of \"%s\"", st->id);
	return r < 0 ? -1 : 0;
}

static int from_namespace(struct call *c, const struct state *st, struct pids *p)
{
	pid_t *v;
	size_t n;

	if (pid_ns_rank(st->init.pid) == PID_NS_FIRST) {
		n = member_pids(st->init.pid, &v);
		for (size_t i = 0; i < n; i++)
			add(p, v[i]);
		free(v);
	} else {
		diag_warning(c->dg,
			     "\"%s\" has neither a cgroup nor a pid namespace of its own: "
			     "only its first process is known",
			     st->id)
			->hint =
			"linux.cgroupsPath or a pid namespace in its configuration would tell them apart";
	}
	add(p, st->init.pid);
	return 0;
}

static int find(struct call *c, const struct state *st, struct pids *p)
{
	CLEANUP_FD pidfd = -1;
	int r = st->cgroup.n ? from_cgroup(c, st, p) : 0;

	/* where the first process is no PID 1, others may have outlived it: they are listed too */
	if (r < 0 || p->n == 0) {
		if (r == 0)
			pidfd = command_pidfd(c, st);
		r = pidfd < 0 ? -1 : from_namespace(c, st, p);
	}
	if (p->n)
		qsort(p->v, p->n, sizeof *p->v, by_number);
	return r;
}

/* ---- what they are ---- */

static int not_started(struct call *c, int err)
{
	struct diag *d;

	if (err == ENOENT)
		d = diag_error(c->dg, "there is no program \"ps\" in PATH");
	else
		d = diag_errno(c->dg, err, "posix_spawn", "ps", "cannot run ps");
	d->hint = "--format json needs none; Debian's package of it is procps";
	return -1;
}

static pid_t start_ps(struct call *c, char **argv, int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	err = posix_spawnp(&pid, "ps", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err ? not_started(c, err) : pid;
}

static char *read_all(struct arena *a, int fd)
{
	size_t n = 0, cap = 0;
	char *buf = NULL;
	ssize_t r;

	do {
		buf = arena_grow(a, buf, &cap, n + 4096, 1);
		r = read(fd, buf + n, cap - n - 1);
		n += r > 0 ? (size_t)r : 0;
	} while (r > 0 || (r < 0 && errno == EINTR));
	buf[n] = 0;
	return buf;
}

/* What ps prints; it complains on our standard error. If it fails, an error is added; NULL: it didn't run. */
static char *run_ps(struct call *c)
{
	char **argv = arena_array(c->arena, c->n_words + 2, sizeof *argv), *text;
	CLEANUP_FD in = -1;
	CLEANUP_FD out = -1;
	int p[2], status = -1;
	pid_t pid;

	argv[0] = "ps";
	argv[1] = "-ef";
	for (size_t i = 1; i < c->n_words; i++)
		argv[i] = c->words[i];
	if (pipe2(p, O_CLOEXEC) < 0) {
		diag_errno(c->dg, errno, "pipe2", NULL, "cannot run ps");
		return NULL;
	}
	in = p[0];
	out = p[1];
	if ((pid = start_ps(c, argv, out)) < 0)
		return NULL;
	fd_close(&out);
	text = read_all(c->arena, in);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		diag_error(c->dg, "ps was killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		diag_error(c->dg, "ps ended with exit status %d", WEXITSTATUS(status))->hint =
			"as it does, too, when no process at all matches its options";
	return text;
}

/* What processes call themselves is theirs to choose: no byte of it does anything. ps cuts lines, too. */
static char *for_eyes(struct arena *a, const struct screen *screen, const char *text)
{
	struct buffer b = { .a = a };
	enum style style = STYLE_HEAD;

	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		char *safe = width_safe_lines(a, line, strcspn(line, "\n"), screen->utf8);

		buffer_add(&b, "%s%.*s%s\n", screen_on(screen, style), (int)width_fit(safe, screen->width), safe,
			   screen_off(screen, style));
		style = STYLE_PLAIN;
	}
	return b.s;
}

static int print_table(struct call *c, const struct pids *p)
{
	char *text = run_ps(c), *out, *line;
	struct screen screen = screen_of(STDOUT_FILENO);
	struct ps_column column;
	bool shown = true; /* the head is; then, whether the last process was */

	if (!text || (!*text && c->dg->errors))
		return EXIT_SBRUN;
	if (!ps_column_find(text, &column)) {
		diag_error(c->dg, "ps printed no column PID")->hint =
			"its options after the ID must leave the head and that column, such as -o pid,args";
		return EXIT_SBRUN;
	}
	out = line = text; /* lines only move up */
	while (*line) {
		size_t n = strcspn(line, "\n");
		pid_t pid = line == text ? 0 : ps_line_pid(line, &column);

		n += line[n] == '\n';
		if (pid != 0)
			shown = pid > 0 && has(p, pid);
		if (pid < 0 && strspn(line, " \t\n") < n) {
			diag_error(c->dg, "a line that ps printed has no PID: \"%.*s\"",
				   (int)strcspn(line, "\n"), line);
			return EXIT_SBRUN;
		}
		if (shown) {
			memmove(out, line, n);
			out += n;
		}
		line += n;
	}
	*out = 0;
	return command_output(c, screen.eyes ? for_eyes(c->arena, &screen, text) : text);
}

static int print_json(struct call *c, const struct pids *p)
{
	char *text = arena_alloc(c->arena, p->n * 12 + 4), *at = text;

	*at++ = '[';
	for (size_t i = 0; i < p->n; i++)
		at += sprintf(at, "%s%d", i ? "," : "", (int)p->v[i]);
	sprintf(at, "]\n");
	return command_output(c, text);
}

static int run(struct call *c, void *opts)
{
	const struct ps_opts *o = opts;
	struct state_dir sd = STATE_DIR_NONE;
	struct pids p = { .a = c->arena };
	struct state st;

	if (command_open(c, c->words[0], &sd, &st) < 0)
		return EXIT_SBRUN;
	state_close(&sd);
	if (find(c, &st, &p) < 0)
		return EXIT_SBRUN;
	return o->json ? print_json(c, &p) : print_table(c, &p);
}

static const char *parse_format(struct arena *a, void *opts, const char *value)
{
	struct ps_opts *o = opts;

	(void)a;
	o->json = strcmp(value, "json") == 0;
	return o->json || strcmp(value, "table") == 0 ? NULL : "table or json is expected";
}

/* clang-format off */
static const struct opt options[] = {
	{ "format", 'f', OPT_PARSE, "FMT", 0, "table or json: a list of pids", 0, parse_format },
	{ "json", 0, OPT_SWITCH, NULL, offsetof(struct ps_opts, json), "--format json", 0, NULL },
	{ 0 },
};
/* clang-format on */

const struct command cmd_ps = {
	.name = "ps",
	.usage = "[OPTION]... ID [PS-OPTION]...",
	.summary = "list a sandbox's processes",
	.details = "\nWhat stands after the ID is for ps(1); -ef if there is nothing.\n",
	.options = options,
	.opts_size = sizeof(struct ps_opts),
	.min_words = 1,
	.max_words = (size_t)-1,
	.wants = "a container ID",
	.stop_after = 1,
	.run = run,
};
