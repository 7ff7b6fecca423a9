/* SPDX-License-Identifier: Apache-2.0 */
/* How the kernel schedules, places and runs this process, which becomes the payload. */
#include "stage2.h"

int step_own_rlimit(const struct step *s)
{
	/* n1 and n2 are a struct rlimit64 */
	return about((int)SYS(prlimit64, 0, s->n[0], &s->n[1], NULL), str(s->s[0]));
}

int step_affinity(const struct step *s)
{
	int r = (int)SYS(sched_setaffinity, 0, s->n[0], blob(s->s[1], s->n[0]));

	return r < 0 ? about(r, *str(s->s[0]) ? str(s->s[0]) : "all CPUs") : 0;
}

int step_scheduler(const struct step *s)
{
	return (int)SYS(sched_setattr, 0, blob(s->s[0], sizeof(struct plan_sched)), 0);
}

int step_io_priority(const struct step *s)
{
	return (int)SYS(ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, s->n[0]);
}

int step_memory_policy(const struct step *s)
{
	/* the kernel takes one bit less than it is told */
	uint64_t bits = s->n[0] ? s->n[0] * 8 + 1 : 0;
	int r = (int)SYS(set_mempolicy, s->n[1], s->n[0] ? blob(s->s[1], s->n[0]) : NULL, bits);

	return r < 0 ? about(r, str(s->s[0])) : 0;
}

int step_personality(const struct step *s)
{
	int r = (int)SYS(personality, s->n[0]);

	/* some domains are quietly not there: what counts is what it is now */
	if (r >= 0 && (uint32_t)raw6(__NR_personality, 0xffffffff, 0, 0, 0, 0, 0) != (uint32_t)s->n[0])
		r = -EINVAL;
	return r < 0 ? r : 0;
}
