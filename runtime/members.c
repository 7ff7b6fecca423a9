/* SPDX-License-Identifier: Apache-2.0 */
#include "members.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "args.h"
#include "fd.h"
#include "procid.h"

/* By lines: the one of the groups before it may be longer than any buffer. */
enum pid_ns_rank pid_ns_rank(pid_t pid)
{
	enum pid_ns_rank rank = PID_NS_OTHER;
	char path[40], *line = NULL, *last;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	/* "NSpid:\t1234\t1": its pids from our namespace inwards. */
	while (f && getline(&line, &size, f) > 0)
		if (strncmp(line, "NSpid:\t", strlen("NSpid:\t")) == 0) {
			last = strrchr(line + strlen("NSpid:"), '\t');
			rank = last != strchr(line, '\t') && strcmp(last, "\t1\n") == 0 ? PID_NS_FIRST
											: PID_NS_OTHER;
		}
	free(line);
	if (f)
		fclose(f);
	return rank;
}

struct member {
	pid_t pid, ppid;
	uint64_t start_time;
	bool in, by_parent; /* of the sandbox; for its parent's sake alone */
};

static ino_t pid_ns_of(pid_t pid)
{
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Every process but init, with those marked that have its pid namespace. */
static struct member *read_processes(pid_t init, size_t *n)
{
	ino_t ns = pid_ns_of(init);
	struct member *all = NULL;
	size_t room = 0;
	struct dirent *e;
	DIR *proc = opendir("/proc");

	*n = 0;
	while (proc && (e = readdir(proc))) {
		unsigned long long pid;
		struct proc_stat ps;

		if (!parse_decimal(e->d_name, INT32_MAX, &pid) || (pid_t)pid == init ||
		    proc_stat_read((pid_t)pid, &ps) < 0)
			continue;
		if (*n == room) {
			struct member *more = reallocarray(all, room ? 2 * room : 256, sizeof(*all));

			if (!more)
				break;
			all = more;
			room = room ? 2 * room : 256;
		}
		all[(*n)++] = (struct member){ .pid = (pid_t)pid,
					       .ppid = ps.ppid,
					       .start_time = ps.start_time,
					       .in = ns && pid_ns_of((pid_t)pid) == ns };
	}
	if (proc)
		closedir(proc);
	return all;
}

/* NULL where that is none of the sandbox's. */
static const struct member *find_member(const struct member *all, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].pid == pid)
			return all[i].in ? &all[i] : NULL;
	return NULL;
}

/* Descendants of members are members; repeated until nothing changes, as the list has no order. */
static void mark_descendants(struct member *all, size_t n, pid_t init)
{
	bool changed;

	do {
		changed = false;
		for (size_t i = 0; i < n; i++)
			if (!all[i].in && (all[i].ppid == init || find_member(all, n, all[i].ppid)))
				all[i].in = all[i].by_parent = changed = true;
	} while (changed);
}

static bool is_still(const struct member *m, struct proc_stat *now)
{
	return proc_stat_read(m->pid, now) == 0 && now->start_time == m->start_time;
}

/* First the child, then the parent: if that is still the one of the list, the child has had no other. */
static bool is_still_a_child(const struct member *all, size_t n, const struct member *m, pid_t init)
{
	struct proc_stat now, of_parent;
	const struct member *parent;

	if (!is_still(m, &now))
		return false;
	if (now.ppid == init)
		return true;
	parent = find_member(all, n, now.ppid);
	return parent && is_still(parent, &of_parent);
}

/*
 * While the list was read a number in it may have gone from a process of the sandbox's to one of the host's,
 * whose children would count as ours then.
 */
static void drop_strangers(struct member *all, size_t n, pid_t init)
{
	bool changed;

	do {
		changed = false;
		for (size_t i = 0; i < n; i++)
			if (all[i].in && all[i].by_parent && !is_still_a_child(all, n, &all[i], init)) {
				all[i].in = false;
				changed = true;
			}
	} while (changed);
}

/* -ESRCH: it is gone. */
static int signal_one(const struct member *m, int sig)
{
	CLEANUP_FD pidfd = pidfd_open(m->pid, 0);
	struct proc_stat ps;

	/* The pid may have gone to another process since the list was read. */
	if (pidfd < 0 || !is_still(m, &ps))
		return -ESRCH;
	return pidfd_send_signal(pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}

int signal_members(pid_t init, int init_pidfd, bool init_too, int sig)
{
	size_t n;
	struct member *all = read_processes(init, &n);
	bool any = false;
	int failed = 0;

	mark_descendants(all, n, init);
	drop_strangers(all, n, init);
	/* it has ended, and all of its namespace before it: the number may have led to another's processes */
	if (pidfd_ended(init_pidfd))
		n = 0;
	for (size_t i = 0; i < n; i++) {
		int r = all[i].in ? signal_one(&all[i], sig) : -ESRCH;

		any |= r == 0;
		failed = r < 0 && r != -ESRCH ? r : failed;
	}
	free(all);
	if (!init_too)
		return failed ? failed : any ? 0 : -ESRCH;
	/* Theirs may have ended the init by now. */
	return pidfd_send_signal(init_pidfd, sig, NULL, 0) < 0 && !(errno == ESRCH && any) ? -errno : 0;
}

size_t member_pids(pid_t init, pid_t **pids)
{
	size_t n, found = 0;
	struct member *all = read_processes(init, &n);

	mark_descendants(all, n, init);
	*pids = n ? reallocarray(NULL, n, sizeof(**pids)) : NULL;
	for (size_t i = 0; i < n && *pids; i++)
		if (all[i].in)
			(*pids)[found++] = all[i].pid;
	free(all);
	return found;
}
