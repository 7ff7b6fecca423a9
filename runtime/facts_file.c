/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts from a file: {"uid": 0, "gid": 0, "capabilities": "all" | ["CAP_KILL", ...],
 * "initialUserNamespace": true, "newuidmap": true, "newgidmap": true,
 * "setgroupsDenied": false, "apparmor": false, "selinux": false, "resctrl": null,
 * "subuid": [[100000, 65536]], "subgid": [...],
 * "cgroups": [{"name": "", "options": null, "path": "/"}], "cgroup2Controllers": "cpu memory",
 * "systemd": false}. What is missing is zero or false.
 */
#include "facts.h"

#include "../spec/arena.h"
#include "../spec/diag.h"

#include <jansson.h>
#include <string.h>
#include <sys/capability.h>

static uint64_t capabilities(const json_t *v)
{
	uint64_t mask = 0;
	size_t i;
	json_t *name;

	if (json_is_string(v))
		return strcmp(json_string_value(v), "all") ? 0 : ~0ull;
	json_array_foreach(v, i, name)
	{
		cap_value_t cap;

		if (json_is_string(name) && cap_from_name(json_string_value(name), &cap) == 0)
			mask |= 1ull << cap;
	}
	return mask;
}

static struct id_ranges ranges(struct arena *a, const json_t *v)
{
	struct id_ranges r = { arena_array(a, json_array_size(v) + 1, sizeof *r.v), 0 };
	size_t i;
	json_t *pair;

	json_array_foreach(v, i, pair)
	{
		r.v[r.n++] = (struct id_range){ (uint32_t)json_integer_value(json_array_get(pair, 0)),
						(uint32_t)json_integer_value(json_array_get(pair, 1)) };
	}
	return r;
}

static const char *text(struct arena *a, const json_t *v)
{
	return json_is_string(v) ? arena_strdup(a, json_string_value(v)) : NULL;
}

static void cgroups(struct arena *a, const json_t *v, struct cgroup_layout *l)
{
	size_t i;
	json_t *c;

	l->v = arena_array(a, json_array_size(v) + 1, sizeof *l->v);
	json_array_foreach(v, i, c)
	{
		const char *name = text(a, json_object_get(c, "name")),
			   *path = text(a, json_object_get(c, "path"));

		l->v[l->n++] = (struct cgroup_mount){
			.name = name ? name : "",
			.options = text(a, json_object_get(c, "options")),
			.path = path ? path : "",
		};
	}
}

int facts_load(struct arena *a, const char *path, struct facts *f, struct diags *dg)
{
	json_error_t err;
	json_t *doc = json_load_file(path, 0, &err);
	struct diag *d;

	memset(f, 0, sizeof *f);
	if (!json_is_object(doc)) {
		d = diag_error(dg, "not a document of facts: %s", doc ? "an object is wanted" : err.text);
		d->file = path;
		d->line = doc || err.line < 0 ? 0 : (unsigned)err.line;
		d->col = doc || err.column < 0 ? 0 : (unsigned)err.column;
		json_decref(doc);
		return -1;
	}
	f->uid = (uint32_t)json_integer_value(json_object_get(doc, "uid"));
	f->gid = (uint32_t)json_integer_value(json_object_get(doc, "gid"));
	f->caps = capabilities(json_object_get(doc, "capabilities"));
	f->initial_userns = json_is_true(json_object_get(doc, "initialUserNamespace"));
	f->setgroups_denied = json_is_true(json_object_get(doc, "setgroupsDenied"));
	f->newuidmap = json_is_true(json_object_get(doc, "newuidmap"));
	f->newgidmap = json_is_true(json_object_get(doc, "newgidmap"));
	f->apparmor = json_is_true(json_object_get(doc, "apparmor"));
	f->selinux = json_is_true(json_object_get(doc, "selinux"));
	f->resctrl = text(a, json_object_get(doc, "resctrl"));
	f->subuid = ranges(a, json_object_get(doc, "subuid"));
	f->subgid = ranges(a, json_object_get(doc, "subgid"));
	cgroups(a, json_object_get(doc, "cgroups"), &f->cgroups);
	f->cgroups.controllers = text(a, json_object_get(doc, "cgroup2Controllers"));
	if (!f->cgroups.controllers)
		f->cgroups.controllers = "";
	f->cgroups.systemd = json_is_true(json_object_get(doc, "systemd"));
	json_decref(doc);
	return 0;
}
