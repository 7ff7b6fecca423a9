/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for `mounts`, but those about overlays (check_overlay.c). */
#include <string.h>

#include "arena.h"
#include "check.h"

static bool is_bind(const struct spec_mount *m)
{
	return str_same(m->type, "bind") || str_listed(&m->options, "bind") ||
	       str_listed(&m->options, "rbind");
}

/*
 * Old versions of the spec allowed relative destinations; the current one has them taken
 * as relative to "/", which is done here, so that nobody else need know.
 */
static void check_destination(struct check *c, struct spec_mount *m, const char *pointer)
{
	check_at(c, "%s/destination", pointer);
	if (*m->destination != '/') {
		check_warn(c, "the destination \"%s\" is not absolute; it is taken as \"/%s\"",
			   m->destination, m->destination);
		m->destination = check_text(c, "/%s", m->destination);
	}
	if (!strcmp(check_clean_path(c, m->destination), "/"))
		check_refuse(c, "a mount can't replace the root")->hint =
			"to build the root of layers, use root.overlay";
}

/*
 * What may be put over procfs. sbrun and programs in the sandbox trust files of /proc, and
 * security labels are set by writing to them: an ordinary directory there takes the labels
 * and does nothing (CVE-2019-16884). Files that hold no more than statistics may be covered.
 */
static void check_proc(struct check *c, const struct spec_mount *m, const char *pointer)
{
	static const char *const files[] = {
		"cpuinfo",
		"diskstats",
		"meminfo",
		"stat",
		"swaps",
		"uptime",
		"loadavg",
		"slabinfo",
		"sys/kernel/ns_last_pid",
		"sys/crypto/fips_enabled",
		NULL,
	};
	const char *dest = check_clean_path(c, m->destination), *src;

	if (strncmp(dest, "/proc", 5) || (dest[5] && dest[5] != '/'))
		return;
	if (is_bind(m) && m->source) {
		src = check_clean_path(c, m->source);
		if (!strcmp(src, "/proc") || !strncmp(src, "/proc/", 6))
			return;
	} else if (str_same(m->type, "proc")) {
		return;
	}
	for (size_t i = 0; dest[5] && files[i]; i++)
		if (is_bind(m) && !strcmp(dest + 6, files[i]))
			return;
	check_refuse(check_at(c, "%s/destination", pointer), "only procfs may be mounted %s /proc",
		     dest[5] ? "below" : "on")
		->hint =
		dest[5] ? "files such as /proc/cpuinfo, meminfo, stat, uptime may be covered by a bind mount"
			: "security labels are set through /proc, which must be the kernel's own";
}

static void check_type(struct check *c, const struct spec_mount *m, const char *pointer)
{
	if (m->overlay) {
		if (m->type && strcmp(m->type, "overlay"))
			check_refuse(check_at(c, "%s/type", pointer),
				     "a mount with `overlay` can't be of type \"%s\"", m->type)
				->hint = "leave type out, or write \"overlay\"";
		else if (is_bind(m))
			check_refuse(check_at(c, "%s/options", pointer),
				     "a mount with `overlay` can't be a bind mount");
		return;
	}
	if (is_bind(m)) {
		if (!m->source)
			check_refuse(check_at(c, "%s/source", pointer), "a bind mount needs a source");
		return;
	}
	if (!m->type && !str_listed(&m->options, "remount"))
		check_refuse(check_at(c, "%s/type", pointer), "a mount that is no bind mount needs a type")
			->hint =
			m->source ? "add \"bind\" or \"rbind\" to options if this is to be a bind mount"
				  : NULL;
	else if (str_same(m->type, "none") && !str_listed(&m->options, "remount"))
		check_refuse(check_at(c, "%s/type", pointer), "there is no filesystem of type \"none\"")
			->hint = "add \"bind\" or \"rbind\" to options if this is to be a bind mount";
}

static void check_idmap(struct check *c, const struct spec_mount *m, const char *pointer)
{
	if (!m->uid_maps.n != !m->gid_maps.n) {
		const char *missing = m->uid_maps.n ? "gidMappings" : "uidMappings";

		if (!check_flawed(c, "%s/%s", pointer, missing))
			check_refuse(check_at(c, "%s/%s", pointer, missing),
				     "an idmapped mount needs both uidMappings and gidMappings");
	}
	check_id_maps(c, &m->uid_maps, check_text(c, "%s/uidMappings", pointer));
	check_id_maps(c, &m->gid_maps, check_text(c, "%s/gidMappings", pointer));
}

static void check_options(struct check *c, const struct spec_mount *m, const char *pointer)
{
	for (size_t i = 0; i < m->options.n; i++)
		if (!*m->options.v[i])
			check_warn(check_at(c, "%s/options/%zu", pointer, i), "the option is empty");
}

void check_mounts(struct check *c)
{
	struct mount_list *list = &c->s->mounts;

	if (list->n)
		check_need_ns(check_at(c, "/mounts"), NS_MOUNT, "mounting");
	for (size_t i = 0; i < list->n; i++) {
		struct spec_mount *m = &list->v[i];
		const char *pointer = check_text(c, "/mounts/%zu", i);

		if (!m->destination)
			continue; /* it has had its error */
		check_destination(c, m, pointer);
		check_proc(c, m, pointer);
		check_type(c, m, pointer);
		check_idmap(c, m, pointer);
		check_options(c, m, pointer);
		if (m->overlay)
			check_overlay(c, m->overlay, check_text(c, "%s/overlay", pointer));
		if (str_same(m->type, "overlay"))
			check_overlay_options(c, m, pointer);
	}
	check_upperdirs(c);
}
