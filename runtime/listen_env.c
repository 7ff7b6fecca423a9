/* SPDX-License-Identifier: Apache-2.0 */
#include "listen_env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "launch_options.h"

int listen_env_take(struct arena *a, struct launch_opts *o, struct diags *dg)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");
	unsigned long long n, whose;

	if (!fds || !pid || !parse_decimal(pid, ~0u, &whose) || whose != (unsigned long long)getpid())
		return 0;
	if (!parse_decimal(fds, PRESERVE_FDS_MAX, &n)) {
		diag_error(dg, "LISTEN_FDS in the environment is no number of descriptors: \"%s\"", fds);
		return -1;
	}
	o->listen_fds = (unsigned)n;
	o->listen_names = names ? arena_strdup(a, names) : NULL;
	o->preserve_fds += o->listen_fds;
	return 0;
}

static void add(struct arena *a, struct str_list *env, const char *name, const char *value)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			return;
	str_list_add(a, env, arena_printf(a, "%s=%s", name, value));
}

void listen_env_give(struct arena *a, const struct launch_opts *o, struct spec *s)
{
	struct str_list env = { 0 };

	if (!o->listen_fds)
		return;
	for (size_t i = 0; i < s->process->env.n; i++)
		str_list_add(a, &env, s->process->env.v[i]);
	add(a, &env, "LISTEN_FDS", arena_printf(a, "%u", o->listen_fds));
	if (o->listen_names)
		add(a, &env, "LISTEN_FDNAMES", o->listen_names);
	s->process->env = env;
}
