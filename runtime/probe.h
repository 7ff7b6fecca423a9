/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this host lets this caller do, found by doing it: `sbrun doctor`. A row is a facility, with
 * a function that uses it. That function runs in a process of its own (it may be killed by a
 * filter, hang, change its identity, mount), which ends with all that it made; what lives
 * longer than a process, a cgroup, the function removes itself.
 */
#ifndef SBRUN_RUNTIME_PROBE_H
#define SBRUN_RUNTIME_PROBE_H

#include "cgroup.h"
#include "facts.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct planned;
struct spec;

/* One bit a row. What a caller or a configuration needs is a set of them. */
enum need {
	NEED_USERNS = 1u << 0,
	NEED_ID_RANGES = 1u << 1,
	NEED_NAMESPACES = 1u << 2,
	NEED_TIME = 1u << 3,
	NEED_PROC = 1u << 4,
	NEED_SYSFS = 1u << 5,
	NEED_MOUNT_API = 1u << 6,
	NEED_MOUNT_SETATTR = 1u << 7,
	NEED_OPENAT2 = 1u << 8,
	NEED_OVERLAY = 1u << 9,
	NEED_OVERLAY_USERNS = 1u << 10,
	NEED_IDMAP = 1u << 11,
	NEED_PIVOT = 1u << 12,
	NEED_CGROUP_LAYOUT = 1u << 13,
	NEED_CGROUP = 1u << 14,
	NEED_CONTROLLERS = 1u << 15,
	NEED_FREEZER = 1u << 16,
	NEED_CLONE_INTO = 1u << 17,
	NEED_DEVICES = 1u << 18,
	NEED_SYSTEMD = 1u << 19,
	NEED_SECCOMP = 1u << 20,
	NEED_NOTIFY = 1u << 21,
	NEED_PIDFD = 1u << 22,
	NEED_NOTHING = 1u << 23, /* nobody does */
	NEED_MEMFD = 1u << 24,
	NEED_KEYRING = 1u << 25,
	NEED_SOURCES = 1u << 26,
	NEED_APPARMOR = 1u << 27,
	NEED_SELINUX = 1u << 28,
	NEED_RDT = 1u << 29,
	NEED_STATE = 1u << 30,
};

/* These are told, and no trouble when they are missing. */
#define NEED_INFORMATION \
	(NEED_NOTHING | NEED_APPARMOR | NEED_SELINUX | NEED_RDT)

/* WARN: it works, less well or in another way. NOT_HERE: it is nothing for this caller. */
enum verdict { PROBE_OK, PROBE_WARN, PROBE_NO, PROBE_NOT_HERE };

/* Fixed in size: it comes through a pipe in one piece. */
struct finding {
	enum verdict verdict;
	uint32_t after;    /* the facility that is missing for this one; 0: it is this one itself */
	char detail[1200]; /* what was found */
	char breaks[400];  /* "": the row's */
	char fix[800];     /* "": the row's */
};

/* For whom the probes are made. */
struct probe_env {
	struct arena *a;
	const struct facts *f;
	bool real_root;            /* CAP_SYS_ADMIN in the host's user namespace */
	bool userns;               /* the sandbox gets a user namespace of its own */
	const char *state_root;    /* NULL: the default */
	/* the configuration's, more than the caller's own id; NULL: any range */
	const char *uid_map, *gid_map;
	bool helper;               /* these are written by newuidmap */
	const struct cgroup *cgroup; /* the configuration's; NULL: what one would get without a cgroupsPath */
	const char *controllers;   /* of cgroup2 that its limits are for, "memory pids"; NULL: any */
};

struct probe {
	const char *name;
	uint32_t need;
	void (*try)(const struct probe_env *e, struct finding *out);
	const char *breaks; /* what does not work without it */
	const char *fix;    /* the command that mends it; may be NULL where the finding has it */
};

/* Each ends with a row without a name. */
extern const struct probe probes_namespaces[], probes_mounts[], probes_cgroups[], probes_kernel[];

/* In a child, which is killed after some seconds. */
void probe_run(const struct probe *p, const struct probe_env *e, struct finding *out);

/* ---- which rows count (probe_needs.c) ---- */

/* What the plainest sandbox of this caller takes. */
uint32_t needs_of_caller(const struct probe_env *e);
/* What the steps of a plan take; fills the parts of e that a configuration decides. */
uint32_t needs_of_plan(const struct planned *p, struct probe_env *e);

/* ---- for the probes' own files ---- */

__attribute__((format(printf, 3, 4))) void found(struct finding *out, enum verdict v, const char *fmt, ...);
/* "CALL: ERRNO TEXT" */
void found_errno(struct finding *out, const char *call, int err);
/* The errors of another part of sbrun, and the last one's hint as what mends it. */
struct diags;
void found_diags(struct finding *out, struct diags *dg);
__attribute__((format(printf, 2, 3))) void found_fix(struct finding *out, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void found_breaks(struct finding *out, const char *fmt, ...);

/*
 * Run fn in a process with new namespaces (CLONE_NEW*, all but time); a new user namespace maps the
 * caller's own id to 0, or has `maps` (two texts, uid and gid; NULL: that). fn fills `out`,
 * as does what fails before it.
 */
struct probe_maps {
	const char *uid, *gid;
	bool helper;
};
void probe_inside(uint64_t ns, const struct probe_maps *maps, void (*fn)(struct finding *),
		  struct finding *out);
/* These, and the sandbox's own user namespace where it has one. */
uint64_t probe_namespaces(const struct probe_env *e, uint64_t ns);

/* What in this host's settings forbids user namespaces, and the command: false, nothing is known to. */
bool userns_cause(const struct probe_env *e, struct finding *out);

#endif
