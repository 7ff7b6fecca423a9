/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's steps that are about the sandbox's cgroup, all before the clone. */
#include "conduct_steps.h"

#include "../spec/arena.h"
#include "cgroup_make.h"
#include "device_set.h"
#include "fd.h"
#include "limit_write.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int not_allowed(struct conduct *c, int err, struct diags *dg)
{
	const struct cgroup_place *p = &c->cgroup->v[0];
	struct diag *d =
		diag_errno(dg, err, "mkdir", arena_printf(c->a, "/sys/fs/cgroup/%s%s", p->mount, p->path),
			   "no cgroup is delegated to this caller, and limits need one");

	d->hint =
		p->options
			? "cgroup v1 can't be delegated safely: limits need root, or cgroup v2"
			: "let systemd delegate one: systemd-run --user --scope -p Delegate=yes sbrun ..., or use "
			  "--cgroup-manager systemd; or let root chown a cgroup to the caller";
	return -1;
}

/* What the manager says its path is counts: it knows its own place, which we had to guess. */
static int start_scope(struct conduct *c, struct diags *dg)
{
	struct cgroup *g = c->cgroup;

	if (systemd_scope_start(c->a, &c->p->unit, &c->p->properties, &c->scope, dg) < 0)
		return -1;
	for (size_t i = 0; i < g->n; i++)
		if (cgroup_is_systemds(g, &g->v[i]))
			g->v[i].path = c->scope.path;
	return 0;
}

/* What the plan has announced: said in the log where it comes to that. */
static void go_without(struct conduct *c)
{
	c->cgroup->n = 0;
	if (c->watch.done)
		c->watch.done(c->watch.arg,
			      &(struct step_note){
				      .text = "no cgroup is delegated here: the sandbox stays in the caller's",
				      .pointer = "/linux/cgroupsPath" });
}

int step_cgroup(struct conduct *c, const struct step *s, struct diags *dg)
{
	int r = c->cgroup->manager == CGROUP_SYSTEMD ? start_scope(c, dg) : 0;
	int *entries = arena_array(c->a, c->cgroup->n + 1, sizeof *entries);

	if (r == 0)
		r = cgroup_make(c->a, c->cgroup, plan_str(c->p->plan, s->s[1]), entries, dg);
	if (r == -1) {
		c->cgroup->n = 0; /* nothing of ours is there */
		return -1;
	}
	if (r < 0 && !s->n[0]) {
		not_allowed(c, -r, dg);
		c->cgroup->n = 0;
		return -1;
	}
	if (r < 0) {
		go_without(c);
		return 0;
	}
	c->cgroup_made = true;
	return cgroup_entry_open(c->a, c->cgroup, 0, entries, &c->entry, dg);
}

int step_cgroup_join(struct conduct *c, const struct step *s, struct diags *dg)
{
	(void)s;
	return cgroup_entry_open(c->a, c->cgroup, c->init, NULL, &c->entry, dg);
}

int step_limit(struct conduct *c, const struct step *s, struct diags *dg)
{
	const struct plan *p = c->p->plan;
	const char *alt = plan_str(p, s->s[3]);
	size_t n = strcspn(alt, " ");
	struct limit l = { .file = plan_str(p, s->s[0]),
			   .value = plan_str(p, s->s[1]),
			   .controller = plan_str(p, s->s[2]),
			   .flags = (unsigned)s->n[0] };

	if (*alt) {
		l.alt_file = arena_strndup(c->a, alt, n);
		l.alt_value = alt + n + 1;
	}
	return limit_write_all(c->a, c->cgroup, &(struct limit_list){ .v = &l, .n = 1 }, NULL, dg);
}

int step_device_rules(struct conduct *c, const struct step *s, struct diags *dg)
{
	(void)s;
	return device_set(c->a, c->cgroup, &c->s->linux_->resources->devices, false, dg);
}

/* "chown the cgroup's directory and the files listed in /sys/kernel/cgroup/delegate": config-linux.md */
int step_cgroup_owner(struct conduct *c, const struct step *s, struct diags *dg)
{
	static const char usual[] = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n";
	char *names = facts_slurp(c->a, "/sys/kernel/cgroup/delegate"), *save = NULL;
	CLEANUP_FD dir = c->entry.into >= 0 ? fcntl(c->entry.into, F_DUPFD_CLOEXEC, 3) : -1;
	uid_t uid = (uid_t)s->n[0];
	int r = dir < 0 ? -1 : fchown(dir, uid, (gid_t)-1);

	if (!names)
		names = arena_strdup(c->a, usual);
	for (char *f = strtok_r(names, "\n", &save); f && r == 0; f = strtok_r(NULL, "\n", &save))
		if (fchownat(dir, f, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			r = -1;
	if (r < 0)
		diag_errno(dg, errno, "fchown", c->cgroup->v[0].path, "can't give the cgroup to uid %u", uid);
	return r;
}
