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

/* One hierarchy of control groups, cgroups(7). */
struct cgroup_mount {
	const char *name;    /* its directory below /sys/fs/cgroup; "" for a pure v2 mount there */
	const char *options; /* v1: "cpu,cpuacct" or "name=systemd"; NULL: cgroup2 */
	const char *path;    /* the caller's cgroup in it, "/a/b", "" for the root */
};

/* Pure v2 is one mount named ""; hybrid and v1 have v1 mounts, hybrid also a cgroup2 one. */
struct cgroup_layout {
	struct cgroup_mount *v; /* sorted by name */
	size_t n;
	const char *controllers; /* of the cgroup2 mount: "cpuset cpu io memory pids"; "" none; never NULL */
	bool systemd;            /* systemd manages this host's services: sd_booted(3) */
};

struct facts {
	uint32_t uid, gid;       /* effective */
	uint64_t caps;           /* the caller's permitted set, 1 << CAP_* */
	bool initial_userns;     /* the caller is in the host's user namespace */
	bool setgroups_denied;   /* in the caller's user namespace, and so in all below it */
	bool newuidmap, newgidmap;
	bool apparmor, selinux;  /* the security modules that are switched on */
	const char *resctrl;     /* where that file system is mounted, or NULL */
	struct id_ranges subuid, subgid; /* the caller's lines of /etc/subuid and /etc/subgid */
	struct cgroup_layout cgroups;
};

/* Which facts a configuration needs: the rest is not looked up. */
enum { FACTS_IDS = 1, FACTS_CGROUPS = 2, FACTS_LSM = 4, FACTS_RDT = 8 };

int facts_get(struct arena *a, unsigned want, struct facts *f, struct diags *dg);
/* The cgroup2 mount, or the one whose hierarchy has that controller ("memory"); NULL: there is none. */
const struct cgroup_mount *layout_v2(const struct cgroup_layout *l);
const struct cgroup_mount *layout_controller(const struct cgroup_layout *l, const char *controller);
/* "v2", "hybrid", "v1" or "none". */
const char *layout_name(const struct cgroup_layout *l);
/* The part of facts_get that is about control groups. */
void facts_cgroups(struct arena *a, struct cgroup_layout *l);
/* A small file of procfs, sysfs or cgroupfs whole, NUL-terminated; NULL when it can't be read. */
char *facts_slurp(struct arena *a, const char *path);
/* For facts_get's own parts: path can't be looked at, which is no fact; facts_get fails with that. */
void facts_trouble(const char *path, int err);

int facts_load(struct arena *a, const char *path, struct facts *f, struct diags *dg);

/* The login name of uid by /etc/passwd alone (no NSS module is loaded), else its number. */
const char *facts_user_name(struct arena *a, uint32_t uid);

/* Where the helpers are: compiled in, never looked up in PATH. */
#define NEWUIDMAP "/usr/bin/newuidmap"
#define NEWGIDMAP "/usr/bin/newgidmap"

#endif
