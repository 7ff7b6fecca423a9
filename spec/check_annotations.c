/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotations that other runtimes act on, crun's "run.oci." above all: orchestrators and people set them and count
 * on what they do. Each is used here, or refused where going on without it would run something else than was
 * asked for, or warned of. What is only information (image labels, "krun." without its handler) passes.
 */
#include "check.h"

#include <string.h>

#define PREFIX "run.oci."

static void context_type(struct check *c, const char *value)
{
	static const char *const types[] = { "context", "fscontext", "defcontext", "rootcontext" };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(value, types[i]))
			return;
	check_refuse(c, "\"%s\" is no SELinux mount option", value)->hint =
		"valid: context, fscontext, defcontext, rootcontext";
}

static void absolute(struct check *c, const char *value)
{
	check_absolute(c, value);
}

static void any(struct check *c, const char *value)
{
	(void)c, (void)value;
}

static void no_filter(struct check *c, const char *value)
{
	(void)value;
	check_refuse(c, "sbrun takes no compiled filter")->hint = "write it as linux.seccomp";
}

static void no_receiver(struct check *c, const char *value)
{
	(void)value;
	check_refuse(c, "sbrun hands the filter's listener to linux.seccomp.listenerPath only")->hint =
		"set that, and listenerMetadata if need be";
}

static void no_plugins(struct check *c, const char *value)
{
	(void)value;
	check_refuse(c, "sbrun loads no code of others")->hint = "let an agent listen at linux.seccomp.listenerPath";
}

static void no_handler(struct check *c, const char *value)
{
	if (*value)
		check_refuse(c, "there is no handler \"%s\": a sandbox shares the host's kernel", value)->hint =
			"use the runtime that has it";
}

static void no_subgroup(struct check *c, const char *value)
{
	if (*value)
		check_warn(c, "the payload is in the sandbox's own cgroup, not in one named \"%s\" below it", value)
			->hint = "remove it, or set it to nothing";
}

static void no_delegation(struct check *c, const char *value)
{
	check_warn(c, "no cgroup \"%s\" is made below the sandbox's", value)->hint =
		"with namespaces of type cgroup and user, and /sys/fs/cgroup mounted writable, the sandbox owns its own";
}

static void no_cgroup_v1(struct check *c, const char *value)
{
	(void)value;
	check_warn(c, "a sandbox sees the cgroup hierarchies that the host has")->hint = "remove it";
}

static const struct {
	const char *key; /* behind the prefix */
	void (*look)(struct check *c, const char *value);
} known[] = {
	{ "keep_original_groups", any },
	{ "mount_context_type", context_type },
	{ "pidfd_receiver", absolute },
	{ "hooks.stdout", absolute },
	{ "hooks.stderr", absolute },
	{ "seccomp_fail_unknown_syscall", any },
	{ "seccomp_bpf_data", no_filter },
	{ "seccomp.receiver", no_receiver },
	{ "seccomp.plugins", no_plugins },
	{ "handler", no_handler },
	{ "systemd.subgroup", no_subgroup },
	{ "systemd.force_cgroup_v1", no_cgroup_v1 },
	{ "delegate-cgroup", no_delegation },
};

static void look(struct check *c, const char *key, const char *value)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].key, key)) {
			known[i].look(c, value);
			return;
		}
	check_warn(c, "sbrun knows nothing of this annotation; it has no effect");
}

void check_foreign_annotations(struct check *c)
{
	const struct kv_list *l = &c->s->annotations;

	for (size_t i = 0; i < l->n; i++)
		if (!strncmp(l->v[i].key, PREFIX, strlen(PREFIX)) && l->v[i].value && !strpbrk(l->v[i].key, "/~"))
			look(check_at(c, "/annotations/%s", l->v[i].key), l->v[i].key + strlen(PREFIX), l->v[i].value);
}
