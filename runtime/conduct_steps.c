/* SPDX-License-Identifier: Apache-2.0 */
#include "conduct_steps.h"

#include "../spec/arena.h"
#include "fd.h"
#include "guard.h"
#include "hook_site.h"
#include "idmap.h"
#include "netdev.h"
#include "rdt.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

int step_clone(struct conduct *c, const struct step *s, struct diags *dg)
{
	(void)c, (void)s, (void)dg; /* child_start() has done it */
	return 0;
}

int step_map_ids(struct conduct *c, const struct step *s, struct diags *dg)
{
	return idmap_write(c->pid, plan_str(c->p->plan, s->s[0]), plan_str(c->p->plan, s->s[1]), s->n[0],
			   s->n[1], dg);
}

int step_oom(struct conduct *c, const struct step *s, struct diags *dg)
{
	char path[64], text[24];
	CLEANUP_FD fd = -1;
	struct diag *d;
	int n;

	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", c->pid);
	n = snprintf(text, sizeof text, "%lld", (long long)s->n[0]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, (size_t)n) == n)
		return 0;
	d = diag_errno(dg, errno, fd < 0 ? "open" : "write", path, "can't set oom_score_adj to %s", text);
	if (d->err == EACCES || d->err == EPERM)
		d->hint = "lowering it below the caller's own needs CAP_SYS_RESOURCE";
	return -1;
}

int step_net_device(struct conduct *c, const struct step *s, struct diags *dg)
{
	return netdev_move(c->pid, plan_str(c->p->plan, s->s[0]), plan_str(c->p->plan, s->s[1]), dg);
}

int step_rdt(struct conduct *c, const struct step *s, struct diags *dg)
{
	const struct plan *p = c->p->plan;
	struct rdt_group g = { .root = plan_str(p, s->s[0]),
			       .clos = plan_str(p, s->s[1]),
			       .id = plan_str(p, s->s[3]),
			       .lines = { arena_array(c->a, s->n[0] + 1, sizeof(char *)), 0 },
			       .compared = s->n[1],
			       .monitor = s->n[2],
			       .join_only = s->n[3] };
	const char *line = plan_str(p, s->s[2]);

	for (; g.lines.n < s->n[0]; line += strlen(line) + 1)
		g.lines.v[g.lines.n++] = (char *)line;
	return rdt_apply(c->a, &g, c->pid, &c->rdt, dg);
}

int step_rlimit(struct conduct *c, const struct step *s, struct diags *dg)
{
	struct rlimit new = { s->n[1], s->n[2] }, now;
	struct diag *d;

	if (prlimit(c->pid, (__rlimit_resource_t)s->n[0], &new, NULL) == 0)
		return 0;
	d = diag_errno(dg, errno, "prlimit", plan_str(c->p->plan, s->s[0]), "can't set the limit");
	if (d->err == EPERM && prlimit(c->pid, (__rlimit_resource_t)s->n[0], NULL, &now) == 0)
		d->hint = arena_printf(c->a,
				       "the hard limit here is %llu, and raising it needs CAP_SYS_RESOURCE",
				       (unsigned long long)now.rlim_max);
	return -1;
}

int step_guard(struct conduct *c, const struct step *s, struct diags *dg)
{
	int r = guard_has_process(c->guard, c->pidfd);

	(void)s;
	if (r < 0)
		diag_errno(dg, -r, "sendmsg", NULL, "the guard is gone");
	return r < 0 ? -1 : 0;
}

int step_hook(struct conduct *c, const struct step *s, struct diags *dg)
{
	c->hooks->pid = c->pid;
	c->hooks->pidfd = c->pidfd;
	return hook_site_run(c->hooks, (enum hook_point)s->n[0], s->n[1], dg);
}
