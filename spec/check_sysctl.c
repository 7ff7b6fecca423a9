/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.sysctl: only parameters that belong to a namespace of the sandbox's may be set, all
 * others are the host's. A name has two forms: net.ipv4.ip_forward, in which '/' stands for
 * a dot inside a component (net.ipv4.conf.eth0/7.forwarding), and net/ipv4/ip_forward, in
 * which a dot is a dot. Which one it is says the first separator, as in sysctl(8).
 */
#include <string.h>

#include "arena.h"
#include "check.h"

static const struct {
	const char *name; /* with a '/' at the end: all below */
	enum ns_type ns;
} allowed[] = {
	{ "net/", NS_NETWORK },          { "fs/mqueue/", NS_IPC },
	{ "kernel/msgmax", NS_IPC },     { "kernel/msgmnb", NS_IPC },
	{ "kernel/msgmni", NS_IPC },     { "kernel/sem", NS_IPC },
	{ "kernel/shmall", NS_IPC },     { "kernel/shmmax", NS_IPC },
	{ "kernel/shmmni", NS_IPC },     { "kernel/shm_rmid_forced", NS_IPC },
	{ "kernel/domainname", NS_UTS },
};

/* The path below /proc/sys, or NULL when the name has a component that is empty, "." or "..". */
static char *sysctl_path(struct check *c, const char *name)
{
	char *path = arena_strdup(c->a, name);
	size_t n;

	if (name[strcspn(name, "./")] == '.')
		for (char *p = path; *p; p++)
			*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	for (char *p = path;; p += n + 1) {
		n = strcspn(p, "/");
		if (n == 0 || (p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.'))))
			return NULL;
		if (!p[n])
			return path;
	}
}

static bool matches(const char *rule, const char *path)
{
	size_t n = strlen(rule);

	return rule[n - 1] == '/' ? !strncmp(path, rule, n) : !strcmp(path, rule);
}

static void check_name(struct check *c, const char *name, const char *path)
{
	if (!strcmp(path, "kernel/hostname")) {
		check_refuse(c, "%s is set through the field hostname", name)->hint =
			"write \"hostname\": \"...\" at the top";
		return;
	}
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (!matches(allowed[i].name, path))
			continue;
		check_need_ns(c, allowed[i].ns, check_text(c, "setting %s", name));
		return;
	}
	check_refuse(c, "%s belongs to the host, not to a namespace", name)->hint =
		"possible are net.*, fs.mqueue.*, kernel.msg*, kernel.sem, kernel.shm* and kernel.domainname";
}

static const char *pointer_to(struct check *c, const char *key)
{
	char *out = arena_alloc(c->a, 2 * strlen(key) + 1), *p = out;

	for (; *key; key++) {
		if (*key == '~' || *key == '/') {
			*p++ = '~';
			*p++ = *key == '~' ? '0' : '1';
		} else {
			*p++ = *key;
		}
	}
	return check_text(c, "/linux/sysctl/%s", out);
}

void check_sysctl(struct check *c)
{
	const struct kv_list *list = &c->s->linux_->sysctl;
	struct named *v = arena_array(c->a, list->n, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const char *name = list->v[i].key, *pointer = pointer_to(c, name),
			   *path = sysctl_path(c, name);

		check_at(c, "%s", pointer);
		if (!path) {
			check_refuse(c, "\"%s\" is not the name of a parameter", name)->hint =
				"it is written as in \"net.ipv4.ip_forward\"";
			continue;
		}
		check_name(c, name, path);
		if (list->v[i].value[strcspn(list->v[i].value, "\n\r")])
			check_refuse(c, "the value holds a line break");
		v[n++] = (struct named){ .name = path, .pointer = pointer };
	}
	check_unique(c, v, n, "the parameter");
}
