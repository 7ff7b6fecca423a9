/* SPDX-License-Identifier: Apache-2.0 */
#include "diff_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "../spec/diag.h"
#include "fd.h"

enum { LAST_FD = 4095 };

/* The upper in what one descriptor of the init's is, or -1. */
static int upper_in(int init, int number, const char *upper)
{
	CLEANUP_FD fd = pidfd_getfd(init, number, 0);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != TMPFS_MAGIC || !(fs.f_flags & ST_RDONLY))
		return -1;
	return openat(fd, upper, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* By number: an ordinary user's /proc does not list them where nobody is root of the user namespace. */
static int search(int init, unsigned nr)
{
	char upper[24];
	int found = -1;

	snprintf(upper, sizeof upper, "upper%u", nr);
	for (int number = 3; number <= LAST_FD && found < 0; number++)
		found = upper_in(init, number, upper);
	return found;
}

int diff_kept_open(const struct state *st, unsigned nr, const char *what, struct diags *dg)
{
	CLEANUP_FD init = proc_id_open(&st->init);
	int fd = init < 0 || !st->has_init ? -1 : search(init, nr);
	struct diag *d;

	if (fd >= 0)
		return fd;
	d = diag_error(dg, "the changes to %s are in memory that only the sandbox holds", what);
	if (init < 0 || pidfd_ended(init))
		d->hint = "they went with its end: --on-failure keep would have kept it, an upperdir (\"sbrun try\": --upper) the changes";
	else if (!st->has_init)
		d->hint = "where the payload is PID 1 nobody holds it for others: use an init, or give the overlay an upperdir";
	else
		d->hint = "give the overlay an upperdir, or \"sbrun try\" the option --upper";
	return -1;
}
