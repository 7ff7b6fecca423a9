/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning namespaces and id maps.
 *
 * When every namespace is a new one, a single clone3 makes them all, the user namespace
 * first, so that it owns the others; the maps are written before stage-2 is exec'd. When some
 * are joined, stage-2 is exec'd in the caller's namespaces and goes step by step: joins that
 * the caller's rights allow, the user namespace with its maps, the joins that had to wait for
 * it, the new ones, and a fork into the pid namespace.
 */
#include "planner.h"

#include "../spec/arena.h"
#include "nsids.h"

#include <linux/capability.h>
#include <linux/sched.h>
#include <string.h>

static const uint64_t clone_flag[NS__COUNT] = {
	[NS_PID] = CLONE_NEWPID,       [NS_NETWORK] = CLONE_NEWNET, [NS_MOUNT] = CLONE_NEWNS,
	[NS_IPC] = CLONE_NEWIPC,       [NS_UTS] = CLONE_NEWUTS,     [NS_USER] = CLONE_NEWUSER,
	[NS_CGROUP] = CLONE_NEWCGROUP, [NS_TIME] = CLONE_NEWTIME,
};

uint64_t ns_clone_flags(unsigned namespaces)
{
	uint64_t flags = 0;

	for (int t = 0; t < NS__COUNT; t++)
		if (namespaces >> t & 1)
			flags |= clone_flag[t];
	return flags;
}

/* The time namespace has a step of its own: its offsets come before anybody is in it. */
static uint64_t new_flags(const struct builder *b)
{
	uint64_t flags = 0;

	for (int t = 0; t < NS__COUNT; t++)
		if (b->new_ns[t] && t != NS_TIME)
			flags |= clone_flag[t];
	return flags;
}

static bool any_joined(const struct builder *b)
{
	for (size_t i = 0; i < b->s->linux_->namespaces.n; i++)
		if (b->s->linux_->namespaces.v[i].path)
			return true;
	return false;
}

/* Written by us: as root with CAP_SETUID and CAP_SETGID, or the one map of our own id. */
static bool writes_directly(const struct builder *b, const struct id_maps *m, uint32_t own)
{
	uint64_t need = 1ull << CAP_SETUID | 1ull << CAP_SETGID;

	if ((b->f->caps & need) == need)
		return true;
	return m->n == 1 && m->v[0].size == 1 && m->v[0].host == own;
}

static bool granted(const struct id_ranges *r, uint32_t own, const struct id_map *m)
{
	if (m->size == 1 && m->host == own)
		return true;
	for (size_t i = 0; i < r->n; i++)
		if (m->host >= r->v[i].start &&
		    (uint64_t)m->host + m->size <= (uint64_t)r->v[i].start + r->v[i].count)
			return true;
	return false;
}

static void check_granted(struct builder *b, const struct id_maps *m, const struct id_ranges *r, uint32_t own,
			  bool gid)
{
	const char *field = gid ? "gidMappings" : "uidMappings", *file = gid ? "/etc/subgid" : "/etc/subuid";

	for (size_t i = 0; i < m->n; i++) {
		struct diag *d;

		if (granted(r, own, &m->v[i]))
			continue;
		d = diag_error(b->dg, "host ids %u to %u are not granted to this user in %s", m->v[i].host,
			       m->v[i].host + m->v[i].size - 1, file);
		spec_atf(b->s, d, "/linux/%s/%zu", field, i);
		d->hint = arena_printf(
			b->a,
			"map your own id %u with size 1, or have root grant a range: usermod --add-sub%s 100000-165535 USER",
			own, gid ? "gids" : "uids");
	}
}

static void check_helper(struct builder *b, bool there, const char *path, const char *field)
{
	struct diag *d;

	if (there)
		return;
	d = diag_error(b->dg, "mapping more than your own id needs %s, which is not installed", path);
	spec_at(b->s, d, field);
	d->hint = "install the package \"uidmap\" (Debian, Ubuntu) or \"shadow-utils\" (Fedora)";
}

static void plan_maps(struct builder *b)
{
	const struct spec_linux *l = b->s->linux_;
	bool gids = writes_directly(b, &l->gid_maps, b->f->gid);
	bool direct = gids && writes_directly(b, &l->uid_maps, b->f->uid);
	struct step *s;

	if (!direct) {
		check_helper(b, b->f->newuidmap, NEWUIDMAP, "/linux/uidMappings");
		check_helper(b, b->f->newgidmap, NEWGIDMAP, "/linux/gidMappings");
		check_granted(b, &l->uid_maps, &b->f->subuid, b->f->uid, false);
		check_granted(b, &l->gid_maps, &b->f->subgid, b->f->gid, true);
	}
	/*
	 * An unprivileged writer must give up setgroups(2) for the namespace: user_namespaces(7).
	 * newgidmap(1) does so too where nothing of /etc/subgid is mapped, whatever the uids are.
	 */
	b->setgroups_denied = b->f->setgroups_denied || (gids && !(b->f->caps >> CAP_SETGID & 1));
	s = add_step(b, STEP_MAP_IDS, "/linux/uidMappings");
	s->s[0] = put_str(b, id_map_text(b->a, &l->uid_maps));
	s->s[1] = put_str(b, id_map_text(b->a, &l->gid_maps));
	s->n[0] = !direct;
	s->n[1] = b->setgroups_denied;
}

/* Who to be inside: root where it is mapped, else the first id that is. */
static void set_identity(struct builder *b)
{
	const struct spec_linux *l = b->s->linux_;
	struct plan_identity *id = &b->out->identity;

	id->root = id_mapped(&l->uid_maps, 0) && id_mapped(&l->gid_maps, 0);
	if (!id->root && l->uid_maps.n && l->gid_maps.n) {
		id->uid = l->uid_maps.v[0].container;
		id->gid = l->gid_maps.v[0].container;
	}
	id->drop_groups = !b->setgroups_denied && !b->keeps_groups;
}

static void add_join(struct builder *b, size_t i, int slot, uint64_t when)
{
	const struct spec_namespace *n = &b->s->linux_->namespaces.v[i];
	struct step *s = add_step(b, STEP_JOIN, "/linux/namespaces/%zu", i);

	s->s[0] = put_str(b, n->path);
	s->s[1] = put_str(b, ns_type_name(n->type));
	s->n[0] = clone_flag[n->type];
	s->n[1] = (uint64_t)slot;
	s->n[2] = when;
}

/* Whether the configuration changes something in a namespace of this type. */
static bool is_changed(const struct builder *b, enum ns_type t)
{
	const struct kv_list *sysctl = &b->s->linux_->sysctl;

	if (t == NS_UTS && (b->s->hostname || b->s->domainname))
		return true;
	for (size_t i = 0; i < sysctl->n; i++) {
		bool net = !strncmp(sysctl->v[i].key, "net", 3);

		if (net ? t == NS_NETWORK : t == NS_IPC || t == NS_UTS)
			return true;
	}
	return false;
}

static int ns_slot(struct builder *b, size_t i)
{
	const struct spec_namespace *n = &b->s->linux_->namespaces.v[i];

	return add_slot(b, (struct slot){ .kind = SLOT_NAMESPACE,
					  .path = n->path,
					  .ns = n->type,
					  .changed = is_changed(b, n->type),
					  .pointer = arena_printf(b->a, "/linux/namespaces/%zu/path", i) });
}

static void join_others(struct builder *b, const int *slots, uint64_t when)
{
	for (size_t i = 0; i < b->s->linux_->namespaces.n; i++)
		if (b->s->linux_->namespaces.v[i].path && b->s->linux_->namespaces.v[i].type != NS_USER)
			add_join(b, i, slots[i], when);
}

static void add_identity(struct builder *b)
{
	struct step *s = add_step(b, STEP_IDENTITY, "/linux/uidMappings");

	s->n[0] = b->out->identity.root || b->user_joined ? 0 : b->out->identity.uid;
	s->n[1] = b->out->identity.root || b->user_joined ? 0 : b->out->identity.gid;
}

static void step_by_step(struct builder *b)
{
	size_t n = b->s->linux_->namespaces.n;
	int *slots = arena_array(b->a, n, sizeof *slots);
	bool user = b->user_new || b->user_joined;
	uint64_t rest = new_flags(b) & ~(uint64_t)CLONE_NEWUSER;

	for (size_t i = 0; i < n; i++)
		if (b->s->linux_->namespaces.v[i].path)
			slots[i] = ns_slot(b, i);
	join_others(b, slots, user);
	for (size_t i = 0; i < n && b->user_joined; i++)
		if (b->s->linux_->namespaces.v[i].type == NS_USER)
			add_join(b, i, slots[i], 0);
	if (b->user_new) {
		add_step(b, STEP_UNSHARE, "/linux/namespaces")->n[0] = CLONE_NEWUSER;
		plan_maps(b);
		set_identity(b);
	}
	if (user)
		add_identity(b);
	if (user)
		join_others(b, slots, 2);
	if (rest)
		add_step(b, STEP_UNSHARE, "/linux/namespaces")->n[0] = rest;
	if (spec_namespace(b->s, NS_PID))
		add_step(b, STEP_FORK, "/linux/namespaces");
}

static char *offset_text(struct builder *b)
{
	const struct spec_time_offset *m = b->s->linux_->time_monotonic, *t = b->s->linux_->time_boottime;
	char *text = arena_strdup(b->a, "");

	if (m)
		text = arena_printf(b->a, "monotonic %lld %llu\n", (long long)m->secs.v,
				    (unsigned long long)m->nanosecs.v);
	if (t)
		text = arena_printf(b->a, "%sboottime %lld %llu\n", text, (long long)t->secs.v,
				    (unsigned long long)t->nanosecs.v);
	return text;
}

static void plan_net_devices(struct builder *b)
{
	const struct net_device_list *l = &b->s->linux_->net_devices;

	for (size_t i = 0; i < l->n; i++) {
		struct step *s = add_step(b, STEP_NET_DEVICE, "/linux/netDevices/%s",
					  pointer_token(b, l->v[i].host_name));

		s->s[0] = put_str(b, l->v[i].host_name);
		s->s[1] = put_str(b, l->v[i].name && *l->v[i].name ? l->v[i].name : l->v[i].host_name);
	}
}

void plan_namespaces(struct builder *b, uint32_t *first_child)
{
	struct step *clone = add_step(b, STEP_CLONE, "/linux/namespaces");

	*first_child = (uint32_t)b->n_steps;
	if (any_joined(b)) {
		step_by_step(b);
	} else {
		clone->n[0] = new_flags(b);
		if (b->user_new) {
			plan_maps(b);
			set_identity(b);
			b->out->identity.userns = true;
			*first_child = (uint32_t)b->n_steps;
		}
	}
	if (b->new_ns[NS_TIME])
		add_step(b, STEP_TIME, "/linux/timeOffsets")->s[0] = put_str(b, offset_text(b));
}

/*
 * As late as can be: the namespace may still be in the making (early_net.h). So before the first step that
 * looks at a network, and at the latest before the root is the sandbox's.
 */
void plan_network(struct builder *b)
{
	const struct spec_sbrun *sb = &b->s->sbrun;

	if (b->network_planned)
		return;
	b->network_planned = true;
	if (b->new_ns[NS_NETWORK] && !(sb->set_network && sb->network == NETWORK_NONE))
		add_step(b, STEP_LOOPBACK, sb->set_network ? "/sbrun/network" : "/linux/namespaces");
	plan_net_devices(b);
}

/* ---- exec ---- */

static void join_of_init(struct builder *b, const struct plan_exec_opts *o, enum ns_type t)
{
	char path[NS_PATH_SIZE];
	struct slot slot = {
		.kind = SLOT_NAMESPACE, .ns = t, .ino = o->ns_ino[t], .pointer = "/linux/namespaces"
	};
	struct step *s;

	slot.path = arena_strdup(b->a, ns_path(path, o->init_pid, t));
	s = add_step(b, STEP_JOIN, "/linux/namespaces");
	s->s[0] = put_str(b, slot.path);
	s->s[1] = put_str(b, ns_type_name(t));
	s->n[0] = clone_flag[t];
	s->n[1] = (uint64_t)add_slot(b, slot);
}

/*
 * The tools are taken before anything is joined, by whoever may clone mounts here; an ordinary user may
 * only as root of the sandbox's user namespace, so that one is joined first: by the pidfd, or it is already.
 */
static void plan_tools(struct builder *b, const struct plan_exec_opts *o, bool privileged, int pidfd)
{
	struct step *s = add_step(b, STEP_TOOLS, "/process");

	s->s[0] = put_str(b, o->tools);
	s->n[0] = privileged ? 0 : o->ns_ino ? 2 : 1;
	s->n[1] = (uint64_t)pidfd;
}

static void join_one_by_one(struct builder *b, const struct plan_exec_opts *o, bool user)
{
	for (int t = 0; t < NS__COUNT && o->ns_ino; t++)
		if (o->namespaces >> t & 1 && (t == NS_USER) == user)
			join_of_init(b, o, (enum ns_type)t);
}

/*
 * All at once by the init's pidfd. Where the payload itself is PID 1 it may have left them for some
 * of its own: then one by one, each proven to be what it was at create, the user namespace first.
 */
void plan_enter(struct builder *b, const struct plan_exec_opts *o)
{
	bool user = o->namespaces >> NS_USER & 1, privileged = !user || caps_has_own(b->f, CAP_SYS_ADMIN);
	int pidfd = add_slot(b, (struct slot){ .kind = SLOT_PIDFD });
	uint64_t flags = ns_clone_flags(o->namespaces);
	struct step *s;

	if (o->tools && privileged)
		plan_tools(b, o, true, pidfd);
	join_one_by_one(b, o, true);
	if (o->tools && !privileged) {
		plan_tools(b, o, false, pidfd);
		flags &= ~(uint64_t)CLONE_NEWUSER; /* it can't be joined twice */
	}
	join_one_by_one(b, o, false);
	s = add_step(b, STEP_ENTER, "/linux/namespaces");
	s->n[0] = flags;
	s->n[3] = o->ns_ino != NULL;
	s->n[1] = (uint64_t)pidfd;
	if (o->by_root_fd)
		s->n[2] = 1 + (uint64_t)add_slot(b, (struct slot){ .kind = SLOT_ROOT });
	if (!o->tools)
		return;
	s = add_step(b, STEP_BRING, "/process");
	s->s[0] = put_str(b, o->tools_place);
	s->n[0] = o->tools_are_root;
}
