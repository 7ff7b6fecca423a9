/* SPDX-License-Identifier: Apache-2.0 */
/* The unit's name, its slice and where their cgroups are. */
#include "systemd_unit.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/spec.h"
#include "facts.h"

#include <stdio.h>
#include <string.h>

enum { UNIT_NAME_MAX = 255 };

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define PLAIN   LETTERS "0123456789:-_.\\"

static const char form_hint[] = "with systemd as cgroup manager it is \"SLICE:PREFIX:NAME\", as "
				"\"system.slice:sbrun:web\"; a path is for --cgroup-manager cgroupfs";

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && !strcmp(s + n - m, suffix);
}

/* ---- names ---- */

/* systemd.unit(5): "a@b.scope" is an instance; "a@.scope" would be a template, which nothing can be in. */
static const char *wrong_scope(const char *name)
{
	if (strlen(name) > UNIT_NAME_MAX)
		return "a unit's name has at most 255 characters";
	if (name[strspn(name, PLAIN "@")])
		return "a unit's name is made of letters, digits and :-_.\\@; systemd-escape(1) writes others";
	if (*name == '@' || ends_with(name, "@.scope"))
		return "behind an @ there is an instance's name, and before it the template's: neither may be empty";
	return NULL;
}

/* systemd.slice(5): the dashes are the way from the root, so none is empty; "-.slice" is the root. */
static const char *wrong_slice(const char *slice)
{
	size_t n = strlen(slice);

	if (!ends_with(slice, ".slice"))
		return "a slice's name ends with .slice";
	if (!strcmp(slice, "-.slice"))
		return NULL;
	if (n > UNIT_NAME_MAX)
		return "a unit's name has at most 255 characters";
	if (slice[strspn(slice, PLAIN)])
		return "a slice's name is made of letters, digits and :-_.\\; it is no path: a-b.slice is below a.slice";
	if (*slice == '-' || strstr(slice, "--") || slice[n - strlen("-.slice")] == '-')
		return "the dashes in a slice's name separate names: none may be empty";
	return NULL;
}

/* What a sandbox's id may hold beyond a unit's characters is written as systemd-escape(1) does. */
static const char *escaped_id(struct arena *a, const char *id)
{
	char *out = arena_alloc(a, strlen(id) * 4 + 1), *w = out;

	for (; *id; id++)
		if (strchr(PLAIN, *id))
			*w++ = *id;
		else
			w += sprintf(w, "\\x%02x", (unsigned char)*id);
	return out;
}

/* ---- paths ---- */

/*
 * A directory's name where the unit's could be taken for one of the kernel's own files: those
 * begin with a controller's name and a dot.
 */
static const char *directory_of(struct arena *a, const char *unit)
{
	static const char *const reserved[] = { "cgroup.", "cpu.", "cpuacct.", "cpuset.", "io.", "blkio.",
						"memory.", "devices.", "pids." };
	bool clash = *unit == '_' || *unit == '.';

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		clash = clash || !strncmp(unit, reserved[i], strlen(reserved[i]));
	return clash ? arena_printf(a, "_%s", unit) : unit;
}

/* "a-b.slice" is "/a.slice/a-b.slice". */
static const char *slice_path(struct arena *a, const char *slice)
{
	const char *path = "";

	if (!strcmp(slice, "-.slice"))
		return path;
	for (const char *dash = strchr(slice, '-'); dash; dash = strchr(dash + 1, '-'))
		path = arena_printf(a, "%s/%s", path,
				    directory_of(a, arena_printf(a, "%.*s.slice", (int)(dash - slice), slice)));
	return arena_printf(a, "%s/%s", path, directory_of(a, slice));
}

/* The hierarchy that systemd keeps its units in. */
static const char *own_path(const struct cgroup_layout *l)
{
	const struct cgroup_mount *m = layout_v2(l);

	for (size_t i = 0; i < l->n && !m; i++)
		if (l->v[i].options && !strcmp(l->v[i].options, "name=systemd"))
			m = &l->v[i];
	return m ? m->path : "";
}

/*
 * The user manager's cgroup: /user.slice/user-UID.slice/user@UID.service. What is said of us
 * comes first, since our uid may be one of a user namespace: below the manager itself, or in a
 * login session beside it.
 */
static const char *user_manager_path(struct arena *a, const struct facts *f)
{
	const char *own = own_path(&f->cgroups), *manager = strstr(own, "/user@");
	const char *end = manager ? strstr(manager, ".service") : NULL, *slice = strstr(own, "/user-");
	unsigned uid = f->uid;

	if (end && end < manager + 1 + strcspn(manager + 1, "/"))
		return arena_printf(a, "%.*s", (int)(end + strlen(".service") - own), own);
	if (slice && sscanf(slice, "/user-%u.slice", &uid) != 1)
		uid = f->uid;
	return arena_printf(a, "/user.slice/user-%u.slice/user@%u.service", uid, uid);
}

/* ---- linux.cgroupsPath ---- */

static int refuse(const struct spec *s, struct diags *dg, const char *what, const char *name,
		  const char *hint)
{
	struct diag *d = diag_error(dg, "%s \"%s\"", what, name);

	spec_at(s, d, "/linux/cgroupsPath");
	d->hint = hint;
	return -1;
}

/* Splits it in place; an empty part is the default. */
static int parse(struct arena *a, const struct spec *s, struct systemd_unit *u, struct diags *dg)
{
	const char *path = s->linux_->cgroups_path;
	char *slice = arena_strdup(a, path), *prefix = strchr(slice, ':');
	char *name = prefix ? strchr(prefix + 1, ':') : NULL;

	if (!name)
		return refuse(s, dg, "not the name of a unit:", path, form_hint);
	*prefix++ = 0;
	*name++ = 0;
	if (!*name)
		return refuse(s, dg, "no name behind the second colon:", path, form_hint);
	if (ends_with(name, ".slice"))
		return refuse(s, dg, "a sandbox can't be a slice:", name,
			      "a slice holds other units and no process; the name becomes NAME.scope");
	if (*slice)
		u->slice = slice;
	u->name = arena_printf(a, "%s%s%s%s", prefix, *prefix ? "-" : "", name,
			       ends_with(name, ".scope") ? "" : ".scope");
	return 0;
}

int systemd_unit_of(struct arena *a, const struct spec *s, const char *id, const struct facts *f,
		    struct systemd_unit *out, struct diags *dg)
{
	const char *path = s->linux_->cgroups_path, *wrong;

	*out = (struct systemd_unit){ .user = f->uid != 0 || !f->initial_userns,
				      .description = arena_printf(a, "sbrun sandbox %s", id) };
	out->slice = out->user ? "user.slice" : "system.slice";
	if (!path || !*path)
		out->name = arena_printf(a, "sbrun-%s.scope", escaped_id(a, id));
	else if (parse(a, s, out, dg) < 0)
		return -1;
	wrong = wrong_slice(out->slice);
	if (wrong)
		return refuse(s, dg, "no slice can be called", out->slice, wrong);
	wrong = wrong_scope(out->name);
	if (wrong)
		return refuse(s, dg, "no unit can be called", out->name, wrong);
	out->path = arena_printf(a, "%s%s/%s", out->user ? user_manager_path(a, f) : "", slice_path(a, out->slice),
				 directory_of(a, out->name));
	return 0;
}
