/* SPDX-License-Identifier: Apache-2.0 */
#include "spec_template.h"

#include <string.h>

#include "json_text.h"
#include "version.h"

struct mount_row {
	const char *destination, *type, *source;
	const char *options[8];
};

/* clang-format off */
static const struct mount_row mounts[] = {
	{ "/proc", "proc", "proc", { NULL } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts", "devpts", "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm", "tmpfs", "shm", { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};
/* clang-format on */

/* A sysfs can only be mounted with a network namespace of one's own. */
static const struct mount_row host_sys = {
	"/sys", "none", "/sys", { "rbind", "nosuid", "noexec", "nodev", "ro" }
};

static const char *const namespaces[] = { "pid", "network", "ipc", "uts", "mount", "cgroup", NULL };
static const char *const rootless_namespaces[] = { "pid", "ipc", "uts", "mount", "cgroup", "user", NULL };

/* apt, dnf, pip, tar, chown: files of others, other users, modes. */
static const char *const build_capabilities[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
	"CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_CHROOT", NULL,
};
static const char *const capabilities[] = { "CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE", NULL };

/* clang-format off */
static const char *const masked_paths[] = {
	"/proc/acpi",       "/proc/asound",      "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
	"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
	"/sys/devices/virtual/powercap", NULL,
};
/* clang-format on */

static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

static json_t *strings(const char *const *list)
{
	json_t *array = json_array();

	for (; *list; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

static json_t *mount_object(const struct mount_row *m, bool rootless)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "destination", m->destination, "type", m->type, "source",
			      m->source);
	json_t *options = json_array();

	for (size_t i = 0; i < sizeof(m->options) / sizeof(m->options[0]) && m->options[i]; i++)
		/* The map has one ID: group 5 doesn't exist inside. */
		if (!rootless || strncmp(m->options[i], "gid=", 4) != 0)
			json_array_append_new(options, json_string(m->options[i]));
	if (json_array_size(options))
		json_object_set(o, "options", options);
	json_decref(options);
	return o;
}

json_t *template_mounts(bool one_id, bool host_sys_bound)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const struct mount_row *m = &mounts[i];

		if (strcmp(m->type, "sysfs") == 0 && host_sys_bound)
			m = &host_sys;
		if (strcmp(m->type, "cgroup") != 0)
			json_array_append_new(list, mount_object(m, one_id));
	}
	return list;
}

json_t *template_capabilities(void)
{
	return strings(build_capabilities);
}

json_t *template_masked_paths(void)
{
	return strings(masked_paths);
}

json_t *template_readonly_paths(void)
{
	return strings(readonly_paths);
}

static const struct mount_row build_tmp = { "/tmp", "tmpfs", "tmp", { "nosuid", "nodev", "mode=1777" } };

static json_t *mount_list(bool rootless, bool build_task)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const struct mount_row *m = &mounts[i];

		if (rootless && strcmp(m->type, "sysfs") == 0)
			m = &host_sys;
		json_array_append_new(list, mount_object(m, rootless));
	}
	if (build_task)
		json_array_append_new(list, mount_object(&build_tmp, rootless));
	return list;
}

static json_t *process(bool build_task)
{
	const char *const *caps = build_task ? build_capabilities : capabilities;
	json_t *o = json_pack("{s:b, s:{s:i, s:i}, s:[s], s:[s, s], s:s, s:{s:o, s:o, s:o}, s:b}", "terminal",
			      !build_task, "user", "uid", 0, "gid", 0, "args", "sh", "env",
			      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			      build_task ? "HOME=/root" : "TERM=xterm", "cwd", "/", "capabilities", "bounding",
			      strings(caps), "effective", strings(caps), "permitted", strings(caps),
			      "noNewPrivileges", !build_task);

	/* a build has the limits of whoever starts it: compilers and linkers open many files */
	if (!build_task)
		json_object_set_new(o, "rlimits", json_pack("[{s:s, s:i, s:i}]", "type", "RLIMIT_NOFILE", "hard",
							    1024, "soft", 1024));
	return o;
}

static json_t *root(const struct template_opts *o)
{
	json_t *list;

	if (!o->lowerdirs.n)
		return json_pack("{s:s, s:b}", "path", "rootfs", "readonly", !o->build_task);
	list = json_array();
	for (size_t i = 0; i < o->lowerdirs.n; i++)
		json_array_append_new(list, json_from_bytes(o->lowerdirs.v[i]));
	return json_pack("{s:{s:o, s:{}}}", "overlay", "lowerdirs", list, "ephemeral");
}

static json_t *one_id(json_int_t id)
{
	return json_pack("[{s:i, s:I, s:i}]", "containerID", 0, "hostID", id, "size", 1);
}

/* No devices but the default ones: also a root in there that is given CAP_MKNOD reads no disk. */
static json_t *resources(void)
{
	return json_pack("{s:[{s:b, s:s}]}", "devices", "allow", 0, "access", "rwm");
}

static json_t *linux_section(const struct template_opts *t)
{
	const char *const *list = t->rootless ? rootless_namespaces : namespaces;
	json_t *o = json_object(), *types = json_array();

	if (t->rootless) {
		json_object_set_new(o, "uidMappings", one_id(t->uid));
		json_object_set_new(o, "gidMappings", one_id(t->gid));
	} else if (!t->build_task) { /* a cgroup costs a short task more than it is worth to it */
		json_object_set_new(o, "resources", resources());
	}
	for (; *list; list++)
		json_array_append_new(types, json_pack("{s:s}", "type", *list));
	json_object_set_new(o, "namespaces", types);
	json_object_set_new(o, "maskedPaths", strings(masked_paths));
	json_object_set_new(o, "readonlyPaths", strings(readonly_paths));
	return o;
}

char *spec_template(struct arena *a, const struct template_opts *o)
{
	json_t *doc = json_pack("{s:s, s:o, s:o, s:s, s:o, s:o}", "ociVersion", OCI_VERSION_MAX, "process",
				process(o->build_task), "root", root(o), "hostname", "sbrun", "mounts",
				mount_list(o->rootless, o->build_task), "linux",
				linux_section(o));

	if (o->build_task)
		json_object_set_new(doc, "sbrun", json_pack("{s:s}", "init", "always"));
	return json_document(a, doc, JSON_INDENT(4));
}
