/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/number.h"
#include "fd.h"
#include "words.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

static int get_identity(struct facts *f, struct diags *dg)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	f->uid = geteuid();
	f->gid = getegid();
	if (syscall(SYS_capget, &h, d) < 0) {
		diag_errno(dg, errno, "capget", NULL, "can't tell which capabilities the caller has");
		return -1;
	}
	f->caps = d[0].permitted | (uint64_t)d[1].permitted << 32;
	return 0;
}

/*
 * A file that isn't there, or not for us, is a fact. That there is no descriptor or no memory left is none: a
 * plan made of it would be another one. The last such errno since facts_get began, and the file.
 */
static struct {
	int err;
	const char *path;
} trouble;

void facts_trouble(const char *path, int err)
{
	trouble.err = err;
	trouble.path = path;
}

static void note_trouble(const char *path, int err)
{
	if (err == EMFILE || err == ENFILE || err == ENOMEM || err == EIO || err == EINTR)
		facts_trouble(path, err);
}

/* A small file of the host's, whole; NULL when it is not there. Most are smaller than the first buffer. */
char *facts_slurp(struct arena *a, const char *path)
{
	CLEANUP_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	char first[4096], *buf = first, *more = NULL;
	size_t n = 0, cap = sizeof first;
	ssize_t r;

	if (fd < 0) {
		note_trouble(path, errno);
		return NULL;
	}
	do {
		if (n + 1 == cap) {
			more = arena_alloc(a, cap *= 2);
			buf = memcpy(more, buf, n);
		}
		r = read(fd, buf + n, cap - n - 1);
		n += r > 0 ? (size_t)r : 0;
	} while ((r > 0 || (r < 0 && errno == EINTR)) && n < 1 << 20);
	if (r < 0)
		note_trouble(path, errno);
	buf[n] = 0;
	return more ? more : arena_memdup(a, first, n + 1);
}

/* The host's own user namespace maps every id to itself. Everybody may read this: who may not can't tell. */
static bool in_initial_userns(struct arena *a)
{
	static const char path[] = "/proc/self/uid_map";
	const char *map = facts_slurp(a, path);
	uint32_t in, out, size;

	if (!map && errno == EACCES)
		facts_trouble(path, EACCES);
	return map && number_next(&map, &in) && number_next(&map, &out) && number_next(&map, &size) &&
	       in == 0 && out == 0 && size == UINT32_MAX;
}

/* user_namespaces(7): who made it without CAP_SETGID around it has given that up. */
static bool setgroups_denied(struct arena *a)
{
	const char *text = facts_slurp(a, "/proc/self/setgroups");

	return text && !strncmp(text, "deny", 4);
}

static void add_range(struct arena *a, struct id_ranges *r, size_t *cap, uint32_t start, uint32_t count)
{
	r->v = arena_grow(a, r->v, cap, r->n + 1, sizeof *r->v);
	r->v[r->n++] = (struct id_range){ start, count };
}

/* subuid(5): "NAME-or-UID:START:COUNT" */
static void get_ranges(struct arena *a, const char *path, const char *user, uint32_t uid, struct id_ranges *r)
{
	char *text = facts_slurp(a, path), *save = NULL;
	char id[16];
	size_t cap = 0;

	if (!text)
		return;
	snprintf(id, sizeof id, "%u", uid);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':');
		const char *p = colon;
		uint32_t start, count;

		if (!p)
			continue;
		p++;
		if (!number_next(&p, &start) || *p++ != ':' || !number_next(&p, &count))
			continue;
		*colon = 0;
		if (!strcmp(line, id) || !strcmp(line, user))
			add_range(a, r, &cap, start, count);
	}
}

const char *facts_user_name(struct arena *a, uint32_t uid)
{
	char *text = facts_slurp(a, "/etc/passwd"), *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *colon = strchr(line, ':'), *p = colon ? strchr(colon + 1, ':') : NULL;
		uint32_t id;

		if (p && p++ && number_next(&p, &id) && id == uid)
			return arena_strndup(a, line, (size_t)(colon - line));
	}
	return arena_printf(a, "%u", uid);
}

static void get_ids(struct arena *a, struct facts *f)
{
	const char *user = facts_user_name(a, f->uid);

	f->newuidmap = access(NEWUIDMAP, X_OK) == 0;
	f->newgidmap = access(NEWGIDMAP, X_OK) == 0;
	get_ranges(a, "/etc/subuid", user, f->uid, &f->subuid);
	get_ranges(a, "/etc/subgid", user, f->uid, &f->subgid);
}

/* securityfs has the list; where it is not mounted, each module shows itself in its own way. */
static void get_lsm(struct arena *a, struct facts *f)
{
	const char *list = facts_slurp(a, "/sys/kernel/security/lsm"), *text;

	if (list) {
		f->apparmor = words_have(list, "apparmor", strlen("apparmor"));
		f->selinux = words_have(list, "selinux", strlen("selinux"));
		return;
	}
	text = facts_slurp(a, "/sys/module/apparmor/parameters/enabled");
	f->apparmor = text && *text == 'Y';
	text = facts_slurp(a, "/proc/filesystems");
	f->selinux = text && strstr(text, "\tselinuxfs\n");
}

/* proc(5), mountinfo: "ID PARENT DEV ROOT POINT OPTIONS [FIELD]... - TYPE SOURCE OPTIONS" */
static void get_resctrl(struct arena *a, struct facts *f)
{
	char *text = facts_slurp(a, "/proc/self/mountinfo"), *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *type = strstr(line, " - resctrl "), *point = line;

		for (int i = 0; type && i < 4 && point; i++)
			point = strchr(point, ' ') ? strchr(point, ' ') + 1 : NULL;
		if (type && point && strcspn(point, "\\") >= strcspn(point, " "))
			f->resctrl = arena_strndup(a, point, strcspn(point, " "));
	}
}

int facts_get(struct arena *a, unsigned want, struct facts *f, struct diags *dg)
{
	memset(f, 0, sizeof *f);
	f->cgroups.controllers = "";
	trouble.err = 0;
	if (get_identity(f, dg) < 0)
		return -1;
	f->initial_userns = in_initial_userns(a);
	f->setgroups_denied = !f->initial_userns && setgroups_denied(a);
	if (want & FACTS_IDS && f->uid != 0)
		get_ids(a, f);
	if (want & FACTS_CGROUPS)
		facts_cgroups(a, &f->cgroups);
	if (want & FACTS_LSM)
		get_lsm(a, f);
	if (want & FACTS_RDT)
		get_resctrl(a, f);
	if (!trouble.err)
		return 0;
	diag_errno(dg, trouble.err, "open", trouble.path, "can't look at the host");
	return -1;
}
