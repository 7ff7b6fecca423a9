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

#include "../spec/spec.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct planned;
struct spec;

/* One bit a row. What a caller or a configuration needs is a set of them. */
enum need {
	NEED_USERNS = 1ull << 0,
	NEED_ID_RANGES = 1ull << 1,
	NEED_NAMESPACES = 1ull << 2,
	NEED_TIME = 1ull << 3,
	NEED_PROC = 1ull << 4,
	NEED_SYSFS = 1ull << 5,
	NEED_MOUNT_API = 1ull << 6,
	NEED_MOUNT_SETATTR = 1ull << 7,
	NEED_OPENAT2 = 1ull << 8,
	NEED_OVERLAY = 1ull << 9,
	NEED_OVERLAY_USERNS = 1ull << 10,
	NEED_IDMAP = 1ull << 11,
	NEED_PIVOT = 1ull << 12,
	NEED_CGROUP_LAYOUT = 1ull << 13,
	NEED_CGROUP = 1ull << 14,
	NEED_CONTROLLERS = 1ull << 15,
	NEED_FREEZER = 1ull << 16,
	NEED_CLONE_INTO = 1ull << 17,
	NEED_DEVICES = 1ull << 18,
	NEED_SYSTEMD = 1ull << 19,
	NEED_SECCOMP = 1ull << 20,
	NEED_NOTIFY = 1ull << 21,
	NEED_PIDFD = 1ull << 22,
	NEED_NOTHING = 1ull << 23, /* nobody does */
	NEED_MEMFD = 1ull << 24,
	NEED_KEYRING = 1ull << 25,
	NEED_SOURCES = 1ull << 26,
	NEED_APPARMOR = 1ull << 27,
	NEED_SELINUX = 1ull << 28,
	NEED_RDT = 1ull << 29,
	NEED_STATE = 1ull << 30,
	NEED_LAYERS = 1ull << 31,
	NEED_ROOTFS = 1ull << 32,
	NEED_RLIMITS = 1ull << 33,
};
enum { NEED_BITS = 34 };

/* These are told, and no trouble when they are missing. */
#define NEED_INFORMATION \
	(NEED_NOTHING | NEED_APPARMOR | NEED_SELINUX | NEED_RDT)

/* WARN: it works, less well or in another way. NOT_HERE: it is nothing for this caller. */
enum verdict { PROBE_OK, PROBE_WARN, PROBE_NO, PROBE_NOT_HERE };

/* Fixed in size: it comes through a pipe in one piece. */
struct finding {
	enum verdict verdict;
	uint64_t after;    /* the facility that is missing for this one; 0: it is this one itself */
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
	uint64_t namespaces;       /* CLONE_NEW* that the configuration makes, but the user's; 0: any */
	/* the configuration's, more than the caller's own id; NULL: any range */
	const char *uid_map, *gid_map;
	bool helper;               /* these are written by newuidmap */
	const struct cgroup *cgroup; /* the configuration's; NULL: what one would get without a cgroupsPath */
	const char *controllers;   /* of cgroup2 that its limits are for, "memory pids"; NULL: any */
	const struct planned *planned; /* the configuration's plan; NULL: there is none */
	struct str_list *needed_by;    /* NEED_BITS of them: for each bit the JSON pointers of who needs it */
};

struct probe {
	const char *name;
	uint64_t need;
	void (*try)(const struct probe_env *e, struct finding *out);
	const char *breaks; /* what does not work without it */
	const char *fix;    /* the command that mends it; may be NULL where the finding has it */
};

/* Each ends with a row without a name. */
extern const struct probe probes_namespaces[], probes_mounts[], probes_bundle[], probes_cgroups[],
	probes_kernel[];

/* In a child, which is killed after some seconds. */
void probe_run(const struct probe *p, const struct probe_env *e, struct finding *out);

/* ---- which rows count (probe_needs.c) ---- */

/* What the plainest sandbox of this caller takes. */
uint64_t needs_of_caller(const struct probe_env *e);
/* What the steps of a plan take; fills the parts of e that a configuration decides, and who needs what. */
uint64_t needs_of_plan(const struct planned *p, struct probe_env *e);

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
/* A tmpfs that is nowhere, or -1 with what failed in out; and it on "/" of our own mount namespace. */
int probe_tmpfs(struct finding *out);
int probe_on_slash(int mnt, struct finding *out);
/* These, and the sandbox's own user namespace where it has one. */
uint64_t probe_namespaces(const struct probe_env *e, uint64_t ns);

/* What in this host's settings forbids user namespaces, and the command: false, nothing is known to. */
bool userns_cause(const struct probe_env *e, struct finding *out);

#endif
