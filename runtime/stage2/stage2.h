/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage-2: the executor of a plan inside the sandbox, and then its init. One process (two,
 * once the payload is started), one thread, no heap, no libc, no environment, nothing parsed.
 *
 * Every step is `int step_NAME(const struct step *)`: 0, or -errno with g.call (the system
 * call) and g.detail (the path or words) telling what it was about. Steps before PIVOT see
 * the host's mounts in our own copy; paths inside the root go through path.c only.
 */
#ifndef SBRUN_STAGE2_STAGE2_H
#define SBRUN_STAGE2_STAGE2_H

#include "../plan.h"
#include "sys.h"

#define CLEANUP_FD __attribute__((cleanup(close_fd))) int

/* What only exists once earlier steps have run. An unset fd is -1. */
enum { EPH_KEPT = 8 };
struct regs {
	const struct plan *plan;
	int ctl;        /* where reports go: the runtime, later whoever called start */
	int root;       /* the root's mount */
	int proc;       /* a procfs that nothing is mounted over: the sandbox's own, or a private one */
	int own_proc;   /* proc is private and ours to close */
	int pts;        /* the sandbox's devpts mount */
	int tty;        /* the payload's terminal (the peer) */
	int null_dev;   /* the host's /dev/null, verified */
	int mask_dir;   /* an empty read-only tmpfs, once a directory was masked */
	int eph;        /* the tmpfs of shared ephemeral uppers, below the root until PIVOT */
	int tools;      /* debug: the caller's tree, detached, until it is in place */
	int n_eph;      /* how many ephemeral uppers there are */
	int eph_kept[EPH_KEPT]; /* their tmpfs, read-only, for the init to keep */
	int n_eph_kept;
	int pid1;       /* we are PID 1 of a namespace of our own */
	int payload;    /* its pid in our namespace, once started */
	struct end_record *end; /* ours to write; NULL: there is none */
	int held;               /* held until the payload has ended; -1: nobody waits for that alone */
	int on_failure;         /* SPAWN_KEEP, SPAWN_FREEZE */
	int cpu_proc;           /* the procfs that processor time is told by; -1: it has no limit */
	int released;   /* payload: a pipe that the init writes to once its rights are gone; -1: none */
	int filtered;   /* under the payload's seccomp filter: no call is safe */
	int exit_code;  /* for the failure at hand: 125, 126 or 127 */
	uint32_t step;  /* the one being run */
	uint32_t asked; /* the parent's steps that end at the gate; 0: there are none */
	uint32_t call;
	uint32_t part; /* with detail: the layer of an overlay, from 1; 0: none */
	struct room *room; /* made by LOOKUP, with the vectors for execve behind it */
	size_t room_size;
	char **argv, **envp;
	char detail[256];
};
extern struct regs g;

/* For what is large and seldom used: it shares no page with the rest. */
#define SCRATCH(name) __attribute__((section(".bss.z_" name)))

/* What the payload's execve needs. The init gives it back. */
struct room {
	char exe[4096]; /* args[0] as found */
	char home[1024];
	char *vectors[];
};

/*
 * Where memory is mapped unless the kernel has something there: beside our program, which is at 4 MiB.
 * Anywhere else it would take three pages of page tables with it, and every init stays with those.
 */
#define NEAR_ROOM 0x440000
#define NEAR_PLAN 0x480000
#define NEAR_END  0x5ff000

/* The plan's strings. Offsets are checked against the blob; a bad one reads as "". */
const char *str(uint32_t off);
const void *blob(uint32_t off, size_t size);
/* The string after s in a list. */
const char *next_str(const char *s);

void close_fd(int *fd);
int take_fd(int *fd); /* the descriptor, which is the caller's from now on */
/* Remember what a failure is about; returns err for `return about(r, path)`. */
int about(int err, const char *what);

__attribute__((noreturn, used)) void stage2_main(long *stack); /* called by _start */

/* main.c: run the steps from `first` to before `end`; does not return on failure. */
void run_steps(uint32_t first, uint32_t end);
uint32_t find_step(enum step_kind kind); /* index, or n_steps */
const struct step *step_of(enum step_kind kind); /* the first of that kind, which the plan has */
void close_slots(void);                          /* what the parent opened for earlier steps */
int narrow_caps(void);                           /* payload.c: to what the last steps of exec need */

/* report.c */
void report(enum msg_type type, uint32_t step, uint64_t value);
void report_done(uint32_t step); /* with PLAN_REPORT_STEPS; else nothing */
void report_fds(enum msg_type type, uint32_t step, int fd, int fd2); /* -1: none */
__attribute__((noreturn)) void fail(int err); /* report g's failure, exit */
char await_reply(void);                      /* the byte; exits when the runtime is gone */
__attribute__((noreturn)) void quit(int code);

int be_of_the_sandbox(void); /* ns.c: once in its user namespace: its root, or the process' user */

/* path.c: the only place where a path inside the root is resolved */
int open_in_root(const char *path, uint64_t flags);  /* may follow symlinks, never out of the root */
int open_real(const char *path, uint64_t flags);     /* no symlink at all on the way */
int open_beneath(int dir, const char *path, uint64_t flags); /* procfs: no symlink, no other mount */
enum target_kind { TARGET_DIR, TARGET_FILE };
struct target { enum target_kind kind; int real, nofollow; };
int make_target(const char *path, struct target want); /* O_PATH fd of a mount point, made when missing */
int open_parent(const char *path, int real, const char **name); /* makes missing parents */
/* The same, held for the next MOUNT or DEVICE, which may have the same parent: not the caller's to close. */
int borrow_parent(const char *path, int real, const char **name);
void mounted_on(const char *path); /* what is held may be below that now */
void let_parent_go(void);

/* attach.c: what mounts have in common */
int set_attrs(int mount_fd, uint64_t set, uint64_t clr, int recursive);    /* of a detached mount */
int change_attrs(int mount_fd, uint64_t set, uint64_t clr, int recursive); /* of an attached one */
int set_propagation(int mount_fd, uint32_t type, int recursive);
int attach(int mount_fd, int target);
int clone_tree(int dirfd, const char *path, int recursive, int nofollow);
int set_option(int fs, const char *opt); /* fsconfig(2) with "key" or "key=value" */
void add_fs_log(int fs); /* the kernel's own words on a failed fsconfig, added to g.detail */
int new_fs(const char *type, const char *source, const char *data, uint32_t n_data,
	   const struct plan_mount *m);

int overlay_mount(const struct plan_mount *m); /* overlay.c: detached mount fd */
int make_shared_tmpfs(uint64_t bytes); /* g.eph */
void keep_tmpfs(int *mnt);              /* attached; taken if it can be */
int copy_up(int from, int to, uint32_t own);                            /* copyup.c */

/* procfs.c */
int proc_fd(void); /* g.proc, made when there is none yet */
int open_own_ns(const char *rest); /* "/ns/mnt": of this process */
int write_text(int fd, const char *text);
/* Write one of our own attr/ files, "exec" or "apparmor/exec": of a procfs that is verified first. */
int write_attr(const char *name, const char *text);

/* payload.c: all that is left to do before execve and not a step */
void ready_to_exec(void);

/* filter.c */
/* fail(), where nothing may be sent */
__attribute__((noreturn)) void filtered_failure(const struct plan_msg *m);

/* end.c: how it ended, for whoever asks later */
int end_map(void);                /* before the steps: every fork on the way to the init has it */
void end_keep_from_payload(void); /* the next fork has it no more */
int end_let_go(int sig, int code, int value); /* 1: it was the word to do so */
void end_started(void);
void end_note(enum end_reason reason, int status, int kept);

/* time_limit.c */
void limits_set(const struct step *spawn);
struct k_timespec {
	int64_t sec, nsec;
};
struct k_timespec *limits_wait(struct k_timespec *t); /* until they are to be looked at; NULL: never */
void limits_check(void);
enum end_reason limits_reached(void); /* END_BY_ITSELF: none */
int64_t now(int clock); /* end.c: in nanoseconds */
enum { MONOTONIC = 1 };

/* init.c */
void await_init(void); /* payload: until the init has given up its rights */
__attribute__((noreturn)) void init_end(int status);
__attribute__((noreturn)) void init_stay(enum end_reason why, int status, int code);
__attribute__((noreturn)) void init_loop(void);

/* kernel structures that have no UAPI header fit for freestanding use */
struct k_stat;

/* the step functions, by the table in main.c */
#define STEP_NONE(kind, fn)
#define STEP_PROTO(kind, fn) int step_##fn(const struct step *s);
PLAN_STEPS(STEP_NONE, STEP_PROTO, STEP_PROTO)
#undef STEP_NONE
#undef STEP_PROTO

#endif
