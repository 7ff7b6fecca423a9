/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: a flat, ordered list of steps in one buffer. The runtime writes it, seals it in a
 * memfd and hands that to stage-2, which maps it read-only and runs it; `sbrun plan` prints it.
 * It goes one way, from the trusted parent to its own child of the same build, so there is no
 * version and no parsing. This header is all that stage-2 shares with the rest; it knows
 * nothing but fixed-width integers.
 *
 * Layout: struct plan | steps[] | blob. Every string and table is an offset into the blob;
 * offset 0 is the empty string and means "none". A list of strings is n consecutive
 * NUL-terminated strings from its offset on. The blob's last byte is NUL.
 *
 * A plan is a list, never a language: no conditions, loops or variables. What is only known
 * later (the child's pid, the root's fd) lives in the executor's registers.
 */
#ifndef SBRUN_RUNTIME_PLAN_H
#define SBRUN_RUNTIME_PLAN_H

#include <stdint.h>

#define PLAN_MAGIC 0x6e6c7073u /* "spln" */

/*
 * The kinds of step, a row each: P(kind, function) run by the parent, C(...) by stage-2 as the
 * sandbox's first process, Y(...) by the process that becomes the payload. The printer
 * (plan_text_*.c: text_FUNCTION), the parent's executor (steps.c: step_FUNCTION) and stage-2's
 * (stage2/: step_FUNCTION) are tables made from these rows, so that they can't drift apart.
 *
 * s[] are blob offsets, n[] numbers:
 */
#define PLAN_STEPS(P, C, Y) \
	P(CGROUP, cgroup)               /* s0 path, s1 cgroup2 controllers, s2 hierarchies, s3 unit;
					   n0 1: or none */ \
	P(LIMIT, limit)                 /* s0 file, s1 value, s2 controller, s3 else "FILE VALUE"; n0 flags */ \
	P(DEVICE_RULES, device_rules)   /* n0 how many, n1 1: by the v1 controller, 2: or a program */ \
	P(CGROUP_OWNER, cgroup_owner)   /* n0 uid */ \
	P(CGROUP_JOIN, cgroup_join)     /* s0 path */ \
	P(CLONE, clone)                 /* n0 CLONE_NEW* flags; exec: s0 CPUs, s1 mask of n1 bytes */ \
	P(MAP_IDS, map_ids)             /* s0 uid map, s1 gid map; n0 1: newuidmap; n1 1: deny setgroups */ \
	P(OOM, oom)                     /* n0 oom_score_adj as int64 */ \
	P(NET_DEVICE, net_device)       /* s0 name here, s1 name in the sandbox */ \
	P(RDT, rdt)                     /* s0 resctrl, s1 closID, s2 n0 lines, s3 ID; n1, n2, n3: rdt.h */ \
	P(RLIMIT, rlimit)               /* s0 name; n0 RLIMIT_*, n1 soft, n2 hard */ \
	C(OWN_RLIMIT, own_rlimit)       /* the same, of the first process by itself */ \
	P(GUARD, guard)                 /* exec: the guard gets the process: guard.h */ \
	P(HOOK, hook)                   /* s0 path; n0 enum hook_point, n1 its index there */ \
	C(JOIN, join)                   /* s0 path, s1 type; n0 CLONE_*, n1 slot, n2 1: may fail, 2: else */ \
	C(UNSHARE, unshare)             /* n0 CLONE_NEW* flags */ \
	C(IDENTITY, identity)           /* be root (or n0, n1) in the user namespace just mapped */ \
	C(FORK, fork)                   /* into the pid namespace made or joined before */ \
	C(ENTER, enter)                 /* n0 flags, n1 pidfd's slot, n2 1 + root's, n3 1: joined */ \
	C(TOOLS, tools)                 /* s0 the caller's; n0 1: join the user namespace by n1, 2: in it */ \
	C(BRING, bring)                 /* s0 where; n0 1: the tools are the root, the sandbox's is there */ \
	C(TIME, time)                   /* s0 text for /proc/self/timens_offsets */ \
	C(LOOPBACK, loopback)           \
	C(HOSTNAME, hostname)           /* s0 */ \
	C(DOMAINNAME, domainname)       /* s0 */ \
	C(PROPAGATION, propagation)     /* n0 MS_SLAVE or MS_PRIVATE, for our copy of the host's mounts */ \
	C(ROOT, root)                   /* s0 struct plan_mount, s1 its place until PIVOT; 0: on "/";
					   n0 1: first make the shared tmpfs, n1 its size or 0 */ \
	C(MOUNT, mount)                 /* s0 struct plan_mount */ \
	C(DEVICE, device)      /* s0 path; n0 mode, n1 major:minor, n2 uid:gid (32 bits each), n3 1: bind */ \
	C(DEV_LINKS, dev_links)         \
	C(CONSOLE, console)             /* n0 rows << 16 | columns; n1 1: for exec: no /dev/console */ \
	C(CPU_CLOCK, cpu_clock)         /* keep a procfs for the init's account of processor time */ \
	C(SYSCTL, sysctl)               /* s0 path below /proc/sys, s1 value */ \
	C(READONLY_PATH, readonly_path) /* s0 */ \
	C(MASK_PATH, mask_path)         /* s0 */ \
	C(ROOT_ATTRS, root_attrs)       /* n0 1: read-only; n1 MS_* propagation, 0 none */ \
	C(PIVOT, pivot)                 /* n0 1: MS_MOVE and chroot (--no-pivot) */ \
	C(CHROOT, chroot)               /* s0: no mount namespace of its own */ \
	C(KEYRING, keyring)             /* s0 SELinux label for it, or none */ \
	C(LOOKUP, lookup)               /* find args[0] and cwd in the root: create says what is missing */ \
	C(START_GATE, start_gate)       /* report ready; wait for start */ \
	C(SPAWN, spawn)                 /* start the payload as a child; stay as its init: n0 ns to run,
					   n1 from TERM to KILL, n2 of processor time; 0: no limit;
					   n3 SPAWN_* */ \
	Y(SESSION, session)             /* n0 1: take the terminal */ \
	Y(CWD, cwd)                     /* s0; n0 1: make it when missing */ \
	Y(AFFINITY, affinity)           /* s0 CPUs, "": all; s1 mask of n0 bytes */ \
	Y(SCHEDULER, scheduler)         /* s0 struct plan_sched */ \
	Y(IO_PRIORITY, io_priority)     /* n0 as ioprio_set(2) takes it */ \
	Y(MEMORY_POLICY, memory_policy) /* s0 nodes, s1 mask of n0 bytes; n1 MPOL_* mode and flags */ \
	Y(PERSONALITY, personality)     /* n0 as personality(2) takes it */ \
	Y(APPARMOR, apparmor)           /* s0 profile, from the exec on */ \
	Y(SELINUX, selinux)             /* s0 label, from the exec on */ \
	Y(USER, user)                   /* n0 uid, n1 gid, n2 umask and PLAN_KEEP_CAPS, n3 count of the gids
					   in s0 (uint32); ~0: they stay */ \
	Y(CAPABILITIES, capabilities)   /* s0 struct plan_caps */ \
	Y(NO_NEW_PRIVS, no_new_privs)   \
	Y(SECCOMP, seccomp)             /* s0 sock_filter[n0], s1 default in words; n1 flags, n2 archs, \
					   n3 1: by CAP_SYS_ADMIN */ \
	Y(EXEC, exec)                   /* s0 args[0] */

#define PLAN_KIND(kind, fn) STEP_##kind,
enum step_kind { PLAN_STEPS(PLAN_KIND, PLAN_KIND, PLAN_KIND) STEP__COUNT };
#undef PLAN_KIND

enum { /* n3 of SPAWN */
	SPAWN_DIE = 1,    /* with the runtime */
	SPAWN_KEEP = 2,   /* stay when the payload has failed, and with it the sandbox */
	SPAWN_FREEZE = 4, /* the same, and stop what still runs there */
};

#define PLAN_KEEP_CAPS (1ull << 32) /* whoever it is, it has all capabilities after the exec too */

struct step {
	uint32_t kind;
	uint32_t pointer; /* JSON pointer of the field it comes from */
	uint32_t s[4];
	uint64_t n[4];
};

enum { /* struct plan.flags */
	PLAN_REPORT_STEPS = 1 << 0, /* send MSG_DONE after each step */
	PLAN_INIT = 1 << 1,         /* SPAWN is in the list: stay as init */
	PLAN_TERMINAL = 1 << 2,
	PLAN_EXEC = 1 << 3,         /* exec's short plan */
	PLAN_LISTEN_PID = 1 << 4,   /* rewrite LISTEN_PID to the payload's pid */
	PLAN_OWN_PIDNS = 1 << 5,    /* the init is PID 1 of a new pid namespace */
	PLAN_HOOK = 1 << 6,         /* a hook: the environment as it is, a missing cwd is "/" */
};

struct plan {
	uint32_t magic, size; /* size of the whole buffer */
	uint32_t n_steps;
	uint32_t first_child_step; /* the steps before it are done before stage-2 runs */
	uint32_t steps, blob; /* offsets from the start of the buffer */
	uint32_t flags;
	/* Descriptors in stage-2, by number. The caller's that are preserved come first, from 3. */
	int32_t preserve;
	int32_t ctl_fd;    /* SOCK_SEQPACKET to the runtime */
	int32_t gate_fd;   /* listener that start connects to, or -1: wait on ctl_fd */
	int32_t net_fd;    /* and the next: see early_net.h; -1: its network namespace is there already */
	int32_t slot_base; /* slot k is descriptor slot_base + k */
	int32_t n_slots;
	/* The payload. */
	uint32_t args, n_args, env, n_env, cwd;
	uint32_t exe; /* what is run, a path; 0: args[0], looked up */
	uint32_t fail_step; /* for tests (--fail-step): this step fails with EIO; ~0: none */
	int32_t end_slot;   /* the file of struct end_record; -1: none */
	int32_t held_slot;  /* a pipe's end to be held until the payload has ended; -1: none */
};
_Static_assert(sizeof(struct plan) % 8 == 0, "the steps behind it hold 64-bit numbers");

/* until_exec: permitted and effective for the steps up to execve, which gives new sets (capabilities(7)) */
struct plan_caps { uint64_t bounding, effective, permitted, inheritable, ambient, until_exec; };

/* struct sched_attr, first version: sched_setattr(2) */
struct plan_sched {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

enum { /* struct plan_mount.flags */
	PM_BIND = 1 << 0,
	PM_REC = 1 << 1,          /* bind: the whole tree below */
	PM_OVERLAY = 1 << 2,
	PM_REAL_DIR = 1 << 3,     /* the target must be a real directory: no symlink on the way */
	PM_SRC_NOFOLLOW = 1 << 4, /* bind a symlink itself */
	PM_DEST_NOFOLLOW = 1 << 5,
	PM_COPY_SYMLINK = 1 << 6, /* a source that is a symlink is made again instead of mounted */
	PM_TMPCOPYUP = 1 << 7,
	PM_EPHEMERAL = 1 << 8,    /* overlay: upper and work on a tmpfs of eph_size bytes (0: default) */
	PM_USERXATTR = 1 << 9,
	PM_VOLATILE = 1 << 10,
	PM_PROC = 1 << 11,        /* keep its fd as the trusted procfs */
	PM_DEVPTS = 1 << 12,      /* keep its fd for the terminal */
	PM_SB_RDONLY = 1 << 13,   /* "ro" for the superblock too */
	PM_IDMAP_REC = 1 << 14,
	PM_REMOUNT = 1 << 15,     /* change the attributes of the mount at the target, make none */
	PM_ALT_RO = 1 << 16,      /* the alternative is bound read-only */
	PM_NO_REDIRECT = 1 << 17, /* overlay: ignore redirect and metacopy xattrs that a layer brings */
	PM_OWN_MODE = 1 << 18,    /* tmpcopyup: the new root's mode was asked for */
	PM_OWN_OWNER = 1 << 19,   /* and its owner */
	PM_EPH_SHARED = 1 << 20,  /* PM_EPHEMERAL: on the one tmpfs that ROOT makes for all of them */
};

struct plan_mount {
	uint64_t attr_set, attr_clr, rec_set, rec_clr; /* MOUNT_ATTR_*, see mount_setattr(2) */
	uint64_t sb_set;                               /* MS_SYNCHRONOUS and other superblock flags */
	uint64_t eph_size;
	uint32_t propagation, propagation_rec;         /* MS_SHARED ..., 0: none */
	uint32_t flags;
	uint32_t source, target, type;                 /* strings */
	uint32_t data, n_data;                         /* file system options, "key" or "key=value" */
	uint32_t lowers, n_lowers, upper, work;        /* overlay: absolute paths, top first */
	uint32_t alt;                                  /* bind this where the kernel says EPERM */
	int32_t source_slot;                           /* >= 0: a detached clone made by the parent */
	int32_t idmap_slot;                            /* >= 0: user namespace for MOUNT_ATTR_IDMAP */
	int32_t lower_slot;                            /* >= 0: slots of the layers, upper, work */
};

/* stage-2 -> runtime, one datagram each. */
enum msg_type {
	MSG_DONE = 1, /* step done (PLAN_REPORT_STEPS); value: CLOCK_MONOTONIC in microseconds */
	MSG_FAIL,     /* step failed: call, err, detail; stage-2 ends with exit_code; value: n_steps */
	MSG_NEED,     /* run the parent's steps from `step` on, then reply */
	MSG_FORKED,   /* value: pid of the process that goes on, a child of the runtime; reply */
	MSG_CONSOLE,  /* SCM_RIGHTS: the pty's master; reply */
	MSG_READY,    /* set up, waiting for REPLY_GO; not sent where that is there already; value: 0, or
			 NEED's step, to be done before that */
	MSG_FILTER,   /* SCM_RIGHTS: a memfd for last words; if the filter notifies, a pidfd: reply */
	MSG_LISTENER, /* SCM_RIGHTS: the filter's listener; reply */
};
struct plan_msg {
	uint32_t type, step;
	int32_t err, exit_code;
	uint32_t call; /* number of the system call that failed, ~0: none */
	uint32_t part; /* of the step: n is layer n of its overlay; 0: it is none of them */
	uint64_t value;
	char detail[256]; /* the path or the words that belong to it, NUL-terminated */
};

/*
 * Under its filter a process can't be sure of any system call, so what it has left to say it
 * writes to memory that it shares with the runtime: a memfd of one struct plan_msg, handed over
 * by MSG_FILTER. It begins as zeroes; MSG_FAIL says that a step after the filter failed. The
 * runtime only reads the file: it maps nothing that comes out of a sandbox.
 */

/*
 * How it ended: a file of END_SIZE bytes, allocated in full, which the init maps while it still has rights
 * and whose descriptor it closes. So it outlives everybody, and whoever takes over the init can neither let
 * it grow nor reach anything else by it. The runtime writes `magic` and else zeroes; an init that can't map
 * the file empties it. The runtime reads it, and believes nothing of it that it does not check (end.h).
 */
enum { END_SIZE = 4096, END_MAGIC = 0x31646e65 /* "end1" */ };
enum end_phase { END_WAITING, END_RUNNING, END_ENDED };
enum end_reason {
	END_BY_ITSELF, /* the payload has ended, or somebody has killed it */
	END_TIMEOUT,   /* a limit of time was reached */
	END_CPU_TIME,
	END_UNSTARTED, /* a signal to the init before there was a payload */
	END_REASON__COUNT
};
/*
 * To let go of the page, since criu could not give it back: SIGURG with SI_QUEUE and END_MAGIC as its
 * value. The sandbox can send that too, and has no more of it than an end that nobody knows.
 */
enum { END_LET_GO = 23 /* SIGURG */ };
/* That signal with this value: STOP for the payload. Itself it would stop the init, and go no further. */
enum { INIT_HANDS_ON_STOP = 0x706f7473 /* "stop" */ };
struct end_usage { /* getrusage(2) */
	uint64_t user_us, system_us, max_rss_kib, minor_faults, major_faults, blocks_in, blocks_out,
		switches, preemptions;
};
struct end_record {
	uint32_t magic, phase; /* ENDED: all the rest is there */
	uint32_t reason;
	int32_t status;                    /* of the payload, as wait(2) gives it */
	uint32_t kept, pad;                /* 1: the init stays, and the sandbox with it */
	int64_t started_ns, ended_ns;      /* CLOCK_REALTIME; 0: not yet */
	int64_t started_mono, ended_mono;  /* CLOCK_MONOTONIC, of the sandbox */
	struct end_usage children, own;    /* of all that the init has reaped; of the init itself */
};
_Static_assert(sizeof(struct end_record) <= END_SIZE, "the record fits its file");

/* runtime -> stage-2: one byte. The end of the connection means: give up and exit. */
enum { REPLY_GO = 'g', REPLY_WAIT_GATE = 'w' };

#endif
