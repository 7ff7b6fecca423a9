/* SPDX-License-Identifier: Apache-2.0 */
#include "launch_options.h"

#include "../spec/duration.h"
#include "listen_env.h"
#include "notify.h"

#include <string.h>

const char *parse_init_mode(struct arena *a, void *opts, const char *value)
{
	static const char *const names[] = {
		[INIT_AUTO] = "auto", [INIT_ALWAYS] = "always", [INIT_NEVER] = "never"
	};
	struct launch_opts *o = opts;

	(void)a;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			o->set_init = true;
			o->init = (enum init_mode)i;
			return NULL;
		}
	return "auto, always or never is expected";
}

static const char not_a_time[] = "seconds, or a time with units such as 1h30m or 1.5s, is expected";

const char *parse_timeout(struct arena *a, void *opts, const char *value)
{
	(void)a;
	return parse_duration(value, &((struct launch_opts *)opts)->limits.timeout) ? NULL : not_a_time;
}

const char *parse_cpu_time(struct arena *a, void *opts, const char *value)
{
	(void)a;
	return parse_duration(value, &((struct launch_opts *)opts)->limits.cpu_time) ? NULL : not_a_time;
}

const char *parse_kill_after(struct arena *a, void *opts, const char *value)
{
	struct time_limits *l = &((struct launch_opts *)opts)->limits;

	(void)a;
	l->set_kill_after = true;
	return parse_duration_or_none(value, &l->kill_after) ? NULL : not_a_time;
}

/* clang-format off */
const struct opt bundle_options[] = {
	{ "bundle", 'b', OPT_TEXT, "DIR", L(bundle), "the bundle (default: here)", 0, NULL },
	{ "config", 'f', OPT_TEXT, "FILE", L(config), "the configuration (default: config.json)", 0, NULL },
	{ "strict", 0, OPT_SWITCH, NULL, L(strict), "refuse unknown fields", 0, NULL },
	{ 0 },
};
/* clang-format on */

struct step_watch debug_watch(struct call *c)
{
	return log_wants_debug() ? (struct step_watch){ .done = log_step, .arg = c->arena }
				 : (struct step_watch){ 0 };
}

int launch_options_complete(struct call *c, struct launch_opts *o)
{
	if (!o->root)
		o->root = command_root(c);
	if (!o->root)
		return -1;
	if (!o->id)
		o->id = c->words[0];
	if (!o->bundle)
		o->bundle = ".";
	o->manager = command_manager(c);
	o->watch = debug_watch(c);
	if (notify_caller(&o->notify_socket, c->dg) < 0)
		return -1;
	return listen_env_take(c->arena, &o->listen, &o->preserve_fds, c->dg);
}

/* For tests: the step of this number, as `sbrun plan` counts, fails on purpose. */
const char *parse_fail_step(struct arena *a, void *opts, const char *value)
{
	struct launch_opts *o = opts;
	unsigned long long k;

	(void)a;
	if (!parse_decimal(value, 1 << 20, &k) || !k)
		return "the number of a step, from 1, is expected";
	o->fail_step = (unsigned)k;
	return NULL;
}
