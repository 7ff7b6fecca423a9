/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime-spec's features document: what this build does, whatever the host can. */
#include <seccomp.h>
#include <string.h>
#include <sys/capability.h>

#include "../spec/words.h"
#include "command.h"
#include "criu.h"
#include "facts.h"
#include "json_text.h"
#include "mountopt.h"
#include "seccomp.h"
#include "systemd_scope.h"
#include "version.h"

static json_t *strings(const char *const *list)
{
	json_t *array = json_array();

	for (; *list; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

static json_t *namespace_names(void)
{
	json_t *array = json_array();

	for (int t = 0; t < NS__COUNT; t++)
		json_array_append_new(array, json_string(ns_type_name(t)));
	return array;
}

static json_t *hook_names(void)
{
	json_t *array = json_array();

	for (int at = 0; at < HOOK__COUNT; at++)
		json_array_append_new(array, json_string(hook_point_name((enum hook_point)at)));
	return array;
}

/* As in config.json: "CAP_KILL". libcap has them in lower case. */
static json_t *capability_names(struct arena *a)
{
	json_t *array = json_array();

	for (cap_value_t cap = 0; cap <= CAP_LAST_CAP; cap++) {
		char *name = cap_to_name(cap), *upper;

		if (!name)
			continue;
		upper = arena_strdup(a, name);
		for (char *p = upper; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		json_array_append_new(array, json_string(upper));
		cap_free(name);
	}
	return array;
}

static json_t *enabled(bool yes)
{
	return json_pack("{s:b}", "enabled", yes);
}

static json_t *words(const struct words *w, bool (*holds)(const char *))
{
	json_t *array = json_array();

	for (int i = 0; w->v[i]; i++)
		if (!holds || holds(w->v[i]))
			json_array_append_new(array, json_string(w->v[i]));
	return array;
}

/* The flags that this kernel has are asked of it; all else is the same on every host. */
static json_t *seccomp_features(void)
{
	json_t *o = enabled(true);

	json_object_set_new(o, "actions", words(&words_seccomp_action, NULL));
	json_object_set_new(o, "operators", words(&words_seccomp_op, NULL));
	json_object_set_new(o, "archs", words(&words_seccomp_arch, seccomp_arch_supported));
	json_object_set_new(o, "knownFlags", words(&words_seccomp_flag, NULL));
	json_object_set_new(o, "supportedFlags", words(&words_seccomp_flag, seccomp_flag_supported));
	return o;
}

/* systemd's are made by a program of its own, which may have been left out. */
static json_t *cgroup_features(struct arena *a)
{
	int systemd = systemd_helper_path(a) != NULL;

	return json_pack("{s:b, s:b, s:b, s:b, s:b}", "v1", 1, "v2", 1, "systemd", systemd, "systemdUser", systemd,
			 "rdma", 1);
}

/* Annotations that change what is done; the one with a dot at its end stands for all that begin so. */
static const char *const annotations_heeded[] = {
	"org.criu.config",      "org.systemd.property.",
	"run.oci.hooks.stderr", "run.oci.hooks.stdout",
	"run.oci.keep_original_groups", "run.oci.pidfd_receiver",
	NULL,
};

static json_t *linux_features(struct arena *a)
{
	json_t *o = json_object();

	json_object_set_new(o, "namespaces", namespace_names());
	json_object_set_new(o, "capabilities", capability_names(a));
	json_object_set_new(o, "cgroup", cgroup_features(a));
	json_object_set_new(o, "seccomp", seccomp_features());
	json_object_set_new(o, "apparmor", enabled(true));
	json_object_set_new(o, "selinux", enabled(true));
	json_object_set_new(o, "intelRdt",
			    json_pack("{s:b, s:b, s:b}", "enabled", 1, "schemata", 1, "monitoring", 1));
	json_object_set_new(o, "memoryPolicy", json_pack("{s:o, s:o}", "modes", strings(words_mpol_mode.v),
							 "flags", strings(words_mpol_flag.v)));
	json_object_set_new(o, "mountExtensions", json_pack("{s:o}", "idmap", enabled(true)));
	json_object_set_new(o, "netDevices", enabled(true));
	return o;
}

/* Of the host, not of this build: "cpu memory pids" in whatever hierarchy they are. */
static json_t *controllers(struct arena *a, const struct cgroup_layout *l)
{
	char *words = arena_strdup(a, l->controllers);

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].options && strncmp(l->v[i].options, "name=", 5) != 0)
			words = arena_printf(a, "%s%s%s", words, *words ? " " : "", l->v[i].options);
	for (char *c = words; (c = strchr(c, ','));)
		*c = ' ';
	return json_string(words);
}

static json_t *annotations(struct arena *a)
{
	struct cgroup_layout cgroups = { .controllers = "" };
	const struct scmp_version *v = seccomp_version();
	json_t *o = json_pack("{s:s, s:s}", "org.sbrun.version", SBRUN_VERSION, "org.sbrun.commit", SBRUN_COMMIT);

	facts_cgroups(a, &cgroups);

	/* the name that others than runc have taken over; that this kernel and criu agree, doctor tries */
	json_object_set_new(o, "org.opencontainers.runc.checkpoint.enabled",
			    json_string(criu_in_path(a, "criu") ? "true" : "false"));
	json_object_set_new(o, "org.sbrun.cgroup.layout", json_string(layout_name(&cgroups)));
	json_object_set_new(o, "org.sbrun.cgroup.controllers", controllers(a, &cgroups));
	json_object_set_new(o, "org.sbrun.overlay.layers", json_sprintf("%d", SPEC_MAX_LAYERS));
	json_object_set_new(o, "io.github.seccomp.libseccomp.version",
			    json_sprintf("%u.%u.%u", v->major, v->minor, v->micro));
	return o;
}

static int run(struct call *c, void *opts)
{
	json_t *doc = json_object();

	(void)opts;
	json_object_set_new(doc, "ociVersionMin", json_string(OCI_VERSION_MIN));
	json_object_set_new(doc, "ociVersionMax", json_string(OCI_VERSION_MAX));
	json_object_set_new(doc, "hooks", hook_names());
	json_object_set_new(doc, "mountOptions", strings(mount_option_names()));
	json_object_set_new(doc, "linux", linux_features(c->arena));
	json_object_set_new(doc, "annotations", annotations(c->arena));
	json_object_set_new(doc, "potentiallyUnsafeConfigAnnotations", strings(annotations_heeded));
	return command_output(c, json_document(c->arena, doc, JSON_INDENT(2)));
}

const struct command cmd_features = {
	.name = "features",
	.usage = "",
	.summary = "print what this build can do, as the OCI features document",
	.run = run,
};
