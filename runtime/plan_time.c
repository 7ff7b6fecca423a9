/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the init does beside being one: limits of time, which it keeps, since the end of its pid namespace is
 * what nothing survives; and staying when the payload has failed.
 */
#include "planner.h"

static struct time_limits merged(const struct time_limits *given, const struct time_limits *configured)
{
	struct time_limits l = *configured;

	if (given->timeout)
		l.timeout = given->timeout;
	if (given->cpu_time)
		l.cpu_time = given->cpu_time;
	if (given->set_kill_after || !l.set_kill_after) {
		l.set_kill_after = given->set_kill_after;
		l.kill_after = given->set_kill_after ? given->kill_after : TIME_LIMIT_GRACE;
	}
	return l;
}

struct time_limits plan_time_limits(struct builder *b, const struct plan_opts *o, bool init)
{
	struct time_limits l = merged(&o->limits, &b->s->sbrun.limits);
	const char *pointer = l.timeout ? "/sbrun/timeout" : "/sbrun/cpuTime";
	struct diag *d;

	if (!l.timeout && !l.cpu_time) {
		if (l.set_kill_after)
			spec_at(b->s, diag_warning(b->dg, "killAfter does nothing without a limit of time"),
				"/sbrun/killAfter");
		return l;
	}
	if (!b->new_ns[NS_PID]) {
		d = diag_error(b->dg, "a limit of time needs a pid namespace of the sandbox's own");
		spec_at(b->s, d, pointer)->hint = "add {\"type\": \"pid\"} to linux.namespaces";
	} else if (!init) {
		d = diag_error(b->dg, "a limit of time is kept by sbrun's init, which is switched off");
		spec_at(b->s, d, pointer)->hint =
			"set sbrun.init to auto or always, and linux.resources.pids.limit, if any, above 1";
	}
	return l;
}

int plan_on_failure(struct builder *b, bool init)
{
	struct diag *d;

	if (init && b->new_ns[NS_PID])
		return add_slot(b, (struct slot){ .kind = SLOT_HELD });
	d = diag_error(b->dg, "a failed sandbox is kept by sbrun's init, in a pid namespace of its own");
	spec_at(b->s, d, "/linux/namespaces")->hint = "leave out --on-failure, or give --init always";
	return -1;
}

void plan_spawn(struct builder *b, const struct plan_opts *o, const struct time_limits *l)
{
	struct step *s = add_step(b, STEP_SPAWN, "/sbrun/init");

	s->n[0] = l->timeout;
	s->n[1] = l->timeout || l->cpu_time ? l->kill_after : 0;
	s->n[2] = l->cpu_time;
	s->n[3] = (o->die_with_parent ? SPAWN_DIE : 0u) |
		  (o->on_failure == ON_FAILURE_KEEP ? SPAWN_KEEP : 0u) |
		  (o->on_failure == ON_FAILURE_FREEZE ? SPAWN_KEEP | SPAWN_FREEZE : 0u);
}
