/* SPDX-License-Identifier: Apache-2.0 */
/* "FILE: OK", or every problem that the configuration has, with the clause of the runtime-spec for it. */
#include "../spec/clause.h"
#include "launch_options.h"

static void add_clauses(struct call *c)
{
	for (struct diag *d = c->dg->first; d; d = d->next) {
		const char *clause = d->pointer && d->level == DIAG_ERROR ? spec_clause(d->pointer) : NULL;

		if (clause)
			d->hint = arena_printf(c->arena, "%s%sruntime-spec: %s", d->hint ? d->hint : "",
					       d->hint ? "; " : "", clause);
	}
}

static int run(struct call *c, void *opts)
{
	struct launch_opts *o = opts;
	const struct spec *spec;

	if (!o->bundle)
		o->bundle = ".";
	spec = launch_load(c->arena, o, c->dg);
	add_clauses(c);
	if (!spec)
		return EXIT_SBRUN;
	return command_output(c, arena_printf(c->arena, "%s: OK\n", spec->file));
}

const struct command cmd_validate = {
	.name = "validate",
	.usage = "[OPTION]...",
	.summary = "check a configuration and name every problem in it",
	.options = bundle_options,
	.opts_size = sizeof(struct launch_opts),
	.run = run,
};
