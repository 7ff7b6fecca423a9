/* SPDX-License-Identifier: Apache-2.0 */
/*
 * criu, asked over its RPC: "criu swrk FD" does one request that comes through a socket, criu(8),
 * https://criu.org/RPC, images/rpc.proto. Unlike the command line that asks back: when the namespaces are
 * there (hooks), when everything is restored and before it runs (state), and it hands over a terminal's
 * master. Nothing is linked for it; wire.h writes the few messages.
 */
#ifndef SBRUN_RUNTIME_CRIU_H
#define SBRUN_RUNTIME_CRIU_H

#include "wire.h"

#include <sys/types.h>

struct diags;

/* criu_req_type */
enum criu_type { CRIU_DUMP = 1, CRIU_RESTORE = 2, CRIU_PRE_DUMP = 4 };

/* Fields of criu_opts, and of the messages in it. */
enum criu_opt {
	CRIU_IMAGES_DIR_FD = 1, /* one of criu's own */
	CRIU_PID = 2,
	CRIU_LEAVE_RUNNING = 3,
	CRIU_EXT_UNIX_SK = 4,
	CRIU_TCP_ESTABLISHED = 5,
	CRIU_SHELL_JOB = 7,
	CRIU_FILE_LOCKS = 8,
	CRIU_LOG_LEVEL = 9,
	CRIU_LOG_FILE = 10,
	CRIU_PAGE_SERVER = 11, /* address 1, port 2 */
	CRIU_NOTIFY_SCRIPTS = 12,
	CRIU_ROOT = 13,
	CRIU_PARENT_IMG = 14,
	CRIU_TRACK_MEM = 15,
	CRIU_AUTO_DEDUP = 16,
	CRIU_WORK_DIR_FD = 17,
	CRIU_LINK_REMAP = 18,
	CRIU_EXT_MNT = 23, /* key 1, val 2 */
	CRIU_CG_ROOT = 25, /* ctrl 1, path 2 */
	CRIU_RST_SIBLING = 26,
	CRIU_INHERIT_FD = 27, /* key 1, fd 2: one of criu's own */
	CRIU_EXT_MASTERS = 30,
	CRIU_MANAGE_CGROUPS_MODE = 34,
	CRIU_EXTERNAL = 37,
	CRIU_EMPTY_NS = 38,
	CRIU_JOIN_NS = 39, /* ns 1, ns_file 2 */
	CRIU_FREEZE_CGROUP = 44,
	CRIU_TCP_SKIP_IN_FLIGHT = 46,
	CRIU_LAZY_PAGES = 48,
	CRIU_ORPHAN_PTS_MASTER = 50,
	CRIU_CONFIG_FILE = 51,
	CRIU_TCP_CLOSE = 52,
	CRIU_LSM_PROFILE = 53,
	CRIU_LSM_MOUNT_CONTEXT = 63,
	CRIU_NETWORK_LOCK = 64,
};

/* criu_cg_mode; criu_network_lock_method */
enum { CRIU_CG_IGNORE = 0, CRIU_CG_SOFT = 3, CRIU_CG_FULL = 4, CRIU_CG_STRICT = 5 };
enum { CRIU_LOCK_IPTABLES = 1, CRIU_LOCK_NFTABLES = 2, CRIU_LOCK_SKIP = 3 };

/* The number in criu of the first of struct criu's fds. */
enum { CRIU_FIRST_FD = 6, CRIU_MAX_FDS = 16 };

struct criu {
	struct arena *a;
	const char *program;       /* criu_find's */
	const char *verb, *id;     /* "checkpoint" or "restore", for messages */
	const char *images, *work; /* directories: of the images, of its log */
	int work_fd;               /* the second, to read the log from */
	const char *log;           /* the log's name in it */
	const int *fds;            /* become CRIU_FIRST_FD ... in criu; 0 to 2 are ours */
	unsigned n_fds;
	/* bound on itself in a mount namespace of criu's own: criu wants a mount for a root; NULL: none */
	const char *root;
	bool cgroup_ns; /* in a new one: what is restored inherits it, as criu makes none by itself */
	bool shell_job; /* stays in our process group */
	/*
	 * criu asks: "setup-namespaces" (pid), "post-restore" (pid), "orphan-pts-master" (fd, taken by
	 * fd_take), "status-ready" ...; -1 with an error makes it give up. NULL: yes to everything.
	 */
	int (*notify)(struct criu *c, const char *script, pid_t pid, int *fd, struct diags *dg);
	void *owner;
	pid_t restored; /* out: the first process, a child of ours */
};

/* --criu (a path, or a name in PATH), or "criu" in PATH; NULL with an error. */
const char *criu_find(struct arena *a, const char *asked, struct diags *dg);
/* The same without an error. */
const char *criu_in_path(struct arena *a, const char *name);

/*
 * One request with these criu_opts; log, directories and notifications are added. 0, or -1 with what
 * criu's log has as the cause.
 */
int criu_call(struct criu *c, enum criu_type type, struct wire *opts, struct diags *dg);

/*
 * "criu check": 0 when it finds all that it cannot do without, else -1; *words is what it said, or that it
 * could not be run.
 */
int criu_check(struct arena *a, const char *program, const char **words);

#endif
