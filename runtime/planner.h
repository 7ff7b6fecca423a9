/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner: (spec, facts) -> a flat plan. It is pure: no system call, nothing touched. What
 * it decides by facts is printed with the step; what only the kernel knows is left to one
 * declared alternative inside the step.
 */
#ifndef SBRUN_RUNTIME_PLANNER_H
#define SBRUN_RUNTIME_PLANNER_H

#include "../spec/diag.h"
#include "../spec/spec.h"
#include "cgroup.h"
#include "facts.h"
#include "plan.h"
#include "systemd_unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct seccomp_filter;

/* A descriptor that the launcher opens before the clone and stage-2 finds at slot_base + index. */
enum slot_kind {
	SLOT_NAMESPACE, /* path, a namespace of type ns, verified */
	SLOT_SOURCE,    /* path: a detached clone of a tree that the sandbox's ids can't reach */
	SLOT_DIR,       /* path: O_PATH, an overlay layer, for the same reason */
	SLOT_IDMAP,     /* a user namespace with uid_map and gid_map, for an idmapped mount */
	SLOT_PIDFD,     /* exec: the sandbox's init */
	SLOT_END,       /* the file of struct end_record */
	SLOT_HELD,      /* the end of a pipe whose other end sees the payload's */
	SLOT_ROOT,      /* exec into a sandbox made with --no-pivot: its root directory */
};
struct slot {
	enum slot_kind kind;
	const char *path;
	enum ns_type ns;
	bool recursive, nofollow;
	bool shared; /* SOURCE: stays a peer of what it is cloned from */
	const char *uid_map, *gid_map;
	uint64_t ino; /* NAMESPACE: it must be this one; 0: any */
	bool changed; /* NAMESPACE: a host name or sysctl is set in it, so it must not be the caller's */
	int idmaps; /* IDMAP: 1 + the slot of the source that the parent maps with it, 0: stage-2 does */
	const char *pointer; /* for diagnostics */
};

enum on_failure { ON_FAILURE_DELETE, ON_FAILURE_KEEP, ON_FAILURE_FREEZE };

struct plan_opts {
	const char *bundle;     /* absolute */
	const char *id;
	unsigned preserve_fds;
	bool no_pivot, no_new_keyring;
	bool gate;              /* create: wait at the gate; false: run */
	bool report_steps;
	bool set_init;
	enum init_mode init;
	bool die_with_parent;
	enum on_failure on_failure;
	struct time_limits limits; /* what the command line has; else the configuration's */
	uint32_t umask;         /* the caller's, where the config gives none */
	const struct seccomp_filter *filter; /* linux.seccomp compiled; NULL: none */
	enum cgroup_manager manager;
	const char *cgroup_name; /* of the cgroup where the configuration names none */
	const char *notify_dir; /* absolute: the directory for NOTIFY_SOCKET; NULL: none */
};

/* exec: what is run and where */
struct plan_exec_opts {
	const struct spec_process *process;
	const struct spec_hook *hook; /* this, with arguments and environment from `process` */
	bool outside_root;      /* createContainer: the root is the host's, the rights the set-up's, ... */
	bool without_root;      /* ... and its user namespace has no uid 0 or no gid 0 */
	const struct spec_linux *linux_; /* the configuration's; NULL: a hook, which is tuned by nothing */
	const char *id;
	unsigned namespaces;    /* 1 << enum ns_type, the sandbox's own */
	pid_t init_pid;
	const uint64_t *ns_ino; /* the namespaces must be these, and are joined one by one; NULL: by pidfd */
	bool by_root_fd;        /* its root is not the one of its mount namespace: by descriptor */
	bool die_with_parent;
	bool report_steps, setgroups_denied;
	unsigned preserve_fds;
	uint32_t umask;
	const struct seccomp_filter *filter;
	const struct cgroup *cgroup; /* to start in; NULL: in the caller's */
	const char *tools;      /* debug: the host's directory to bring along, read-only; NULL: none */
	const char *tools_place; /* where it is put */
	bool tools_are_root;    /* they are "/", and the sandbox's root is there */
};

struct planned {
	struct plan *plan;      /* plan->size bytes, in the arena */
	struct slot *slots;     /* plan->n_slots */
	unsigned namespaces;    /* 1 << enum ns_type: the sandbox's own, new or joined */
	struct str_list uppers; /* upperdirs to claim, absolute, with their pointers below */
	struct str_list upper_pointers;
	struct systemd_unit unit; /* of the systemd manager's cgroup, with its properties; name NULL: none */
	struct property_list properties;
	struct cgroup cgroup;   /* where it will be (exec: is); n 0: in the caller's */
	struct plan_identity {  /* who the first process must be before it execs stage-2 */
		bool userns;    /* made by the clone: wait for the maps */
		bool root;      /* uid and gid 0 are mapped */
		uint32_t uid, gid; /* else these, and ambient capabilities */
		bool drop_groups;
	} identity;
};

/* 0, or -1 with every refusal in dg (with its place in config.json). */
int plan_sandbox(struct arena *a, const struct spec *s, const struct facts *f, const struct plan_opts *o,
		 struct planned *out, struct diags *dg);
int plan_exec(struct arena *a, const struct spec *s, const struct facts *f, const struct plan_exec_opts *o,
	      struct planned *out, struct diags *dg);

/* One line for step i: "mount proc on /proc (nosuid,nodev,noexec)". The same text everywhere. */
char *plan_step_text(struct arena *a, const struct planned *p, uint32_t i);
const char *plan_step_name(const struct planned *p, uint32_t i);    /* "mount" */
const char *plan_step_pointer(const struct planned *p, uint32_t i); /* "/mounts/3" */
/* Who runs it: "runtime", "sandbox" (its first process) or "payload". */
const char *plan_step_by(const struct planned *p, uint32_t i);
/* The whole plan, a line a step with who runs it and its pointer; or as JSON. In the arena. */
char *plan_table(struct arena *a, const struct planned *p);
char *plan_json(struct arena *a, const struct planned *p);
/* The same steps for eyes, as a tree (plan_tree.c). */
struct screen;
char *plan_tree(struct arena *a, const struct planned *p, const struct screen *screen);
const char *plan_str(const struct plan *p, uint32_t off);
const struct step *plan_step(const struct plan *p, uint32_t i);
uint32_t plan_clone_index(const struct plan *p); /* of CLONE: before it nothing of the sandbox runs */
const void *plan_blob(const struct plan *p, uint32_t off);

/* ---- what the planner's own files share ---- */

struct builder {
	struct arena *a;
	const struct spec *s;
	const struct facts *f;
	struct diags *dg;
	struct step *steps;
	size_t n_steps, cap_steps;
	char *blob;
	size_t n_blob, cap_blob;
	struct slot *slots;
	size_t n_slots, cap_slots;
	size_t cap_uppers, cap_upper_pointers;
	struct planned *out;
	const char *bundle;
	bool user_new, user_joined;
	bool new_ns[NS__COUNT];
	bool sources_by_parent; /* root outside, a new user namespace inside */
	bool setgroups_denied;
	bool keeps_groups; /* the annotation run.oci.keep_original_groups */
	bool cgroup_optional;
	const struct seccomp_filter *filter;
	bool exec;
	bool network_planned;
	bool own_limits; /* the first process has all the rights over its limits that the runtime has */
};

uint32_t put_str(struct builder *b, const char *s);        /* NULL and "" give 0 */
uint32_t put_bytes(struct builder *b, const void *p, size_t n); /* 8-aligned */
uint32_t put_list(struct builder *b, const struct str_list *l);
__attribute__((format(printf, 3, 4))) struct step *add_step(struct builder *b, enum step_kind k,
							    const char *pointer, ...);
int add_slot(struct builder *b, struct slot s);
const char *pointer_token(struct builder *b, const char *key);
const char *host_path(struct builder *b, const char *path); /* relative ones are the bundle's */
bool id_mapped(const struct id_maps *m, uint32_t id);
char *id_map_text(struct arena *a, const struct id_maps *m);
void finish_plan(struct builder *b, uint32_t first_child, uint32_t flags);

uint64_t ns_clone_flags(unsigned namespaces); /* 1 << enum ns_type to CLONE_NEW* */
void plan_cgroup(struct builder *b, const struct plan_opts *o);
void plan_join_cgroup(struct builder *b, const struct cgroup *g); /* exec; NULL: none */
void plan_cgroup_owner(struct builder *b);
/* Where a relative path comes to be: below the caller's; with controllers of cgroup2 beside it. */
char *cgroup_near_caller(struct arena *a, const struct cgroup_mount *m, const char *name, bool controllers);
bool plan_wants_cgroup(const struct spec *s, enum cgroup_manager manager);
/* The limits of time that hold; `init`: there will be one to keep them, else each is an error. */
struct time_limits plan_time_limits(struct builder *b, const struct plan_opts *o, bool init);
/* --on-failure: the slot of what is held; -1 with an error. */
int plan_on_failure(struct builder *b, bool init);
void plan_spawn(struct builder *b, const struct plan_opts *o, const struct time_limits *l);
void plan_namespaces(struct builder *b, uint32_t *first_child);
void plan_network(struct builder *b); /* lo and moved interfaces, once, before what looks at a network */
void plan_root(struct builder *b, bool no_pivot);
void plan_mounts(struct builder *b);
void plan_notify(struct builder *b, const char *dir); /* notify.h; NULL: none */
void plan_overlay(struct builder *b, const struct spec_overlay *o, struct plan_mount *m, const char *pointer);
void plan_cgroup_mount(struct builder *b, const struct spec_mount *sm, struct plan_mount *proto,
		       const char *pointer);
/* What will be mounted on the target. */
void plan_make_read_only(struct builder *b, const char *target, const char *pointer);
bool plan_filled_later(struct builder *b, const struct spec_mount *m); /* plan_filled() makes it read-only */
void plan_filled(struct builder *b);
/* The parent opens the source at `path` where the sandbox's own ids may not reach it. */
void plan_source_slot(struct builder *b, struct plan_mount *m, const char *path, const char *pointer);
void plan_dev(struct builder *b);
void plan_console(struct builder *b, const struct spec_process *p, bool exec);
void plan_masks(struct builder *b);
void plan_root_propagation(struct builder *b);
void plan_before_gate(struct builder *b, const struct spec_process *p);
char *hook_words(struct arena *a, enum hook_point at, const char *path); /* "run the poststop hook /x" */
void plan_hooks(struct builder *b, enum hook_point at);
void plan_create_hooks(struct builder *b); /* those between the mounts and the pivot */
bool wants_create_hooks(const struct builder *b);
void plan_enter(struct builder *b, const struct plan_exec_opts *o); /* exec: into the sandbox */
void plan_hook_outside(struct builder *b, const struct plan_exec_opts *o);
void plan_payload(struct builder *b, const struct spec_process *p, const struct spec_linux *l,
		  uint32_t caller_umask);
void plan_tuning(struct builder *b, const struct spec_process *p, const struct spec_linux *l);
void plan_rdt(struct builder *b, const struct spec_linux *l, const char *id);
/* plan_lsm.c: labels and profiles; a module that is off on this host is an error. */
void plan_lsm(struct builder *b, const struct spec_process *p);
void plan_keyring(struct builder *b, const struct spec_process *p);
bool lsm_wants_facts(const struct spec *s, const struct spec_process *p);
/* "context=LABEL" where linux.mountLabel is to apply to a file system of that type, else NULL. */
void plan_label_check(struct builder *b);
char *plan_mount_label(struct builder *b, const char *type, const struct str_list *data);
void plan_affinity_initial(struct builder *b, const struct spec_process *p, struct step *clone); /* exec */

bool caps_has_own(const struct facts *f, int cap); /* the caller has it */
bool caps_has(const struct builder *b, int cap); /* the first process will have it to use */
/* Capability names to masks (caps.c); unknown or unavailable names give a warning and are left out. */
void caps_masks(struct builder *b, const struct spec_process *p, struct plan_caps *out);

#endif
