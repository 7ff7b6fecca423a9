/* SPDX-License-Identifier: Apache-2.0 */
/* Planning the root and the mounts: one step for each, in the user's order. */
#include "planner.h"

#include "../spec/arena.h"
#include "../spec/number.h"
#include "idmap_option.h"
#include "mountopt.h"
#include "notify.h"

#include <linux/mount.h>
#include <stdio.h>
#include <string.h>

/* Superblock flags that fsconfig knows; the others of the table have no effect on one mount. */
#define SB_OPTIONS (MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME)

/* These take "ro" as a property of the mount alone: their superblock may be shared. */
static const char *const pseudo_fs[] = { "proc",   "sysfs",   "tmpfs",   "devpts", "mqueue",
					 "cgroup", "cgroup2", "overlay", "ramfs" };

static bool is_pseudo(const char *type)
{
	for (size_t i = 0; i < sizeof pseudo_fs / sizeof *pseudo_fs; i++)
		if (!strcmp(type, pseudo_fs[i]))
			return true;
	return false;
}

/* A mount of any other type may take the network namespace for its own, as sysfs and nfs do. */
static bool looks_at_network(const char *type)
{
	return !is_pseudo(type) || !strcmp(type, "sysfs");
}

static void mount_init(struct plan_mount *m)
{
	memset(m, 0, sizeof *m);
	m->source_slot = m->idmap_slot = m->lower_slot = -1;
}

/*
 * "shared" both ways: what is mounted inside shows on the host. Our copy of the host's mounts is a slave, and so
 * would be a clone of it, therefore the runtime clones it in the caller's namespace. Only for a
 * configuration that says so twice (linux.rootfsPropagation), as with others, and never out of a user
 * namespace.
 */
static bool shares_with_host(const struct builder *b, const struct plan_mount *m)
{
	const char *p = b->s->linux_->rootfs_propagation;

	return m->propagation == MS_SHARED && p && strstr(p, "shared") && b->new_ns[NS_MOUNT] && !b->user_new &&
	       !b->user_joined && b->f->uid == 0;
}

void plan_source_slot(struct builder *b, struct plan_mount *m, const char *path, const char *pointer)
{
	bool shared = shares_with_host(b, m);

	if (!b->sources_by_parent && !shared)
		return;
	m->source_slot =
		add_slot(b, (struct slot){ .kind = SLOT_SOURCE,
					   .path = path,
					   .recursive = m->flags & PM_REC,
					   .shared = shared,
					   .nofollow = m->flags & (PM_SRC_NOFOLLOW | PM_COPY_SYMLINK),
					   .pointer = pointer });
}

static void from_options(const struct mount_opts *o, struct plan_mount *m)
{
	static const struct {
		size_t at;
		uint32_t flag;
	} flags[] = {
		{ offsetof(struct mount_opts, tmpcopyup), PM_TMPCOPYUP },
		{ offsetof(struct mount_opts, copy_symlink), PM_COPY_SYMLINK },
		{ offsetof(struct mount_opts, src_nofollow), PM_SRC_NOFOLLOW },
		{ offsetof(struct mount_opts, dest_nofollow), PM_DEST_NOFOLLOW },
		{ offsetof(struct mount_opts, rbind), PM_REC },
		{ offsetof(struct mount_opts, remount), PM_REMOUNT },
	};

	m->attr_set = o->attr_set;
	m->attr_clr = o->attr_clr;
	m->rec_set = o->rec_set;
	m->rec_clr = o->rec_clr;
	m->sb_set = o->sb_flags_set & SB_OPTIONS;
	m->propagation = (uint32_t)o->propagation;
	m->propagation_rec = o->propagation_rec;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (*((const char *)o + flags[i].at))
			m->flags |= flags[i].flag;
	for (size_t i = 0; i < o->data.n; i++) {
		if (strncmp(o->data.v[i], "mode=", 5) == 0)
			m->flags |= PM_OWN_MODE;
		if (strncmp(o->data.v[i], "uid=", 4) == 0 || strncmp(o->data.v[i], "gid=", 4) == 0)
			m->flags |= PM_OWN_OWNER;
	}
}

/*
 * A gid that has no meaning in the sandbox's user namespace would make the mount fail: devpts' gid=5.
 * linux.mountLabel is one more option.
 */
static struct str_list usable_data(struct builder *b, const char *type, const struct str_list *data)
{
	struct str_list out = { arena_array(b->a, data->n + 2, sizeof(char *)), 0 };
	char *label = plan_mount_label(b, type, data);
	uint32_t gid;

	for (size_t i = 0; i < data->n; i++) {
		const char *p = data->v[i];

		if (b->user_new && !strncmp(p, "gid=", 4) && (p += 4, number_next(&p, &gid)) &&
		    !id_mapped(&b->s->linux_->gid_maps, gid))
			continue;
		out.v[out.n++] = data->v[i];
	}
	if (label)
		out.v[out.n++] = label;
	return out;
}

/* What the kernel may refuse here has one declared alternative: the caller's own, bound. */
static const char *alternative(struct builder *b, const char *type)
{
	bool userns = b->user_new || b->user_joined || !b->f->initial_userns;

	if (!strcmp(type, "proc") && !spec_namespace(b->s, NS_PID))
		return "/proc";
	if (!strcmp(type, "sysfs") && (userns || !b->new_ns[NS_NETWORK]))
		return "/sys";
	if (!strcmp(type, "mqueue") && !spec_namespace(b->s, NS_IPC))
		return "/dev/mqueue";
	return NULL;
}

static void fs_mount(struct builder *b, const struct spec_mount *sm, const char *type,
		     const struct mount_opts *o, struct plan_mount *m)
{
	struct str_list data = usable_data(b, type, &o->data);
	const char *alt = alternative(b, type);

	m->type = put_str(b, type);
	m->source = put_str(b, sm->source);
	m->data = put_list(b, &data);
	m->n_data = (uint32_t)data.n;
	m->alt = put_str(b, alt);
	if (alt && !strcmp(alt, "/sys"))
		m->flags |= PM_ALT_RO;
	if (o->sb_flags_set & MS_RDONLY && !is_pseudo(type))
		m->flags |= PM_SB_RDONLY;
	if (!strcmp(type, "proc"))
		m->flags |= PM_PROC | PM_REAL_DIR;
	if (!strcmp(type, "sysfs"))
		m->flags |= PM_REAL_DIR;
	if (!strcmp(type, "devpts") && !strcmp(sm->destination, "/dev/pts"))
		m->flags |= PM_DEVPTS;
}

static void bind_mount(struct builder *b, const struct spec_mount *sm, struct plan_mount *m,
		       const char *pointer)
{
	const char *source = host_path(b, sm->source);

	m->flags |= PM_BIND;
	m->source = put_str(b, source);
	plan_source_slot(b, m, source, arena_printf(b->a, "%s/source", pointer));
}

/* A bind has no file system that would refuse a word: a slip of "ro" must not pass for nothing. */
static void warn_unknown(struct builder *b, const struct spec_mount *sm, const struct mount_opts *o,
			 const char *pointer)
{
	for (size_t i = 0; i < o->data.n; i++) {
		const char *near = suggest(o->data.v[i], mount_option_names());
		struct diag *d = diag_warning(b->dg, "\"%s\" means nothing for a bind mount", o->data.v[i]);
		size_t k = 0;

		while (k + 1 < sm->options.n && strcmp(sm->options.v[k], o->data.v[i]) != 0)
			k++;
		spec_atf(b->s, d, "%s/options/%zu", pointer, k);
		d->hint = near ? arena_printf(b->a, "did you mean \"%s\"?", near) : "it is ignored";
	}
}

/* The maps of an idmapped mount: the option's, the mount's own, or the sandbox's. False: refused. */
static bool find_maps(struct builder *b, const struct spec_mount *sm, const struct mount_opts *o,
		      struct id_maps *uids, struct id_maps *gids, const char *pointer)
{
	const struct spec_linux *l = b->s->linux_;
	const char *wrong;

	*uids = sm->uid_maps.n ? sm->uid_maps : l->uid_maps;
	*gids = sm->uid_maps.n ? sm->gid_maps : l->gid_maps;
	if (o->idmap_maps) {
		wrong = idmap_option_parse(b->a, o->idmap_maps, &l->uid_maps, &l->gid_maps, uids, gids);
		if (!wrong)
			return true;
		spec_atf(b->s, diag_error(b->dg, "the option idmap=%s: %s", o->idmap_maps, wrong),
			 "%s/options", pointer);
		return false;
	}
	if (uids->n)
		return true;
	spec_atf(b->s,
		 diag_error(b->dg, "an idmapped mount needs uidMappings and gidMappings, here or in linux"),
		 "%s/options", pointer);
	return false;
}

/*
 * Idmapped (config.md, "idmap"). It needs privileges over the file system: where the sandbox
 * has a new user namespace the runtime does it, on the clone that it makes of the source.
 */
static void idmap(struct builder *b, const struct spec_mount *sm, const struct mount_opts *o,
		  struct plan_mount *m, const char *pointer)
{
	struct id_maps uids, gids;

	if ((!o->idmap && !o->ridmap && !sm->uid_maps.n) || !find_maps(b, sm, o, &uids, &gids, pointer))
		return;
	if (!(m->flags & PM_BIND)) {
		spec_atf(b->s, diag_error(b->dg, "only bind mounts can be idmapped"), "%s", pointer);
		return;
	}
	if (o->ridmap)
		m->flags |= PM_IDMAP_REC;
	m->idmap_slot = add_slot(b, (struct slot){ .kind = SLOT_IDMAP,
						   .uid_map = id_map_text(b->a, &uids),
						   .gid_map = id_map_text(b->a, &gids),
						   .recursive = o->ridmap,
						   .idmaps = m->source_slot + 1,
						   .pointer = pointer });
}

static void overlay_mount(struct builder *b, const struct spec_mount *sm, struct plan_mount *m,
			  const char *pointer)
{
	struct spec_overlay classic = { 0 };
	struct str_list rest = sm->options;
	struct mount_opts o = { 0 };

	if (sm->overlay)
		plan_overlay(b, sm->overlay, m, arena_printf(b->a, "%s/overlay", pointer));
	else if (spec_overlay_from_options(b->a, sm, &classic, &rest, NULL) == 0)
		plan_overlay(b, &classic, m, arena_printf(b->a, "%s/options", pointer));
	mount_opts_parse(b->a, &rest, &o);
	if (!(m->flags & PM_OVERLAY))
		return; /* a single layer is a bind: overlayfs' own options mean nothing to it */
	o.data = usable_data(b, "overlay", &o.data);
	m->data = put_list(b, &o.data);
	m->n_data = (uint32_t)o.data.n;
}

static void plan_one(struct builder *b, const struct spec_mount *sm, const char *pointer)
{
	struct mount_opts o = { 0 };
	struct plan_mount m;
	const char *type = sm->type ? sm->type : "";

	mount_init(&m);
	mount_opts_parse(b->a, &sm->options, &o);
	from_options(&o, &m);
	if (!strcmp(type, "rbind"))
		m.flags |= PM_REC;
	m.target = put_str(b, *sm->destination == '/' ? sm->destination
						      : arena_printf(b->a, "/%s", sm->destination));
	if (!strcmp(type, "cgroup") || (!strcmp(type, "cgroup2") && !o.bind && !o.rbind)) {
		plan_cgroup_mount(b, sm, &m, pointer);
		return;
	}
	if (m.flags & PM_REMOUNT)
		; /* nothing to make: the attributes of what is there are changed */
	else if (sm->overlay || !strcmp(type, "overlay"))
		overlay_mount(b, sm, &m, pointer);
	else if (o.bind || o.rbind || !strcmp(type, "bind") || !strcmp(type, "rbind")) {
		bind_mount(b, sm, &m, pointer);
		warn_unknown(b, sm, &o, pointer);
	} else {
		if (looks_at_network(type))
			plan_network(b);
		fs_mount(b, sm, type, &o, &m);
	}
	if (plan_filled_later(b, sm))
		m.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	idmap(b, sm, &o, &m, pointer);
	add_step(b, STEP_MOUNT, "%s", pointer)->s[0] = put_bytes(b, &m, sizeof m);
}

void plan_mounts(struct builder *b)
{
	plan_label_check(b);
	for (size_t i = 0; i < b->s->mounts.n; i++)
		plan_one(b, &b->s->mounts.v[i], arena_printf(b->a, "/mounts/%zu", i));
}

/* Last of the mounts, whatever the configuration has at /run. Its attributes are runc's. */
void plan_notify(struct builder *b, const char *dir)
{
	static char *const options[] = { "bind", "nosuid", "nodev", "noexec", "ro" };
	struct spec_mount m = {
		.destination = NOTIFY_INSIDE,
		.type = "bind",
		.source = (char *)dir,
		.options = { (char **)(uintptr_t)options, sizeof options / sizeof *options },
	};

	if (dir)
		plan_one(b, &m, "/process/env");
}

/* How mounts reach us from the host: slaves by default, as runc does; a private root gets none. */
static void plan_propagation(struct builder *b)
{
	const char *p = b->s->linux_->rootfs_propagation;
	bool cut = p && (strstr(p, "private") || strstr(p, "unbindable"));

	if (b->user_new && !cut)
		return; /* the kernel has made them slaves: another user namespace owns them */
	add_step(b, STEP_PROPAGATION, p ? "/linux/rootfsPropagation" : "/linux/namespaces")->n[0] =
		cut ? MS_PRIVATE : MS_SLAVE;
}

static bool is_shared(const struct spec_overlay *o)
{
	return o && o->lowerdirs.n && o->ephemeral.set && o->ephemeral.shared;
}

/* The tmpfs that overlays share comes below the root, and goes with the host's mounts. */
static void share_ephemeral(const struct builder *b, struct step *root)
{
	const struct spec_overlay *o = b->s->root->overlay;

	for (size_t i = 0; i < b->s->mounts.n && !is_shared(o); i++)
		o = b->s->mounts.v[i].overlay;
	root->n[0] = is_shared(o);
	root->n[1] = is_shared(o) ? o->ephemeral.size : 0;
}

void plan_root(struct builder *b, bool no_pivot)
{
	const struct spec_root *r = b->s->root;
	struct plan_mount m;
	const char *path = NULL;
	struct step *s;

	plan_propagation(b);
	mount_init(&m);
	m.target = put_str(b, "/");
	if (r->overlay) {
		struct str_list none = { NULL, 0 }, data = usable_data(b, "overlay", &none);

		plan_overlay(b, r->overlay, &m, "/root/overlay");
		if (m.flags & PM_OVERLAY) {
			m.data = put_list(b, &data);
			m.n_data = (uint32_t)data.n;
		}
	} else {
		path = host_path(b, r->path);
		m.flags = PM_BIND | PM_REC;
		m.source = put_str(b, path);
		plan_source_slot(b, &m, path, "/root/path");
	}
	s = add_step(b, STEP_ROOT, r->overlay ? "/root/overlay" : "/root/path");
	s->s[0] = put_bytes(b, &m, sizeof m);
	share_ephemeral(b, s);
	if (wants_create_hooks(b) && path && !no_pivot) /* hooks read root.path and look for the root there */
		s->s[1] = put_str(b, path);
}

/* ---- overlay ---- */

static void claim_upper(struct builder *b, const char *path, const char *pointer)
{
	struct planned *out = b->out;

	out->uppers.v = arena_grow(b->a, out->uppers.v, &b->cap_uppers, out->uppers.n + 1, sizeof(char *));
	out->upper_pointers.v = arena_grow(b->a, out->upper_pointers.v, &b->cap_upper_pointers,
					   out->uppers.n + 1, sizeof(char *));
	out->upper_pointers.v[out->uppers.n] = (char *)pointer;
	out->uppers.v[out->uppers.n++] = (char *)path;
}

/* Nothing below: an empty directory, writable when an upper is asked for. */
static void no_layers(struct builder *b, const struct spec_overlay *o, struct plan_mount *m,
		      const char *pointer)
{
	struct str_list data = { 0 };

	if (o->upperdir) {
		m->flags |= PM_BIND;
		m->source = put_str(b, host_path(b, o->upperdir));
		plan_source_slot(b, m, host_path(b, o->upperdir), pointer);
		claim_upper(b, host_path(b, o->upperdir), arena_printf(b->a, "%s/upperdir", pointer));
		return;
	}
	m->type = put_str(b, "tmpfs");
	data.v = arena_array(b->a, 2, sizeof(char *));
	data.v[data.n++] = arena_strdup(b->a, "mode=0755");
	if (o->ephemeral.size)
		data.v[data.n++] =
			arena_printf(b->a, "size=%llu", (unsigned long long)o->ephemeral.size);
	m->data = put_list(b, &data);
	m->n_data = (uint32_t)data.n;
	if (!o->ephemeral.set)
		m->attr_set |= MOUNT_ATTR_RDONLY;
}

/* One layer without an upper is no overlay to the kernel (EINVAL): a read-only bind is the same thing. */
static void one_layer(struct builder *b, const struct spec_overlay *o, struct plan_mount *m,
		      const char *pointer)
{
	const char *path = host_path(b, o->lowerdirs.v[0]);

	m->flags |= PM_BIND;
	m->attr_set |= MOUNT_ATTR_RDONLY;
	m->attr_clr &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	m->source = put_str(b, path);
	plan_source_slot(b, m, path, arena_printf(b->a, "%s/lowerdirs/0", pointer));
}

static void put_layers(struct builder *b, const struct spec_overlay *o, struct plan_mount *m,
		       const char *pointer)
{
	struct str_list l = { arena_array(b->a, o->lowerdirs.n + 1, sizeof(char *)), o->lowerdirs.n };

	for (size_t i = 0; i < l.n; i++)
		l.v[i] = (char *)host_path(b, o->lowerdirs.v[i]);
	m->lowers = put_list(b, &l);
	m->n_lowers = (uint32_t)l.n;
	for (size_t i = 0; i < l.n && b->sources_by_parent; i++) {
		int k = add_slot(
			b, (struct slot){ .kind = SLOT_DIR,
					  .path = l.v[i],
					  .pointer = arena_printf(b->a, "%s/lowerdirs/%zu", pointer, i) });

		m->lower_slot = i ? m->lower_slot : k;
	}
}

static void put_upper(struct builder *b, const struct spec_overlay *o, struct plan_mount *m,
		      const char *pointer)
{
	const char *upper = host_path(b, o->upperdir), *work = host_path(b, o->workdir);

	m->upper = put_str(b, upper);
	m->work = put_str(b, work);
	claim_upper(b, upper, arena_printf(b->a, "%s/upperdir", pointer));
	if (!b->sources_by_parent)
		return;
	/* right behind the lowers: upper, work */
	add_slot(b, (struct slot){ .kind = SLOT_DIR,
				   .path = upper,
				   .pointer = arena_printf(b->a, "%s/upperdir", pointer) });
	add_slot(b, (struct slot){ .kind = SLOT_DIR,
				   .path = work,
				   .pointer = arena_printf(b->a, "%s/workdir", pointer) });
}

void plan_overlay(struct builder *b, const struct spec_overlay *o, struct plan_mount *m, const char *pointer)
{
	bool upper = o->upperdir || o->ephemeral.set;

	if (!o->lowerdirs.n) {
		no_layers(b, o, m, pointer);
		return;
	}
	if (o->lowerdirs.n == 1 && !upper) {
		one_layer(b, o, m, pointer);
		return;
	}
	m->flags |= PM_OVERLAY;
	put_layers(b, o, m, pointer);
	if (o->upperdir)
		put_upper(b, o, m, pointer);
	if (!upper)
		m->attr_set |= MOUNT_ATTR_RDONLY;
	if (o->ephemeral.set)
		m->flags |= PM_EPHEMERAL | (o->ephemeral.shared ? PM_EPH_SHARED : 0u);
	m->eph_size = o->ephemeral.size;
	if (o->is_volatile)
		m->flags |= PM_VOLATILE;
	/* trusted.overlay.* xattrs are out of reach in a user namespace: overlayfs, "userxattr" */
	if (b->user_new || b->user_joined || !b->f->initial_userns)
		m->flags |= PM_USERXATTR;
	else
		m->flags |= PM_NO_REDIRECT;
}
