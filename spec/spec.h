/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The typed form of config.json: the OCI runtime-spec 1.3 for Linux plus sbrun's
 * extensions (root.overlay, mounts[].overlay, "sbrun"). spec/config.md is the reference
 * for people, spec/schema.json for machines; the decode tables in spec/tables.c are the
 * one place that names the fields.
 *
 * This layer is pure: it knows no Linux header and makes no system call but reading the
 * file. Everything lives in one arena. Strings are UTF-8, NUL-terminated, without NUL
 * inside; absent strings are NULL, absent objects are NULL, absent arrays have n == 0.
 * `struct opt_*` tells absent from zero.
 */
#ifndef SBRUN_SPEC_SPEC_H
#define SBRUN_SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diags;
struct diag;

struct opt_i64 { bool set; int64_t v; };
struct opt_u64 { bool set; uint64_t v; };
struct opt_bool { bool set; bool v; };

struct str_list { char **v; size_t n; };           /* v[n] is NULL when n > 0 */
struct u32_list { uint32_t *v; size_t n; };
struct kv { char *key, *value; };
struct kv_list { struct kv *v; size_t n; };        /* in the file's order, keys unique */

/* linux.uidMappings and friends: `size` ids from `container` inside are `host` outside. */
struct id_map { uint32_t container, host, size; };
struct id_maps { struct id_map *v; size_t n; };

/* sbrun: root.overlay and mounts[].overlay. The first lowerdir is the top one. */
struct spec_overlay {
	struct str_list lowerdirs;
	char *upperdir, *workdir;
	/*
	 * An upper on a private tmpfs; size in bytes, 0: the kernel's default. shared: on one tmpfs with
	 * all others that say so.
	 */
	struct { bool set, shared; uint64_t size; } ephemeral;
	bool is_volatile;
};

struct spec_root {
	char *path; /* may be NULL when overlay is there */
	bool readonly;
	struct spec_overlay *overlay;
};

struct spec_mount {
	char *destination, *type, *source;
	struct str_list options;
	struct id_maps uid_maps, gid_maps;
	struct spec_overlay *overlay;
};
struct mount_list { struct spec_mount *v; size_t n; };

enum rlimit_kind { /* getrlimit(2); the executor's numbers are mapped in runtime/ */
	RL_AS, RL_CORE, RL_CPU, RL_DATA, RL_FSIZE, RL_LOCKS, RL_MEMLOCK, RL_MSGQUEUE,
	RL_NICE, RL_NOFILE, RL_NPROC, RL_RSS, RL_RTPRIO, RL_RTTIME, RL_SIGPENDING, RL_STACK,
	RL__COUNT
};
struct spec_rlimit { enum rlimit_kind type; uint64_t soft, hard; };
struct rlimit_list { struct spec_rlimit *v; size_t n; };

struct spec_user {
	bool set_uid, set_gid; /* whether the file gave them; both default to 0 */
	uint32_t uid, gid;
	struct opt_u64 umask;
	struct u32_list additional_gids;
	char *username; /* Windows only; known, not used */
};

/* Names as in the file ("CAP_KILL"); runtime/ maps them with libcap. */
struct spec_caps { struct str_list bounding, permitted, effective, inheritable, ambient; };

enum io_class { IO_CLASS_RT, IO_CLASS_BE, IO_CLASS_IDLE };
struct spec_io_priority { enum io_class class_; int32_t priority; };

enum sched_policy {
	SCHED_P_OTHER, SCHED_P_FIFO, SCHED_P_RR, SCHED_P_BATCH, SCHED_P_ISO, SCHED_P_IDLE, SCHED_P_DEADLINE
};
struct spec_scheduler {
	enum sched_policy policy;
	int32_t nice, priority;
	struct str_list flags; /* SCHED_FLAG_* , checked */
	uint64_t runtime, deadline, period;
};

struct spec_cpu_affinity { char *initial, *final; };

struct spec_process {
	bool terminal;
	struct { bool set; uint64_t height, width; } console_size;
	char *cwd;
	struct str_list args, env;
	struct spec_user user;
	struct spec_caps *capabilities; /* NULL: absent, means every set is empty */
	struct rlimit_list rlimits;
	bool no_new_privileges;
	struct opt_i64 oom_score_adj;
	char *apparmor_profile, *selinux_label;
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	struct spec_cpu_affinity *exec_cpu_affinity;
	char *command_line; /* Windows only */
};

struct spec_hook { char *path; struct str_list args, env; struct opt_i64 timeout; };
struct hook_list { struct spec_hook *v; size_t n; };
struct spec_hooks {
	struct hook_list prestart, create_runtime, create_container, start_container, poststart, poststop;
};
/* In the order of a sandbox's life. */
enum hook_point {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK__COUNT
};

enum ns_type { NS_PID, NS_NETWORK, NS_MOUNT, NS_IPC, NS_UTS, NS_USER, NS_CGROUP, NS_TIME, NS__COUNT };
struct spec_namespace { enum ns_type type; char *path; /* NULL: a new one */ };
struct namespace_list { struct spec_namespace *v; size_t n; };

struct spec_device {
	char *path;
	char type; /* 'c', 'u' (same), 'b', 'p' */
	struct opt_i64 major, minor;
	struct opt_u64 file_mode, uid, gid;
};
struct device_list { struct spec_device *v; size_t n; };

struct spec_net_device { char *host_name, *name; /* name NULL: keep */ };
struct net_device_list { struct spec_net_device *v; size_t n; };

struct spec_device_rule { bool allow; char *type; struct opt_i64 major, minor; char *access; };
struct device_rule_list { struct spec_device_rule *v; size_t n; };

struct spec_memory {
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp;
	struct opt_u64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};
struct spec_cpu {
	struct opt_u64 shares, period, burst, realtime_period;
	struct opt_i64 quota, realtime_runtime, idle;
	char *cpus, *mems;
};
struct spec_block_device { int64_t major, minor; struct opt_u64 weight, leaf_weight, rate; };
struct block_device_list { struct spec_block_device *v; size_t n; };
struct spec_block_io {
	struct opt_u64 weight, leaf_weight;
	struct block_device_list weight_device;
	struct block_device_list throttle_read_bps, throttle_write_bps;
	struct block_device_list throttle_read_iops, throttle_write_iops;
};
struct spec_hugepage_limit { char *page_size; uint64_t limit; };
struct hugepage_list { struct spec_hugepage_limit *v; size_t n; };
struct spec_if_priority { char *name; uint32_t priority; };
struct if_priority_list { struct spec_if_priority *v; size_t n; };
struct spec_network_limits { struct opt_u64 class_id; struct if_priority_list priorities; };
struct spec_rdma { char *device; struct opt_u64 hca_handles, hca_objects; };
struct rdma_list { struct spec_rdma *v; size_t n; };

struct spec_resources {
	struct device_rule_list devices;
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct opt_i64 pids_limit;
	bool has_pids;
	struct spec_block_io *block_io;
	struct hugepage_list hugepage_limits;
	struct spec_network_limits *network;
	struct rdma_list rdma;
	struct kv_list unified;
};

struct spec_syscall_arg { uint32_t index; uint64_t value, value_two; char *op; };
struct syscall_arg_list { struct spec_syscall_arg *v; size_t n; };
struct spec_syscall {
	struct str_list names;
	char *action;
	struct opt_u64 errno_ret;
	struct syscall_arg_list args;
};
struct syscall_list { struct spec_syscall *v; size_t n; };
struct spec_seccomp {
	char *default_action; /* SCMP_ACT_*, checked */
	struct opt_u64 default_errno_ret;
	struct str_list architectures, flags;
	char *listener_path, *listener_metadata;
	struct syscall_list syscalls;
};

struct spec_intel_rdt {
	char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct str_list schemata;
	struct opt_bool enable_cmt, enable_mbm, enable_monitoring;
};
struct spec_personality { char *domain; struct str_list flags; };
struct spec_memory_policy { char *mode, *nodes; struct str_list flags; };
struct spec_time_offset { struct opt_i64 secs; struct opt_u64 nanosecs; };

struct spec_linux {
	struct namespace_list namespaces;
	struct id_maps uid_maps, gid_maps;
	struct device_list devices;
	struct net_device_list net_devices;
	char *cgroups_path;
	struct spec_resources *resources;
	char *rootfs_propagation;
	struct spec_seccomp *seccomp;
	struct kv_list sysctl;
	struct str_list masked_paths, readonly_paths;
	char *mount_label;
	struct spec_intel_rdt *intel_rdt;
	struct spec_memory_policy *memory_policy;
	struct spec_personality *personality;
	struct spec_time_offset *time_monotonic, *time_boottime; /* timeOffsets */
};

/* How long a sandbox may run, in nanoseconds; 0: for ever. */
struct time_limits {
	uint64_t timeout, cpu_time;
	uint64_t kill_after; /* between TERM and KILL */
	bool set_kill_after; /* else it is TIME_LIMIT_GRACE */
};
#define TIME_LIMIT_GRACE 10000000000ull

enum init_mode { INIT_AUTO, INIT_ALWAYS, INIT_NEVER };
/* none: a new network namespace, lo down; loopback: one with lo up; host: the caller's */
enum network_mode { NETWORK_NONE, NETWORK_LOOPBACK, NETWORK_HOST };
struct spec_sbrun { /* top-level "sbrun" */
	bool set_init, set_network;
	enum init_mode init;
	enum network_mode network;
	char *timeout, *kill_after, *cpu_time;
	struct time_limits limits; /* what these three say */
};

struct spec {
	char *oci_version;
	struct spec_root *root;
	struct mount_list mounts;
	struct spec_process *process;
	char *hostname, *domainname;
	struct spec_hooks hooks;
	struct kv_list annotations;
	struct spec_linux *linux_; /* never NULL after loading */
	struct spec_sbrun sbrun;

	const char *file;        /* as the user named it, for messages */
	const char *text;        /* the file's bytes, kept: state stores a copy */
	size_t text_len;
	struct place_index *places;
	const char *resources_at; /* pointer: "/linux/resources"; "" where they are the document */
	struct arena *arena; /* that all of this lives in */
};

/* Limits on what a file may hold; each violation is an error with its place. */
enum {
	SPEC_MAX_BYTES = 16 << 20,
	SPEC_MAX_DEPTH = 64,
	SPEC_MAX_ITEMS = 65536, /* of one array or object */
	SPEC_MAX_VALUES = 1 << 20, /* of the whole file */
	SPEC_MAX_PROBLEMS = 1000, /* that are told; the rest is only counted as one more */
	SPEC_MAX_MOUNTS = 10000,
	SPEC_MAX_LAYERS = 500,  /* overlayfs' own OVL_MAX_STACK */
	SPEC_MAX_ID_MAPS = 340, /* user_namespaces(7) */
};

enum { SPEC_STRICT = 1 }; /* unknown fields are errors, not warnings */

/*
 * Read, decode and check. Every problem in the file is added to dg, not only the first.
 * spec_load reads `path` (a regular file or a pipe, bounded); `name` is how messages call it.
 * Returns NULL when there is any error. Unknown fields give warnings with a did-you-mean.
 */
struct spec *spec_load(struct arena *a, const char *path, const char *name, unsigned flags, struct diags *dg);
struct spec *spec_load_text(struct arena *a, const char *text, size_t len, const char *name, unsigned flags,
			    struct diags *dg);

/* The process document of `exec --process FILE`: one spec_process. `*out_file` keeps the places. */
struct spec_process *spec_load_process(struct arena *a, const char *path, const char *name, unsigned flags,
				       struct spec **out_file, struct diags *dg);

/*
 * The document of `update --resources FILE`: one spec_resources, which may lack what its values
 * go with (see limits_merge). `path` "-" is standard input. `*out_file` keeps the places, and
 * pointers begin in this document: "/memory/limit".
 */
struct spec_resources *spec_load_resources(struct arena *a, const char *path, const char *name,
					   unsigned flags, struct spec **out_file, struct diags *dg);
struct spec_resources *spec_load_resources_text(struct arena *a, const char *text, size_t len,
						const char *name, unsigned flags, struct spec **out_file,
						struct diags *dg);

/*
 * The rules of linux.resources again, for what was put together of several sources and has all that
 * its values go with. Places are those of `file`, which may be NULL. 0 or -1.
 */
int spec_check_resources(struct arena *a, struct spec *file, const struct spec_resources *r,
			 struct diags *dg);

/*
 * Give a diagnostic its place: the value at `pointer` ("/mounts/3/type"), or, when that is
 * absent, its nearest ancestor that is there. Sets file, line, col and pointer. Returns d.
 */
struct diag *spec_at(const struct spec *s, struct diag *d, const char *pointer);
__attribute__((format(printf, 3, 4))) struct diag *spec_atf(const struct spec *s, struct diag *d,
							    const char *fmt, ...);

/* Look-ups that more than one room needs. */
const struct spec_namespace *spec_namespace(const struct spec *s, enum ns_type t); /* NULL: not listed */
const char *spec_annotation(const struct spec *s, const char *key); /* NULL: none */
bool spec_annotation_on(const struct spec *s, const char *key);      /* it is there and not "0" */
const char *hook_point_name(enum hook_point at); /* "createRuntime" */
const struct hook_list *spec_hooks_at(const struct spec *s, enum hook_point at);
bool spec_has_hooks(const struct spec *s);
const char *ns_type_name(enum ns_type t); /* "pid", "network", ... as in the spec */
const char *rlimit_name(enum rlimit_kind k); /* "RLIMIT_NOFILE" */

/*
 * The classic way to write an overlay: a mount of type overlay with the options lowerdir=A:B
 * (split at ':'; a backslash takes the next character as it is), lowerdir+=A (taken whole),
 * upperdir=, workdir= and volatile. `out` gets what they say, `rest` the other options in
 * their order; both are in the arena. Returns 0, or -1 when a path is empty, with *bad (may
 * be NULL) the index of its option; spec_load has refused such a mount already.
 */
int spec_overlay_from_options(struct arena *a, const struct spec_mount *m, struct spec_overlay *out,
			      struct str_list *rest, size_t *bad);

/* The closest of `names` (NULL-terminated) to `word` within an edit distance worth suggesting, or NULL. */
const char *suggest(const char *word, const char *const *names);

#endif
