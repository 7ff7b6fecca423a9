/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What state a sandbox is in. Nothing stores it; it follows from what is there:
 *
 *   init.pid  init alive  gate  creation complete  lock held    status
 *   0         -           -     -                  yes          creating
 *   0         -           -     -                  no           stopped: its creator died
 *   set       no          -     -                  -            stopped
 *   set       yes         yes   -                  -            created
 *   set       yes         no    no                 yes          creating
 *   set       yes         no    yes, unstarted     yes          creating
 *   set       yes         no    yes, unstarted     no           stopped: its creator died, and so will it
 *   set       yes         no    otherwise                       running, or paused; or stopped, when
 *                                                                 the payload has ended and the init
 *                                                                 stays all the same: end_kept()
 *
 * The gate is there as long as somebody waits behind it: state_gate_waits(). "Complete" is a state.json with
 * its time of creation, "unstarted" an init that has not let the payload go yet: `run` may record the first
 * process while that makes its mounts. A deleter holds the lock too, also of a running sandbox, so the lock
 * alone says nothing once the creation is complete. "Paused" is running in a cgroup that is frozen:
 * cgroup_frozen().
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "cgroup_make.h"
#include "end.h"
#include "fd.h"
#include "procid.h"
#include "state_files.h"

const char *status_name(enum status s)
{
	static const char *const names[] = {
		[STATUS_CREATING] = "creating", [STATUS_CREATED] = "created", [STATUS_RUNNING] = "running",
		[STATUS_PAUSED] = "paused",     [STATUS_STOPPED] = "stopped",
	};

	return names[s];
}

/*
 * Whether somebody else holds the lock. flock(2) belongs to the open file, so it's tried on
 * another one than sd->fd; shared, and for a moment only: lockers wait or try again.
 */
static bool locked_by_other(const struct state_dir *sd)
{
	CLEANUP_FD fd = -1;

	if (sd->locked)
		return false;
	fd = openat(sd->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

int state_init(const struct state *st, struct diags *dg)
{
	int fd = proc_id_open(&st->init);

	if (fd < 0 && fd != -ESRCH)
		diag_errno(dg, -fd, "pidfd_open", NULL, "cannot tell whether container \"%s\" runs", st->id);
	return fd;
}

/* Of one that nobody created to be started later: those have a gate, or had one until they were started. */
static bool unstarted(struct state_dir *sd, const struct state *st)
{
	struct stat gate;

	return st->has_init && end_unstarted(sd) &&
	       fstatat(sd->fd, GATE_FILE, &gate, AT_SYMLINK_NOFOLLOW) < 0;
}

bool state_making(struct state_dir *sd, const struct state *st)
{
	return unstarted(sd, st) && locked_by_other(sd);
}

enum status state_status(struct state_dir *sd, const struct state *st)
{
	enum { ENDING_MS = 100 };
	bool complete = st->created && *st->created;
	struct stat gate;

	if (st->init.pid == 0)
		return locked_by_other(sd) ? STATUS_CREATING : STATUS_STOPPED;
	if (!proc_id_alive(&st->init, 0))
		return STATUS_STOPPED;
	if (state_gate_waits(sd))
		return STATUS_CREATED;
	/* nobody behind a gate that is there: started by one that was killed then, or just about to end */
	if (fstatat(sd->fd, GATE_FILE, &gate, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !proc_id_alive(&st->init, ENDING_MS))
		return STATUS_STOPPED;
	if (!complete && locked_by_other(sd))
		return STATUS_CREATING;
	if (unstarted(sd, st))
		return locked_by_other(sd) ? STATUS_CREATING : STATUS_STOPPED;
	if (end_kept(sd, st))
		return STATUS_STOPPED;
	return cgroup_frozen(&st->cgroup) ? STATUS_PAUSED : STATUS_RUNNING;
}
