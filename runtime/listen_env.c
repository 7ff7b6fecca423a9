/* SPDX-License-Identifier: Apache-2.0 */
#include "listen_env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "launch_options.h"

int listen_env_take(struct arena *a, struct listen_env *l, unsigned *preserve_fds, struct diags *dg)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");
	unsigned long long n, whose;

	if (!fds || !pid || !parse_decimal(pid, ~0u, &whose) || whose != (unsigned long long)getpid())
		return 0;
	if (!parse_decimal(fds, PRESERVE_FDS_MAX, &n)) {
		diag_error(dg, "LISTEN_FDS in the environment is no number of descriptors: \"%s\"", fds);
		return -1;
	}
	l->fds = (unsigned)n;
	l->names = names ? arena_strdup(a, names) : NULL;
	*preserve_fds += l->fds;
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

void listen_env_give(struct arena *a, const struct listen_env *l, struct spec_process *p)
{
	struct str_list env = { 0 };

	if (!l->fds)
		return;
	for (size_t i = 0; i < p->env.n; i++)
		str_list_add(a, &env, p->env.v[i]);
	add(a, &env, "LISTEN_FDS", arena_printf(a, "%u", l->fds));
	if (l->names)
		add(a, &env, "LISTEN_FDNAMES", l->names);
	p->env = env;
}
