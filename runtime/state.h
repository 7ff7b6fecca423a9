/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory: ROOT/ID/ with a fixed set of files, nothing else ever.
 *
 *   state.json   what the sandbox is (struct state), replaced by rename, never edited
 *   config.json  the configuration as it was at create: later edits of the bundle's have no effect
 *   resources.json  the limits that were updated since; only there after an update
 *   end          how it ended, written by its init (end.h); not there without one of sbrun's
 *   held         a FIFO that the init holds until the payload has ended; where it may stay after that
 *   gate         unix socket that the init waits on; there while the sandbox is "created"
 *   notify/      a directory, only where NOTIFY_SOCKET was set: notify.h
 *
 * ROOT is /run/sbrun, $XDG_RUNTIME_DIR/sbrun for an ordinary user (without it /run/user/UID/sbrun or
 * ~/.local/state/sbrun), or --root. It and the directories below it are 0700, owned by the caller, never a
 * symlink, or they are refused.
 * mkdirat of ROOT/ID is the lock of creation; the creator and the deleter hold flock(2) on
 * that directory while they work. Deleting unlinks the known names and removes the directory:
 * no recursion, no link followed, no mount crossed, also in notify/, the one thing a sandbox could fill.
 *
 * ROOT/.uppers/DEV:INO names the sandbox that uses an overlay's upperdir. ROOT/.seccomp has
 * compiled filters; removing it costs nothing but time.
 */
#ifndef SBRUN_RUNTIME_STATE_H
#define SBRUN_RUNTIME_STATE_H

#include "../spec/spec.h"
#include "cgroup.h"

#include <sys/types.h>

/* A process that can't be mistaken for another one that got its pid later. */
struct proc_id {
	pid_t pid;           /* 0: none */
	uint64_t start_time; /* /proc/PID/stat field 22, clock ticks since boot */
	uint64_t pidfs_ino;  /* st_ino of its pidfd where pidfs is (kernel 6.9), else 0 */
};

/* Fill from a live (or zombie) process that pidfd refers to. 0 or -errno. */
int proc_id_get(struct proc_id *id, pid_t pid, int pidfd);
/* A pidfd for that very process, or -ESRCH when it is gone (also when its pid is reused). */
int proc_id_open(const struct proc_id *id);
/*
 * Whether it has not ended within `wait_ms`. One that can't be looked at (no descriptor left,
 * say) is: it is not over, or delete would forget it.
 */
bool proc_id_alive(const struct proc_id *id, int wait_ms);
/* Whether the process of a pidfd has ended (a zombie has). */
bool pidfd_ended(int pidfd);

/* A file by its inode; all zero: none. */
struct file_id {
	dev_t dev;
	ino_t ino;
};

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };
const char *status_name(enum status s); /* "creating" ... as in runtime.md */

struct state {
	const char *id, *oci_version, *bundle, *rootfs, *owner;
	const char *created;         /* RFC 3339 with nanoseconds, UTC; "" before it is known */
	struct kv_list annotations;
	struct proc_id init;         /* pid 0 until the first process is known (status creating) */
	/* bit 1 << enum ns_type: the sandbox's own (new or joined), not the caller's */
	unsigned namespaces;
	uint64_t ns_ino[NS__COUNT];  /* their inodes, where PID 1 is the payload and can leave; else 0 */
	bool has_init;               /* sbrun's init is PID 1; false: the payload itself is */
	bool no_pivot;
	bool keeps;                  /* a payload that fails is no end of the sandbox: end_kept() */
	bool hooks;                  /* the configuration has hooks: start and delete look */
	struct cgroup cgroup;        /* its own; n 0: it is in the caller's */
	struct str_list rdt;         /* directories of resctrl that were made for it, innermost first */
	struct str_list uppers;      /* "DEV:INO" claimed in ROOT/.uppers */
	/* what its standard input, output and error were at the start; zero with a terminal */
	struct file_id stdio[3];
};

struct state_dir {
	int root_fd, fd; /* -1 when closed */
	const char *root, *id;
	bool locked;  /* by us */
	bool missing; /* why state_open or state_lock failed: there is none (any more) */
};
#define STATE_DIR_NONE { .root_fd = -1, .fd = -1 }
void state_close(struct state_dir *sd);

/* Default ROOT for this user when --root is not given. NULL with an error when there is none. */
const char *state_default_root(struct arena *a, struct diags *dg);

/* Refuse what is not [A-Za-z0-9_+-][A-Za-z0-9_+.-]* of at most 255 bytes. */
int state_check_id(const char *id, struct diags *dg);

/*
 * Make ROOT (with its missing parents, 0700 for ROOT) and ROOT/ID and take its lock. Exactly
 * one of several creators wins; the others get an error that contains "already exists".
 */
int state_reserve(struct state_dir *sd, struct arena *a, const char *root, const char *id, struct diags *dg);
/* Open an existing one; the error for a missing one contains "does not exist". No lock is taken. */
int state_open(struct state_dir *sd, struct arena *a, const char *root, const char *id, struct diags *dg);
/* Whether ROOT/ID is no longer the directory that was opened: somebody deleted it meanwhile. */
bool state_gone(const struct state_dir *sd);
/* flock(2), exclusive; waits at most timeout_ms (0: no wait). Released by state_close. */
int state_lock(struct state_dir *sd, int timeout_ms, struct diags *dg);
/* Before the state_close: a run in the foreground, so that others may delete what it waits for. */
void state_unlock(struct state_dir *sd);

int state_write(struct state_dir *sd, const struct state *st, struct diags *dg);
int state_write_config(struct state_dir *sd, const char *text, size_t len, struct diags *dg);
/* A directory whose creator was killed early has no state.json: *st is then zero but for id. */
int state_read(struct state_dir *sd, struct arena *a, struct state *st, struct diags *dg);
/* ROOT/ID/resources.json: what `update` has set so far, as one document; *text NULL: nothing. */
int state_write_resources(struct state_dir *sd, const char *text, size_t len, struct diags *dg);
int state_read_resources(struct state_dir *sd, struct arena *a, char **text, struct diags *dg);
/* Open ROOT/ID/config.json for reading (regular, owned by us); fd or -1 with an error. */
int state_open_config(struct state_dir *sd, struct diags *dg);

/*
 * Whether a `run` is there that has yet to get to its payload: the first process is known, and still
 * makes its mounts, say. Without that `run` it is false, whatever the first process claims, which the
 * payload may own.
 */
bool state_making(struct state_dir *sd, const struct state *st);
/* From the gate, the lock and the init's identity; never from a bare pid. */
enum status state_status(struct state_dir *sd, const struct state *st);
/*
 * A pidfd of the first process. -ESRCH: it is gone, without a word; another -errno with an error: who can't
 * tell (no descriptor left, say) must not call it gone.
 */
int state_init(const struct state *st, struct diags *dg);

/* The gate: a SOCK_SEQPACKET listener at ROOT/ID/gate, and the other end. fd or -1 with an error. */
int state_gate_listen(struct state_dir *sd, struct diags *dg);
int state_gate_connect(struct state_dir *sd, struct diags *dg);
void state_gate_remove(struct state_dir *sd);
/* Whether there is a gate, and somebody behind it. */
bool state_gate_waits(const struct state_dir *sd);

/*
 * ROOT/NAME, a directory of ours for what can be made again (0700; NAME begins with a dot), made
 * with `make`, and ROOT too. -ENOENT without an error when it isn't there, or -1 with one.
 */
int state_cache_dir(struct arena *a, const char *root, const char *name, bool make, struct diags *dg);

/* Unlink the known names, release the uppers, remove the directory. A missing one is no error. */
int state_remove(struct state_dir *sd, const struct state *st, struct diags *dg);

/* Every ID below ROOT, sorted; a missing ROOT is an empty list. */
int state_list(struct arena *a, const char *root, struct str_list *ids, struct diags *dg);

/*
 * Claim an upperdir (O_PATH fd) for sd->id: refused with "in use" while another live sandbox
 * holds it. `*key` gets the "DEV:INO" to store in struct state.
 */
int state_claim_upper(struct state_dir *sd, struct arena *a, int upper_fd, const char *path, const char **key,
		      struct diags *dg);

/*
 * That no other sandbox of this root, alive or stopped, has the cgroup in its state. Ours is to be written
 * before, so that of two at the same time at least one sees the other. 0, or -1 with an error.
 */
int state_check_cgroup(struct state_dir *sd, const struct cgroup *g, struct diags *dg);

/*
 * The OCI state document (runtime.md) as JSON text with a newline, in the arena. `ended`, if it is known,
 * adds exitCode, exitReason and finishedAt.
 */
struct ended;
char *state_oci_json(struct arena *a, const struct state *st, enum status status, const struct ended *ended);

#endif
