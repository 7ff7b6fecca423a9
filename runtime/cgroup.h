/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sandbox's control group: a directory in each hierarchy of this host (cgroups(7)). On a
 * pure v2 host there is one; on a hybrid one the v1 hierarchies have the limits, and the
 * cgroup2 one is for tracking, freezing and killing.
 *
 * Names in cgroupfs can't be made symlinks, and ".." is refused when the configuration is
 * checked: a path below a hierarchy's mount can be opened as it stands, whatever a sandbox
 * that may write to its own part of the tree has made there.
 */
#ifndef SBRUN_RUNTIME_CGROUP_H
#define SBRUN_RUNTIME_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct arena;
struct diags;

enum cgroup_manager { CGROUP_FS, CGROUP_SYSTEMD, CGROUP_DISABLED };

/* The sandbox's directory in one hierarchy. */
struct cgroup_place {
	const char *mount;   /* directory below /sys/fs/cgroup; "": pure v2 */
	const char *options; /* v1: "cpu,cpuacct" or "name=systemd"; NULL: cgroup2 */
	const char *path;    /* "/a/b" below the mount */
	unsigned keep;       /* that many of its components were there before: they stay */
};

struct cgroup { /* n 0: the sandbox has none of its own */
	enum cgroup_manager manager;
	const char *unit; /* systemd: the scope's name; else NULL */
	bool user;        /* systemd: the user's own manager */
	struct cgroup_place *v;
	size_t n;
};

/* The cgroup2 place, or the v1 one with that controller ("memory"); NULL: none. */
const struct cgroup_place *cgroup_v2(const struct cgroup *g);
const struct cgroup_place *cgroup_v1(const struct cgroup *g, const char *controller);

/* By its `keep`: whether the innermost was there before the survey. */
bool cgroup_was_there(const struct cgroup_place *p);

/*
 * A place as a path from an open directory. /sys/fs/cgroup is opened once in a process, since each way to it
 * leads through sysfs, under a lock that the making of a network takes too. Where it can't be opened: the
 * whole path, for the errno.
 */
struct cgroup_at {
	int dir; /* not the caller's to close */
	char path[PATH_MAX];
};
int cgroup_locate(const struct cgroup_place *p, struct cgroup_at *at); /* 0 or -ENAMETOOLONG */

/*
 * Its directory, O_RDONLY, proven to be of the right file system; -errno. -ENOENT: it is gone.
 * cgroup_dir_of: of the hierarchy that has the controller, v1 before v2; -ENOENT.
 */
int cgroup_dir(const struct cgroup_place *p);
int cgroup_dir_of(const struct cgroup *g, const char *controller);

/* A file of it: bytes read into buf, which is NUL-terminated, or -errno. */
ssize_t cgroup_read(int dir, const char *file, char *buf, size_t size);
/* The whole value in one write(2); 0 or -errno. */
int cgroup_write(int dir, const char *file, const char *value);
/* A file that holds a number; "max" is UINT64_MAX. 0 or -errno. */
int cgroup_read_u64(int dir, const char *file, unsigned long long *v);
/* The value behind a key in lines of "KEY VALUE" ("oom_kill 3"); 0 or -errno (-ENODATA: no such key). */
int cgroup_read_key(int dir, const char *file, const char *key, unsigned long long *v);

#endif
