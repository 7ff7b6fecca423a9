/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_cgroup.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"

#include <errno.h>
#include <string.h>

static bool climbs(const char *path)
{
	for (const char *p = path; *p; p += strcspn(p, "/"), p += strspn(p, "/"))
		if (!strncmp(p, "..", 2) && (!p[2] || p[2] == '/'))
			return true;
	return false;
}

/* Whether "cpu,memory" names the hierarchy: one of its controllers, or for cgroup2 the empty list. */
static bool chosen(const struct cgroup *g, const struct cgroup_place *p, const char *list, size_t n)
{
	char word[64];

	for (const char *w = list; w < list + n; w += strcspn(w, ",:") + 1) {
		size_t len = strcspn(w, ",:");

		if (len >= sizeof word)
			continue;
		memcpy(word, w, len);
		word[len] = 0;
		if (cgroup_v1(g, word) == p)
			return true;
	}
	return n == 0;
}

/* "/" is the sandbox's own cgroup. */
static const char *below(struct arena *a, const char *top, const char *path)
{
	path += strspn(path, "/");
	return *path ? arena_printf(a, "%s/%s", top, path) : top;
}

static int choose(struct arena *a, const struct cgroup *g, const char *word, struct cgroup *out,
		  struct diags *dg)
{
	const char *colon = strchr(word, ':'), *path = colon ? colon + 1 : word;
	bool any = false;

	if (climbs(path) || !*path) {
		diag_error(dg, "--cgroup \"%s\": \"..\" and the empty path are refused", word)->hint =
			"it is a path below the sandbox's own cgroup";
		return -1;
	}
	for (size_t i = 0; i < g->n; i++) {
		CLEANUP_FD dir = -1;

		if (!chosen(g, &g->v[i], word, colon ? (size_t)(colon - word) : 0))
			continue;
		any = true;
		out->v[i].path = below(a, g->v[i].path, path);
		if ((dir = cgroup_dir(&out->v[i])) >= 0)
			continue;
		diag_errno(dg, -dir, "open",
			   arena_printf(a, "/sys/fs/cgroup/%s%s", g->v[i].mount, out->v[i].path),
			   "--cgroup \"%s\": can't open the cgroup", word);
		return -1;
	}
	if (any)
		return 0;
	diag_error(dg, "--cgroup \"%s\": the sandbox has no cgroup with that controller", word);
	return -1;
}

int exec_cgroup(struct arena *a, struct cgroup *g, const struct str_list *words, struct diags *dg)
{
	struct cgroup out = *g;

	if (!words->n)
		return 0;
	out.v = arena_array(a, g->n + 1, sizeof *out.v);
	if (g->n)
		memcpy(out.v, g->v, g->n * sizeof *out.v);
	for (size_t i = 0; i < words->n; i++)
		if (choose(a, g, words->v[i], &out, dg) < 0)
			return -1;
	*g = out;
	return 0;
}
