/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What depends on a bundle's own files and numbers: how many layers an overlay takes, which file systems can
 * be idmapped, what may be executed below the root, limits that are raised. Without a bundle, what any may
 * ask for.
 */
#include "probe.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "idmap.h"
#include "planner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

/* What runs inside probe_inside gets no argument. */
static const struct probe_env *env;

/* The next mount of the plan, or of the root, from step *i on; NULL: there is none any more. */
static const struct plan_mount *next_mount(const struct planned *p, uint32_t *i, const char **pointer)
{
	for (; p && *i < p->plan->n_steps; ++*i) {
		const struct step *s = plan_step(p->plan, *i);

		if (s->kind != STEP_ROOT && s->kind != STEP_MOUNT)
			continue;
		*pointer = plan_step_pointer(p, (*i)++);
		return plan_blob(p->plan, s->s[0]);
	}
	return NULL;
}

/* ---- layers ---- */

/* what overlayfs takes (OVL_MAX_STACK), and some more descriptors than sbrun has beside them */
enum { MAX_LAYERS = 500, OTHER_FILES = 24 };

static unsigned layers_wanted(void)
{
	const struct plan_mount *m;
	const char *pointer;
	unsigned most = 2;
	uint32_t i = 0;

	while ((m = next_mount(env->planned, &i, &pointer)))
		if (m->flags & PM_OVERLAY && m->n_lowers > most)
			most = m->n_lowers;
	return env->planned ? most : MAX_LAYERS;
}

/* Names as descriptors have them. */
static int make_dirs(int dir, unsigned n)
{
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%u", i);
		if (mkdirat(dir, name, 0755) < 0)
			return -1;
	}
	return 0;
}

static int add_layer(int fs, int dir, unsigned i)
{
	char name[48];

	snprintf(name, sizeof name, "%u", i);
	CLEANUP_FD fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_FD, "lowerdir+", NULL, fd);

	if (r == 0 || (errno != EINVAL && errno != EBADF))
		return r;
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	return (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir+", name, 0);
}

/* Before 6.8: one option string, which has to fit a page. */
static int mount_by_options(int dir, unsigned n)
{
	char options[MAX_LAYERS * 4 + 16] = "lowerdir=0", *end = options + strlen(options);

	for (unsigned i = 1; i < n && i < MAX_LAYERS; i++)
		end += snprintf(end, (size_t)(options + sizeof options - end), ":%u", i);
	if (fchdir(dir) < 0 || mkdir("merged", 0755) < 0)
		return -1;
	return (int)syscall(SYS_mount, "overlay", "merged", "overlay", MS_RDONLY, options);
}

static int mount_layers(int dir, unsigned n, unsigned *taken)
{
	CLEANUP_FD fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
	CLEANUP_FD mnt = -1;

	if (fs < 0)
		return -1;
	for (*taken = 0; *taken < n; ++*taken)
		if (add_layer(fs, dir, *taken) < 0) {
			bool unknown = *taken == 0 && (errno == EINVAL || errno == EOPNOTSUPP);

			return unknown ? mount_by_options(dir, n) : -1;
		}
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	return mnt < 0 ? -1 : 0;
}

/* Layers that the sandbox's ids can't reach are opened by sbrun, all of them before any is mounted. */
static void open_many(int dir, unsigned n, struct finding *out)
{
	struct rlimit files;
	unsigned opened = 0;

	while (opened < n + OTHER_FILES && fcntl(dir, F_DUPFD_CLOEXEC, 3) >= 0)
		opened++;
	if (opened == n + OTHER_FILES || getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	found(out, PROBE_WARN, "%u in one overlay; only %llu open files are allowed (RLIMIT_NOFILE)", n,
	      (unsigned long long)files.rlim_cur);
	found_breaks(out, "as many layers that the sandbox's ids can't reach: sbrun opens these first");
	found_fix(out, files.rlim_max > n + OTHER_FILES ? "ulimit -n %u" : "as root: ulimit -Hn %u; systemd: LimitNOFILE=%u",
		  n + 2 * OTHER_FILES, n + 2 * OTHER_FILES);
}

static void stack_layers(struct finding *out)
{
	unsigned n = layers_wanted(), taken = 0;
	CLEANUP_FD tmpfs = probe_tmpfs(out);

	if (tmpfs < 0 || probe_on_slash(tmpfs, out) < 0)
		return;
	if (make_dirs(tmpfs, n) < 0) {
		found_errno(out, "mkdir on tmpfs", errno);
	} else if (mount_layers(tmpfs, n, &taken) < 0) {
		found(out, PROBE_NO, "%u layers: %s%s", n, diag_errno_text(errno),
		      taken && taken < n ? ", after the first ones were taken" : "");
		out->after = env->userns ? NEED_OVERLAY_USERNS : NEED_OVERLAY;
	} else {
		found(out, PROBE_OK, "%u in one overlay", n);
		open_many(tmpfs, n, out);
	}
}

static void try_layers(const struct probe_env *e, struct finding *out)
{
	env = e;
	probe_inside(probe_namespaces(e, CLONE_NEWNS), NULL, stack_layers, out);
}

/* ---- idmapped mounts ---- */

/* Of this host: its names for the file systems that can't all be idmapped. */
static const char *type_of(struct arena *a, const char *path)
{
	char *text = facts_slurp(a, "/proc/self/mountinfo"), *save = NULL, *best = "file system";
	unsigned want_major, want_minor, major_, minor_;
	char type[64];
	struct stat st;

	if (stat(path, &st) < 0)
		return best;
	want_major = major(st.st_dev);
	want_minor = minor(st.st_dev);
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		const char *rest = strstr(line, " - ");

		if (sscanf(line, "%*s %*s %u:%u", &major_, &minor_) == 2 && major_ == want_major &&
		    minor_ == want_minor && rest && sscanf(rest, " - %63s", type) == 1)
			return arena_strdup(a, type);
	}
	return best;
}

static int set_idmap(int mnt, struct finding *out)
{
	struct mount_attr idmap = { .attr_set = MOUNT_ATTR_IDMAP };
	struct arena *a = arena_create();
	CLEANUP_FD ns = -1;
	struct diags dg;
	int r = -1;

	diags_init(&dg, a);
	ns = idmap_userns("0 0 1\n", "0 0 1\n", &dg);
	idmap.userns_fd = (uint64_t)ns;
	if (ns < 0)
		found_diags(out, &dg);
	else if ((r = (int)syscall(SYS_mount_setattr, mnt, "", AT_EMPTY_PATH, &idmap, sizeof idmap)) < 0)
		found_errno(out, "mount_setattr(MOUNT_ATTR_IDMAP)", errno);
	arena_destroy(a);
	return r;
}

static int map_clone(const char *path, struct finding *out)
{
	CLEANUP_FD mnt = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (mnt < 0) {
		found(out, PROBE_NO, "open_tree %s: %s", path, diag_errno_text(errno));
		return -1;
	}
	return set_idmap(mnt, out);
}

static void add_where(struct finding *out, const char *type, const char *path, const char *pointer)
{
	size_t n = strlen(out->detail);

	snprintf(out->detail + n, sizeof out->detail - n, " on the %s of %s%s%s", type, path, *pointer ? ", " : "", pointer);
}

/* The file systems that the configuration's idmapped binds are of. */
static void map_sources(struct finding *out)
{
	const struct plan_mount *m;
	const char *pointer, *types = "";
	uint32_t i = 0;

	while ((m = next_mount(env->planned, &i, &pointer))) {
		const char *path = m->idmap_slot < 0 ? NULL : plan_str(env->planned->plan, m->source), *type;

		if (!path)
			continue;
		type = type_of(env->a, path);
		if (map_clone(path, out) < 0) {
			add_where(out, type, path, pointer);
			return;
		}
		if (!strstr(types, type))
			types = arena_printf(env->a, "%s%s%s", types, *types ? ", " : "", type);
	}
	found(out, PROBE_OK, "what is mapped was mapped: %s", types);
}

/* Whether at all, and where we are. */
static void map_here(struct finding *out)
{
	CLEANUP_FD mnt = probe_tmpfs(out);
	const char *type = type_of(env->a, ".");

	if (mnt < 0 || set_idmap(mnt, out) < 0) {
		if (mnt >= 0)
			add_where(out, "tmpfs", "our own", "");
		return;
	}
	if (map_clone(".", out) == 0) {
		found(out, PROBE_OK, "a tmpfs was mapped, and the %s of the current directory", type);
		return;
	}
	add_where(out, type, "the current directory; a tmpfs was mapped", "");
	found_breaks(out, "mounts with uidMappings, or the options idmap and ridmap, of that file system");
	out->verdict = PROBE_WARN;
}

/* Who maps is the runtime, where it clones the source itself, else stage-2 with the sandbox's rights. */
static void try_idmap(const struct probe_env *e, struct finding *out)
{
	bool by_parent = false;

	env = e;
	for (int i = 0; e->planned && i < e->planned->plan->n_slots; i++)
		by_parent |= e->planned->slots[i].kind == SLOT_IDMAP && e->planned->slots[i].idmaps;
	probe_inside(by_parent ? CLONE_NEWNS : probe_namespaces(e, CLONE_NEWNS), NULL,
		     e->planned ? map_sources : map_here, out);
	if (out->verdict != PROBE_OK && !e->real_root && strstr(out->detail, diag_errno_text(EPERM)))
		found_fix(out, "run sbrun as root: the kernel maps only mounts of file systems that the caller's user "
			       "namespace has mounted itself");
}

/* ---- the root ---- */

static void try_rootfs(const struct probe_env *e, struct finding *out)
{
	const struct plan_mount *m;
	const char *pointer, *path;
	struct statvfs fs;
	uint32_t i = 0;

	m = next_mount(e->planned, &i, &pointer);
	if (!m || m->flags & PM_OVERLAY) {
		found(out, m ? PROBE_OK : PROBE_NOT_HERE, "an overlay, with attributes of its own");
		return;
	}
	path = plan_str(e->planned->plan, m->source);
	if (statvfs(path, &fs) < 0) {
		found(out, PROBE_NO, "statvfs %s: %s", path, diag_errno_text(errno));
		return;
	}
	found(out,
	      fs.f_flag & ST_NOEXEC                   ? PROBE_NO
	      : fs.f_flag & (ST_NOSUID | ST_NODEV)    ? PROBE_WARN
						      : PROBE_OK,
	      "%s, a %s%s%s%s", path, type_of(e->a, path), fs.f_flag & ST_NOEXEC ? ", noexec" : "",
	      fs.f_flag & ST_NOSUID ? ", nosuid" : "", fs.f_flag & ST_NODEV ? ", nodev" : "");
	if (!(fs.f_flag & ST_NOEXEC))
		found_breaks(out, "%s", fs.f_flag & ST_NOSUID ? "set-user-ID programs in the root, such as su and sudo"
							  : "device nodes in the root (those of /dev are not concerned)");
	found_fix(out, "mount -o remount,exec,suid,dev the file system of the root, or move the bundle to another");
}

/* ---- rlimits ---- */

/* As the runtime will: only a hard limit that goes up can be refused. */
static int raise_limit(const struct step *s, struct rlimit *now)
{
	struct rlimit want;

	if (getrlimit((__rlimit_resource_t)s->n[0], now) < 0)
		return -1;
	want = (struct rlimit){ now->rlim_cur, s->n[2] };
	return want.rlim_max <= now->rlim_max ? 0 : setrlimit((__rlimit_resource_t)s->n[0], &want);
}

static void try_rlimits(const struct probe_env *e, struct finding *out)
{
	unsigned n = 0;

	if (!e->planned) {
		found(out, PROBE_NOT_HERE, "no limit is asked for");
		return;
	}
	for (uint32_t i = 0; i < e->planned->plan->n_steps; i++) {
		const struct step *s = plan_step(e->planned->plan, i);
		bool limit = s->kind == STEP_RLIMIT || s->kind == STEP_OWN_RLIMIT;
		struct rlimit now = { 0 };

		if (!limit || (++n, raise_limit(s, &now) == 0))
			continue;
		found(out, PROBE_NO, "%s: %s to %llu: %s; the caller's hard limit is %llu",
		      plan_step_pointer(e->planned, i), plan_str(e->planned->plan, s->s[0]),
		      (unsigned long long)s->n[2], diag_errno_text(errno), (unsigned long long)now.rlim_max);
		found_fix(out, "%s",
			  e->real_root ? "sysctl fs.nr_open has what any process may have; or ask for less"
				       : "ask for at most that, or raise it before sbrun is started: as root ulimit -H, systemd's "
					 "Limit...=, /etc/security/limits.conf");
		return;
	}
	found(out, PROBE_OK, "%u can be set", n);
}

/* clang-format off */
const struct probe probes_bundle[] = {
	{ "overlay-layers", NEED_LAYERS, try_layers, "root.overlay and overlay mounts with as many layers",
	  "fewer layers: merge some of them" },
	{ "idmap", NEED_IDMAP, try_idmap, "mounts with uidMappings, or the options idmap and ridmap",
	  "a kernel from 5.12 on; for tmpfs and overlay from 6.3 and 5.19" },
	{ "rootfs", NEED_ROOTFS, try_rootfs, "no program of the root can be executed", NULL },
	{ "rlimits", NEED_RLIMITS, try_rlimits, "process.rlimits", NULL },
	{ 0 },
};
/* clang-format on */
