/* SPDX-License-Identifier: Apache-2.0 */
#include "externals.h"

#include "../spec/arena.h"
#include "fd.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

enum { EXT_KEY = 1, EXT_VAL = 2 };

/* ---- from the plan ---- */

static void add(struct arena *a, struct external_list *l, struct external e)
{
	l->v = arena_grow(a, l->v, &l->cap, l->n + 1, sizeof *l->v);
	l->v[l->n++] = e;
}

static int refuse(const struct spec *s, const struct planned *p, uint32_t i, const char *what,
		  struct diags *dg)
{
	struct diag *d = diag_error(dg, "%s can't be made again at a restore", what);

	d->step = plan_step_text(dg->arena, p, i);
	spec_at(s, d, plan_step_pointer(p, i));
	d->hint = "mount it before sbrun is called, and give sbrun its mount point";
	return -1;
}

static int add_mount(struct arena *a, const struct spec *s, const struct planned *p, uint32_t i,
		     struct external_list *out, struct diags *dg)
{
	const struct step *step = plan_step(p->plan, i);
	const struct plan_mount *m = plan_blob(p->plan, step->s[0]);

	if (m->flags & PM_OVERLAY)
		return refuse(s, p, i, "an overlay of sbrun's own", dg);
	if (m->idmap_slot >= 0)
		return refuse(s, p, i, "an idmapped mount", dg);
	if (step->kind == STEP_MOUNT && m->flags & PM_BIND && !(m->flags & PM_REMOUNT))
		add(a, out,
		    (struct external){ plan_str(p->plan, m->target), plan_str(p->plan, m->source),
				       (m->attr_set | m->rec_set) & MOUNT_ATTR_RDONLY });
	else if (step->kind == STEP_MOUNT && m->alt)
		add(a, out,
		    (struct external){ plan_str(p->plan, m->target), plan_str(p->plan, m->alt),
				       m->flags & PM_ALT_RO });
	return 0;
}

int externals_of(struct arena *a, const struct spec *s, const struct planned *p, struct external_list *out,
		 struct diags *dg)
{
	*out = (struct external_list){ 0 };
	for (uint32_t i = 0; i < p->plan->n_steps; i++) {
		const struct step *step = plan_step(p->plan, i);
		const char *path = plan_str(p->plan, step->s[0]);

		if ((step->kind == STEP_ROOT || step->kind == STEP_MOUNT) &&
		    add_mount(a, s, p, i, out, dg) < 0)
			return -1;
		if (step->kind == STEP_MASK_PATH)
			add(a, out, (struct external){ path, "/dev/null", false });
		else if (step->kind == STEP_DEVICE)
			add(a, out, (struct external){ path, path, false });
	}
	return 0;
}

static void put_mount(struct arena *a, struct wire *opts, const char *key, const char *val)
{
	struct wire w = { .a = a };

	wire_text(&w, EXT_KEY, key);
	wire_text(&w, EXT_VAL, val);
	wire_message(opts, CRIU_EXT_MNT, &w);
}

void externals_give(struct arena *a, const struct external_list *l, struct wire *opts)
{
	for (size_t i = 0; i < l->n; i++)
		put_mount(a, opts, l->v[i].place, l->v[i].source);
}

/* ---- in the sandbox ---- */

/* mountinfo writes blanks, tabs, newlines and backslashes as three octal digits: proc(5). */
static char *unescaped(struct arena *a, const char *s, size_t n)
{
	char *out = arena_strndup(a, s, n), *to = out;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\' && i + 3 < n) {
			*to++ = (char)((s[i + 1] - '0') << 6 | (s[i + 2] - '0') << 3 | (s[i + 3] - '0'));
			i += 3;
		} else {
			*to++ = s[i];
		}
	}
	*to = 0;
	return out;
}

/* The mount point of one mount, and whether that is read-only; NULL: it is not in this list. */
static char *mount_point(struct arena *a, FILE *mountinfo, uint64_t id, bool *readonly)
{
	char *line = NULL, *found = NULL;
	size_t cap = 0;

	rewind(mountinfo);
	while (!found && getline(&line, &cap, mountinfo) > 0) {
		const char *p = line;

		if (strtoull(line, NULL, 10) != id)
			continue;
		for (int i = 0; i < 4 && p; i++)
			p = (p = strchr(p, ' ')) ? p + 1 : NULL;
		if (!p)
			continue;
		found = unescaped(a, p, strcspn(p, " \n"));
		p += strcspn(p, " \n");
		*readonly = !strncmp(p, " ro,", 4) || !strncmp(p, " ro ", 4);
	}
	free(line);
	return found;
}

/*
 * The mount whose root is at this place; 0: none is. What is a file system of the sandbox's own there (a
 * masked directory is an empty tmpfs) is in the checkpoint.
 */
static uint64_t mount_at(int root, const struct external *e)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	CLEANUP_FD fd = -1;
	struct statx st;
	bool mask = !strcmp(e->source, "/dev/null");

	do {
		fd = (int)syscall(SYS_openat2, root, e->place, &how, sizeof how);
	} while (fd < 0 && errno == EAGAIN);
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID, &st) < 0)
		return 0;
	if (!(st.stx_mask & STATX_MNT_ID) || !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return 0;
	return mask && !S_ISCHR(st.stx_mode) ? 0 : st.stx_mnt_id;
}

/* A sandbox's root and mountinfo. */
struct mounts {
	int root;
	FILE *info;
};

static int mounts_open(struct arena *a, pid_t init, struct mounts *m, struct diags *dg)
{
	const char *dir = arena_printf(a, "/proc/%d/root", (int)init);

	m->root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	m->info = m->root < 0 ? NULL : fopen(arena_printf(a, "/proc/%d/mountinfo", (int)init), "re");
	if (m->info)
		return 0;
	diag_errno(dg, errno, "open", dir, "can't look at the sandbox's mounts");
	fd_close(&m->root);
	return -1;
}

static void mounts_close(struct mounts *m)
{
	fd_close(&m->root);
	fclose(m->info);
}

int externals_name(struct arena *a, pid_t init, const struct external_list *l, struct wire *opts,
		   struct diags *dg)
{
	struct mounts m;

	if (mounts_open(a, init, &m, dg) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		bool readonly;
		uint64_t id = mount_at(m.root, &l->v[i]);
		char *point = id ? mount_point(a, m.info, id, &readonly) : NULL;

		/* its root is never one of the host's: it comes with the bundle */
		if (point && strcmp(point, "/") != 0)
			put_mount(a, opts, point, l->v[i].place);
	}
	mounts_close(&m);
	return 0;
}

int externals_verify(struct arena *a, pid_t init, const struct external_list *l, struct diags *dg)
{
	struct mounts m;
	int r = 0;

	if (mounts_open(a, init, &m, dg) < 0)
		return -1;
	for (size_t i = 0; i < l->n && r == 0; i++) {
		bool readonly = false;
		uint64_t id = l->v[i].readonly ? mount_at(m.root, &l->v[i]) : 0;

		if (id && mount_point(a, m.info, id, &readonly) && !readonly) {
			diag_error(dg, "criu made the mount on \"%s\" again, but not read-only",
				   l->v[i].place)
				->hint = "the configuration wants it read-only: nothing was let go on";
			r = -1;
		}
	}
	mounts_close(&m);
	return r;
}
