/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the probes count: for a caller, or for the steps of a plan. */
#include "probe.h"

#include "../spec/arena.h"
#include "../spec/spec.h"
#include "planner.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>

/* What every sandbox takes. */
#define NEED_ALWAYS (NEED_MOUNT_API | NEED_OPENAT2 | NEED_MEMFD | NEED_STATE)

uint64_t needs_of_caller(const struct probe_env *e)
{
	uint64_t set = NEED_ALWAYS | NEED_PIDFD | NEED_NAMESPACES | NEED_PROC | NEED_PIVOT | NEED_SECCOMP |
		       NEED_KEYRING;

	if (e->real_root)
		set |= NEED_CGROUP_LAYOUT | NEED_CGROUP | NEED_DEVICES;
	else
		set |= NEED_USERNS;
	return set;
}

static uint64_t of_mount(const struct planned *p, const struct step *s)
{
	const struct plan_mount *m = plan_blob(p->plan, s->s[0]);
	const char *type = plan_str(p->plan, m->type);
	uint64_t set = 0;

	if (m->flags & PM_OVERLAY)
		set |= (m->flags & PM_USERXATTR ? NEED_OVERLAY_USERNS : NEED_OVERLAY) | NEED_LAYERS;
	if (m->flags & PM_PROC && !m->alt)
		set |= NEED_PROC;
	if (!strcmp(type, "sysfs"))
		set |= NEED_SYSFS;
	if (m->idmap_slot >= 0)
		set |= NEED_IDMAP | NEED_MOUNT_SETATTR;
	if (m->rec_set || m->rec_clr)
		set |= NEED_MOUNT_SETATTR;
	return set;
}

static uint64_t of_flags(uint64_t ns, struct probe_env *e)
{
	e->namespaces |= ns & ~(uint64_t)CLONE_NEWUSER;
	return (ns & ~(uint64_t)CLONE_NEWUSER ? NEED_NAMESPACES : 0) | (ns & CLONE_NEWUSER ? NEED_USERNS : 0);
}

static uint64_t of_maps(const struct planned *p, const struct step *s, struct probe_env *e)
{
	const char *uid = plan_str(p->plan, s->s[0]), *gid = plan_str(p->plan, s->s[1]);

	if (s->n[1]) /* one's own id alone */
		return 0;
	e->uid_map = uid;
	e->gid_map = gid;
	e->helper = s->n[0];
	return NEED_ID_RANGES;
}

static uint64_t of_cgroup(const struct planned *p, const struct step *s, struct probe_env *e)
{
	if (s->n[0]) /* or none */
		return NEED_CGROUP_LAYOUT;
	if (p->unit.name)
		return NEED_CGROUP_LAYOUT | NEED_SYSTEMD;
	e->cgroup = &p->cgroup;
	e->controllers = plan_str(p->plan, s->s[1]);
	return NEED_CGROUP_LAYOUT | NEED_CGROUP | NEED_CLONE_INTO | (*e->controllers ? NEED_CONTROLLERS : 0);
}

static uint64_t of_step(const struct planned *p, const struct step *s, struct probe_env *e)
{
	switch ((enum step_kind)s->kind) {
	case STEP_CLONE:
	case STEP_UNSHARE: return of_flags(s->n[0], e);
	case STEP_MAP_IDS: return of_maps(p, s, e);
	case STEP_ROOT: return of_mount(p, s) | NEED_ROOTFS;
	case STEP_MOUNT: return of_mount(p, s);
	case STEP_RLIMIT:
	case STEP_OWN_RLIMIT: return NEED_RLIMITS;
	case STEP_CGROUP: return of_cgroup(p, s, e);
	case STEP_FORK: return NEED_PIDFD;
	case STEP_TIME: return NEED_TIME;
	case STEP_PIVOT: return s->n[0] ? 0 : NEED_PIVOT;
	case STEP_DEVICE_RULES: return NEED_DEVICES;
	case STEP_RDT: return NEED_RDT;
	case STEP_KEYRING: return NEED_KEYRING;
	case STEP_APPARMOR: return NEED_APPARMOR;
	case STEP_SELINUX: return NEED_SELINUX;
	case STEP_SECCOMP:
		return NEED_SECCOMP | (s->n[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER ? NEED_NOTIFY : 0);
	default: return 0;
	}
}

/* Once each, in the order of the steps. */
static void note(struct arena *a, struct str_list *l, const char *pointer)
{
	char **v;

	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], pointer))
			return;
	v = arena_array(a, l->n + 2, sizeof *v);
	for (size_t i = 0; i < l->n; i++)
		v[i] = l->v[i];
	v[l->n++] = arena_strdup(a, pointer);
	l->v = v;
}

static void note_all(struct probe_env *e, uint64_t set, const char *pointer)
{
	for (unsigned bit = 0; bit < NEED_BITS && pointer && *pointer; bit++)
		if (set >> bit & 1)
			note(e->a, &e->needed_by[bit], pointer);
}

uint64_t needs_of_plan(const struct planned *p, struct probe_env *e)
{
	uint64_t set = NEED_ALWAYS;

	e->planned = p;
	e->userns = p->identity.userns;
	for (int i = 0; i < p->plan->n_slots; i++)
		if (p->slots[i].kind == SLOT_SOURCE) {
			set |= NEED_SOURCES;
			note_all(e, NEED_SOURCES, p->slots[i].pointer);
		}
	for (uint32_t i = 0; i < p->plan->n_steps; i++) {
		uint64_t of = of_step(p, plan_step(p->plan, i), e);

		note_all(e, of, plan_step_pointer(p, i));
		set |= of;
	}
	return set;
}
