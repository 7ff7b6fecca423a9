/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the planner needs to know of this host and caller. These facts need no process of
 * their own: identity, the caller's capabilities, id ranges, the cgroup layout, read from
 * where the kernel and the administrator keep them. `sbrun plan --facts FILE` reads them from
 * a JSON document instead, so that plans can be compared.
 */
#ifndef SBRUN_RUNTIME_FACTS_H
#define SBRUN_RUNTIME_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diags;

struct id_range { uint32_t start, count; };
struct id_ranges { struct id_range *v; size_t n; };

struct cgroup_mount {
	const char *name;    /* its directory below /sys/fs/cgroup; "" for a pure v2 mount there */
	const char *options; /* v1: "cpu,cpuacct" or "name=systemd"; NULL: cgroup2 */
	const char *path;    /* the caller's cgroup in it, "/..." */
};

struct facts {
	uint32_t uid, gid;       /* effective */
	uint64_t caps;           /* the caller's permitted set, 1 << CAP_* */
	bool initial_userns;     /* the caller is in the host's user namespace */
	bool newuidmap, newgidmap;
	bool apparmor, selinux;  /* the security modules that are switched on */
	const char *resctrl;     /* where that file system is mounted, or NULL */
	struct id_ranges subuid, subgid; /* the caller's lines of /etc/subuid and /etc/subgid */
	struct cgroup_mount *cgroups;
	size_t n_cgroups;
};

/* Which facts a configuration needs: the rest is not looked up. */
enum { FACTS_IDS = 1, FACTS_CGROUPS = 2, FACTS_LSM = 4, FACTS_RDT = 8 };

int facts_get(struct arena *a, unsigned want, struct facts *f, struct diags *dg);
int facts_load(struct arena *a, const char *path, struct facts *f, struct diags *dg);

/* The login name of uid by /etc/passwd alone (no NSS module is loaded), else its number. */
const char *facts_user_name(struct arena *a, uint32_t uid);

/* Where the helpers are: compiled in, never looked up in PATH. */
#define NEWUIDMAP "/usr/bin/newuidmap"
#define NEWGIDMAP "/usr/bin/newgidmap"

#endif
