/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for `process`, also as a file of its own (exec --process). */
#include <string.h>

#include "check.h"
#include "cpulist.h"
#include "words.h"

static void check_args(struct check *c, const struct spec_process *p)
{
	check_at(c, "%s/args", c->process);
	if (!p->args.n)
		check_refuse(c, "there is no command to run")->hint =
			"args holds the program and its arguments: [\"sh\"]";
	else if (!*p->args.v[0])
		check_refuse(check_at(c, "%s/args/0", c->process), "the program's name is empty");
}

static void check_env(struct check *c, const struct spec_process *p)
{
	for (size_t i = 0; i < p->env.n; i++) {
		const char *e = p->env.v[i];

		if (*e == '=')
			check_refuse(check_at(c, "%s/env/%zu", c->process, i), "the variable has no name");
		else if (!strchr(e, '='))
			check_refuse(check_at(c, "%s/env/%zu", c->process, i), "\"%s\" has no '='", e)->hint =
				"write NAME=VALUE; sbrun takes no values from its own environment";
	}
}

static void check_cwd(struct check *c, const struct spec_process *p)
{
	check_absolute(check_at(c, "%s/cwd", c->process), p->cwd);
}

static void check_rlimits(struct check *c, const struct spec_process *p)
{
	size_t first[RL__COUNT] = { 0 }; /* position + 1 */

	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct spec_rlimit *r = &p->rlimits.v[i];

		if (check_flawed(c, "%s/rlimits/%zu", c->process, i))
			continue;
		if (first[r->type])
			check_refuse(check_at(c, "%s/rlimits/%zu/type", c->process, i),
				     "%s is given twice, first as item %zu", rlimit_name(r->type),
				     first[r->type] - 1);
		else
			first[r->type] = i + 1;
		if (r->soft > r->hard)
			check_refuse(check_at(c, "%s/rlimits/%zu/soft", c->process, i),
				     "the soft limit %llu is above the hard limit %llu",
				     (unsigned long long)r->soft, (unsigned long long)r->hard);
	}
}

/* sched(7), sched_setattr(2): which attributes belong to which policy. */
static void check_scheduler(struct check *c, const struct spec_process *p)
{
	const struct spec_scheduler *s = p->scheduler;
	bool realtime, deadline;
	const char *policy;

	if (!s || check_flawed(c, "%s/scheduler", c->process))
		return;
	realtime = s->policy == SCHED_P_FIFO || s->policy == SCHED_P_RR;
	deadline = s->policy == SCHED_P_DEADLINE;
	policy = words_sched_policy.v[s->policy];
	if (realtime && s->priority == 0)
		check_refuse(check_at(c, "%s/scheduler/priority", c->process),
			     "%s needs a priority from 1 to 99", policy);
	if (!realtime && s->priority != 0)
		check_refuse(check_at(c, "%s/scheduler/priority", c->process), "%s has no priority", policy)
			->hint = "it belongs to SCHED_FIFO and SCHED_RR";
	if ((realtime || deadline) && s->nice != 0)
		check_refuse(check_at(c, "%s/scheduler/nice", c->process), "%s has no nice value", policy);
	if (!deadline && (s->runtime || s->deadline || s->period))
		check_refuse(check_at(c, "%s/scheduler", c->process),
			     "runtime, deadline and period belong to SCHED_DEADLINE");
	if (!deadline)
		return;
	if (!s->runtime || !s->deadline)
		check_refuse(check_at(c, "%s/scheduler", c->process),
			     "SCHED_DEADLINE needs runtime and deadline");
	else if (s->runtime > s->deadline || (s->period && s->deadline > s->period))
		check_refuse(check_at(c, "%s/scheduler", c->process),
			     "it must be that runtime <= deadline <= period");
}

bool check_is_cpu_list(const char *s)
{
	uint32_t first, last;

	do {
		if (cpu_list_next(&s, &first, &last) < 0)
			return false;
	} while (*s);
	return true;
}

static void check_affinity(struct check *c, const struct spec_process *p)
{
	const struct spec_cpu_affinity *a = p->exec_cpu_affinity;
	const char *const names[] = { "initial", "final" };

	for (size_t i = 0; a && i < 2; i++) {
		const char *list = i ? a->final : a->initial;

		if (list && !check_is_cpu_list(list))
			check_refuse(check_at(c, "%s/execCPUAffinity/%s", c->process, names[i]),
				     "\"%s\" is not a list of processors", list)
				->hint = "write it as in \"0-3,7\"";
	}
}

static void check_io_priority(struct check *c, const struct spec_process *p)
{
	if (p->io_priority && p->io_priority->class_ == IO_CLASS_IDLE && p->io_priority->priority)
		check_warn(check_at(c, "%s/ioPriority/priority", c->process),
			   "IOPRIO_CLASS_IDLE has no levels: it means nothing");
}

void check_process(struct check *c)
{
	const struct spec_process *p = c->s->process;

	check_args(c, p);
	check_env(c, p);
	check_cwd(c, p);
	check_caps(c);
	check_rlimits(c, p);
	check_scheduler(c, p);
	check_io_priority(c, p);
	check_affinity(c, p);
	if (p->command_line)
		check_warn(check_at(c, "%s/commandLine", c->process),
			   "commandLine is for Windows; it is not used")
			->hint = "the command is in args";
}
