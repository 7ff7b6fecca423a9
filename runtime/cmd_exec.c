/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "../spec/words.h"
#include "guard.h"
#include "launch_options.h"
#include "listen_env.h"
#include "timeline.h"

enum { LAST_UID = 4294967294u }; /* 4294967295 is (uid_t)-1: "leave as it is" */

static bool parse_id(const char *s, uint32_t *out)
{
	unsigned long long v;

	if (!parse_decimal(s, LAST_UID, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

/* UID[:GID]. Never a name: the root's passwd file belongs to whoever is inside. */
static const char *parse_user(struct arena *a, void *opts, const char *value)
{
	struct exec_opts *o = opts;
	char *uid = arena_strdup(a, value), *colon = strchr(uid, ':');

	if (colon)
		*colon = '\0';
	if (!parse_id(uid, &o->uid) || (colon && !parse_id(colon + 1, &o->gid)))
		return "UID or UID:GID is expected, each a number from 0 to 4294967294";
	o->set_user = true;
	o->set_gid = colon != NULL;
	return NULL;
}

static const char *parse_gids(struct arena *a, void *opts, const char *value)
{
	struct exec_opts *o = opts;
	char *list = arena_strdup(a, value), *next;

	for (char *gid = list; gid; gid = next) {
		uint32_t *v;

		next = strchr(gid, ',');
		if (next)
			*next++ = '\0';
		v = arena_array(a, o->additional_gids.n + 1, sizeof(*v));
		if (o->additional_gids.n)
			memcpy(v, o->additional_gids.v, o->additional_gids.n * sizeof(*v));
		if (!parse_id(gid, &v[o->additional_gids.n]))
			return "numbers from 0 to 4294967294 are expected";
		o->additional_gids.v = v;
		o->additional_gids.n++;
	}
	return NULL;
}

/* Elsewhere a name without "=" stands for the caller's variable; here nothing of the caller's goes inside. */
static const char *parse_env(struct arena *a, void *opts, const char *value)
{
	struct exec_opts *o = opts;

	if (!strchr(value, '=') || *value == '=')
		return "NAME=VALUE is expected";
	str_list_add(a, &o->env, value);
	return NULL;
}

/* "kill", "CAP_KILL" -> "CAP_KILL" */
static const char *parse_cap(struct arena *a, void *opts, const char *value)
{
	struct exec_opts *o = opts;
	char *name = arena_strdup(a, value);

	for (char *p = name; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	if (strncmp(name, "CAP_", 4) != 0)
		name = arena_printf(a, "CAP_%s", name);
	if (words_find(&words_capability, name, strlen(name)) < 0)
		return "the name of a capability is expected";
	str_list_add(a, &o->caps, name);
	return NULL;
}

static const char *parse_limit(struct arena *a, void *opts, const char *value)
{
	(void)a;
	return output_parse_limit(value, &((struct exec_opts *)opts)->output.limit);
}

static const char *parse_cgroup(struct arena *a, void *opts, const char *value)
{
	struct exec_opts *o = opts;

	str_list_add(a, &o->cgroups, arena_strdup(a, value));
	return NULL;
}

/* A command or --process, one of the two. */
static int check_command(struct call *c, const struct exec_opts *o)
{
	struct diag *d;

	if (!o->process_file && c->n_words == 1)
		d = diag_error(c->dg, "sbrun exec needs a command or --process");
	else if (o->process_file && c->n_words > 1)
		d = diag_error(c->dg, "the command \"%s\" and --process exclude each other", c->words[1]);
	else
		return 0;
	d->hint = "usage: sbrun exec [OPTION]... ID COMMAND [ARG]...";
	return -1;
}

struct exec_cmd_opts {
	struct exec_opts exec; /* first: the parsers' */
	pid_t caller; /* --die-with-parent: see guard.h */
	const char *timeline;
};

static const char *parse_exec_caller(struct arena *a, void *opts, const char *value)
{
	(void)a;
	return guard_parse_caller(value, &((struct exec_cmd_opts *)opts)->caller);
}

static int check_parent(struct call *c, const struct exec_cmd_opts *o)
{
	if (!o->caller || !o->exec.detach)
		return 0;
	diag_error(c->dg, "--die-with-parent and --detach exclude each other");
	return -1;
}

static int run(struct call *c, void *opts)
{
	struct exec_cmd_opts *eo = opts;
	struct exec_opts *o = &eo->exec;
	struct guard guard = GUARD_NONE;
	struct timeline timeline = TIMELINE_NONE;
	int code = EXIT_SBRUN, r;

	o->root = command_root(c);
	o->id = c->words[0];
	o->args = c->words + 1;
	o->watch = debug_watch(c);
	if (!o->root)
		return EXIT_SBRUN;
	if (check_command(c, o) < 0 || check_parent(c, eo) < 0 ||
	    listen_env_take(c->arena, &o->listen, &o->preserve_fds, c->dg) < 0 ||
	    timeline_open(&timeline, c->arena, eo->timeline, "sbrun exec", c->dg) < 0)
		return EXIT_SBRUN;
	o->watch = timeline_begin(&timeline, o->watch, NULL, NULL);
	if (eo->caller) {
		if (guard_start(&guard, &(struct guard_opts){ .caller = eo->caller }, c->dg) < 0)
			return EXIT_SBRUN;
		o->guard = &guard;
	}
	r = launch_exec(c->arena, o, &code, c->dg);
	guard_dismiss(&guard);
	return timeline_write(&timeline, NULL, c->dg) < 0 || r < 0 ? EXIT_SBRUN : code;
}

#define E(field) offsetof(struct exec_cmd_opts, exec.field)
/* clang-format off */
static const struct opt options[] = {
	{ "process", 'p', OPT_TEXT, "FILE", E(process_file), "the process, as in config.json", 0, NULL },
	{ "tty", 't', OPT_SWITCH, NULL, E(tty), "give it a terminal", 0, NULL },
	{ "detach", 'd', OPT_SWITCH, NULL, E(detach), "return once it runs", 0, NULL },
	OUTPUT_ROWS(struct exec_cmd_opts, exec.output, "its", parse_limit),
	{ "cwd", 0, OPT_TEXT, "DIR", E(cwd), "its directory", 0, NULL },
	{ "env", 'e', OPT_PARSE, "NAME=VALUE", 0, "add to its environment", 0, parse_env },
	{ "user", 'u', OPT_PARSE, "UID[:GID]", 0, "as this user and group, by number", 0, parse_user },
	{ "additional-gids", 'g', OPT_PARSE, "GID", 0, "one more group, or several: 5,6", 0, parse_gids },
	{ "cap", 'c', OPT_PARSE, "CAP", 0, "give it this capability too", 0, parse_cap },
	{ "no-new-privs", 0, OPT_SWITCH, NULL, E(no_new_privs), "it can't gain privileges", 0, NULL },
	{ "apparmor", 0, OPT_TEXT, "PROFILE", E(apparmor), "its AppArmor profile", 0, NULL },
	{ "process-label", 0, OPT_TEXT, "LABEL", E(process_label), "its SELinux label", 0, NULL },
	{ "pid-file", 0, OPT_TEXT, "FILE", E(pid_file), "write its pid to FILE", 0, NULL },
	{ "console-socket", 0, OPT_TEXT, "PATH", E(console_socket), "send the terminal there", 0, NULL },
	{ "pidfd-socket", 0, OPT_TEXT, "PATH", E(pidfd_socket), "send a pidfd of it there", 0, NULL },
	{ "preserve-fds", 0, OPT_NUMBER, "N", E(preserve_fds), "pass on descriptors 3 to 3+N-1",
	  PRESERVE_FDS_MAX, NULL },
	{ "die-with-parent", 0, OPT_PARSE, NULL, 0, "end it with sbrun, and sbrun with its caller (=PID)", 0, parse_exec_caller },
	TIMELINE_ROW(struct exec_cmd_opts, timeline),
	{ "strict", 0, OPT_SWITCH, NULL, E(strict), "refuse unknown fields in --process", 0, NULL },
	{ "cgroup", 0, OPT_PARSE, "[CTRL:]PATH", 0, "in this cgroup below the sandbox's", 0, parse_cgroup },
	{ "ignore-paused", 0, OPT_SWITCH, NULL, E(ignore_paused), "also in a paused sandbox: it runs once that is resumed", 0, NULL },
	{ 0 },
};
/* clang-format on */
#undef E

const struct command cmd_exec = {
	.name = "exec",
	.usage = "[OPTION]... ID COMMAND [ARG]...",
	.summary = "run another command in a sandbox",
	.options = options,
	.opts_size = sizeof(struct exec_cmd_opts),
	.min_words = 1,
	.max_words = (size_t)-1,
	.wants = "a container ID and a command",
	.stop_after = 2,
	.run = run,
};
