/* SPDX-License-Identifier: Apache-2.0 */
#include "scenarios.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 16384, TRIES = 1500 };

static void nap(void)
{
	static const struct timespec t = { .tv_nsec = 2000000 };

	nanosleep(&t, NULL);
}

void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	while (fd >= 0 && used < size - 1 && (n = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	if (fd >= 0)
		close(fd);
}

/* ---- verbs ---- */

/* STAY, ONCE: a bundle's path; ID */
#define STAY "\1stay"
#define ONCE "\1once"
#define ID   "\2"

/* clang-format off */
static const char *const verbs[][MAX_WORDS - 3] = {
	[V_CREATE] = { "create", "--bundle", STAY, ID },
	[V_START] = { "start", ID },
	[V_RUN] = { "run", "--bundle", ONCE, ID },
	[V_RUN_DETACHED] = { "run", "--detach", "--bundle", STAY, ID },
	[V_EXEC] = { "exec", ID, "/bin/outlook" },
	[V_KILL] = { "kill", ID, "KILL" },
	[V_UPDATE] = { "update", "--pids-limit", "77", ID },
	[V_STATE] = { "state", ID },
	[V_LIST] = { "list" },
	[V_DELETE] = { "delete", ID },
	[V_DELETE_FORCE] = { "delete", "--force", ID },
	[V_PAUSE] = { "pause", ID },
	[V_RESUME] = { "resume", ID },
};
/* clang-format on */

void verb_words(const struct setting *s, enum verb v, const char *words[MAX_WORDS])
{
	static char bundle[4096];
	int n = 0;

	words[n++] = s->runtime;
	words[n++] = "--root";
	words[n++] = s->root;
	for (const char *const *w = verbs[v]; *w; w++) {
		words[n++] = *w[0] == '\2' ? s->id : *w;
		if (*w[0] == '\1') {
			snprintf(bundle, sizeof bundle, "%s/%s", s->bundles, *w + 1);
			words[n - 1] = bundle;
		}
	}
	words[n] = NULL;
}

static int output(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
}

static int wait_stopped(const struct setting *s)
{
	char status[32];

	for (int i = 0; i < TRIES; i++) {
		status_now(s, status, sizeof status);
		if (!strcmp(status, "stopped"))
			return 0;
		nap();
	}
	return 1;
}

int verb_run(const struct setting *s, enum verb v)
{
	const char *words[MAX_WORDS];
	int status = 0;
	pid_t pid, ended;

	if (v == V_WAIT_STOPPED)
		return wait_stopped(s);
	verb_words(s, v, words);
	pid = fork();
	if (pid == 0) {
		int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

		if (dup2(in, 0) < 0 || dup2(output(s->out), 1) < 0 || dup2(output(s->err), 2) < 0)
			_exit(99);
		execvp(words[0], (char *const *)words);
		_exit(99);
	}
	/* orphans are ours to reap: until then the first process of their pid namespace can't end */
	while (pid > 0 && (ended = waitpid(-1, &status, __WALL)) != pid)
		if (ended < 0 && errno != EINTR)
			return 99;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void status_now(const struct setting *s, char *text, size_t size)
{
	struct setting aside = *s;
	char doc[TEXT], *at;

	aside.out = aside.err = s->log;
	text[0] = '\0';
	if (verb_run(&aside, V_STATE) != 0)
		return;
	read_text(s->log, doc, sizeof doc);
	at = strstr(doc, "\"status\": \"");
	if (!at)
		return;
	at += strlen("\"status\": \"");
	snprintf(text, size, "%.*s", (int)strcspn(at, "\""), at);
}

/* ---- what must be true ---- */

static bool has_status(const struct setting *s, const char *wanted, char *text, size_t size)
{
	char status[32] = "";

	for (int i = 0; i < TRIES && strcmp(status, wanted); i++) {
		if (i)
			nap();
		status_now(s, status, sizeof status);
	}
	snprintf(text, size, "its status is \"%s\", not \"%s\"", status, wanted);
	return !strcmp(status, wanted);
}

/* In the file that stdout was; a payload that nobody waits for may need a moment. */
static bool printed_this(const struct setting *s, const char *wanted, char *text, size_t size)
{
	char out[TEXT] = "";
	size_t same = 0;

	for (int i = 0; i < TRIES && strlen(out) < strlen(wanted); i++) {
		if (i)
			nap();
		read_text(s->out, out, sizeof out);
	}
	while (out[same] && out[same] == wanted[same])
		same++;
	while (same && out[same - 1] != '\n')
		same--;
	snprintf(text, size, "the payload reports \"%.*s\", not \"%.*s\"", (int)strcspn(out + same, "\n"),
		 out + same, (int)strcspn(wanted + same, "\n"), wanted + same);
	return !strcmp(out, wanted);
}

static bool printed(const struct setting *s, char *text, size_t size)
{
	return printed_this(s, s->wanted, text, size);
}

bool payload_printed(const struct setting *s)
{
	char text[TEXT];

	return printed(s, text, sizeof text);
}

static bool execed(const struct setting *s, char *text, size_t size)
{
	return printed_this(s, s->wanted_of_exec, text, size) && has_status(s, "running", text, size);
}

static bool started(const struct setting *s, char *text, size_t size)
{
	return printed(s, text, size) && has_status(s, "running", text, size);
}

static bool created(const struct setting *s, char *text, size_t size)
{
	char err[1024];

	if (!has_status(s, "created", text, size))
		return false;
	if (verb_run(s, V_START) == 0)
		return started(s, text, size);
	read_text(s->err, err, sizeof err);
	snprintf(text, size, "start fails: %s", err);
	return false;
}

static bool gone(const struct setting *s, char *text, size_t size)
{
	snprintf(text, size, "it is still there");
	return verb_run(s, V_STATE) != 0;
}

static bool stopped(const struct setting *s, char *text, size_t size)
{
	return has_status(s, "stopped", text, size);
}

static bool resumed(const struct setting *s, char *text, size_t size)
{
	return has_status(s, "running", text, size);
}

static bool paused(const struct setting *s, char *text, size_t size)
{
	return has_status(s, "paused", text, size);
}

static bool limited(const struct setting *s, char *text, size_t size)
{
	static const char *const where[] = { "/sys/fs/cgroup/pids", "/sys/fs/cgroup" };
	char path[4096];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s/%s/pids.max", where[i], s->cgroup, s->id);
		if (access(path, R_OK) == 0)
			break;
	}
	read_text(path, text, size);
	return !strcmp(text, "77\n");
}

static bool told(const struct setting *s, char *text, size_t size)
{
	read_text(s->out, text, size);
	if (strstr(text, s->id))
		return true;
	read_text(s->err, text, size); /* list goes on with the others */
	return strstr(text, "warning: container") && strstr(text, "is left out");
}

/* clang-format off */
static const struct scenario scenarios[] = {
	{ "create", { V_END }, { V_CREATE }, .makes = true, .prints = true, .right = created },
	{ "start", { V_CREATE }, { V_START }, .keeps = true, .prints = true, .right = started },
	{ "run", { V_END }, { V_RUN }, .makes = true, .prints = true, .right = printed },
	{ "exec", { V_RUN_DETACHED }, { V_EXEC }, .keeps = true, .prints = true, .right = execed },
	{ "delete", { V_RUN_DETACHED, V_KILL, V_WAIT_STOPPED }, { V_DELETE }, .right = gone },
	{ "delete-force", { V_RUN_DETACHED }, { V_DELETE_FORCE }, .right = gone },
	{ "kill", { V_RUN_DETACHED }, { V_KILL }, .keeps = true, .right = stopped },
	{ "update", { V_RUN_DETACHED }, { V_UPDATE }, .keeps = true, .right = limited },
	{ "pause", { V_RUN_DETACHED }, { V_PAUSE }, .keeps = true, .right = paused },
	{ "resume", { V_RUN_DETACHED, V_PAUSE }, { V_RESUME }, .keeps = true, .right = resumed },
	{ "state", { V_RUN_DETACHED }, { V_STATE }, .keeps = true, .right = told },
	{ "list", { V_RUN_DETACHED }, { V_LIST }, .keeps = true, .right = told },
	/* for faults in the sandbox: behind the gate too */
	{ "create-start", { V_END }, { V_CREATE, V_START }, .prints = true, .right = started },
};
/* clang-format on */

const struct scenario *scenario_find(const char *name)
{
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	return NULL;
}
