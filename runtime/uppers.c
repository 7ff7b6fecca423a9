/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sandbox writes to which overlay upperdir. Two overlays on one upperdir corrupt each
 * other and the kernel only warns, so a claim is a symlink ROOT/.uppers/DEV:INO whose text is
 * the sandbox's ID: made in one call, never followed, never half written.
 *
 * A claim counts while its sandbox exists and isn't stopped, and while its init stays all the same, as
 * a kept one's does: it holds the overlay, and what is in there is to be looked into. A dead one's is
 * taken over.
 * Claims are made and released under flock(.uppers), or a release could hit the next owner's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fd.h"
#include "state_files.h"

/* ROOT/.uppers, locked; -ENOENT when it doesn't exist and isn't to be made. Closing it unlocks. */
static int open_uppers(struct state_dir *sd, bool make, struct diags *dg)
{
	const char *path = arena_printf(dg->arena, "%s/" UPPERS_DIR, sd->root);
	CLEANUP_FD fd = -1;

	if (make && mkdirat(sd->root_fd, UPPERS_DIR, 0700) < 0 && errno != EEXIST) {
		diag_errno(dg, errno, "mkdirat", path, "cannot make the list of upperdirs in use");
		return -1;
	}
	fd = state_open_dir(sd->root_fd, UPPERS_DIR, O_RDONLY, path, dg);
	if (fd < 0)
		return fd;
	while (flock(fd, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		diag_errno(dg, errno, "flock", path, "cannot lock the list of upperdirs in use");
		return -1;
	}
	return fd_take(&fd);
}

/* The claim's owner, or "" when there's no such claim or nothing that sbrun would write. */
static void read_owner(int uppers, const char *key, char owner[NAME_MAX + 1])
{
	ssize_t n = readlinkat(uppers, key, owner, NAME_MAX);

	owner[n < 0 ? 0 : n] = '\0';
	if (!state_id_valid(owner))
		owner[0] = '\0';
}

enum claim { CLAIM_VOID, CLAIM_LIVES, CLAIM_KEPT };

static enum claim claim_of(struct state_dir *sd, const char *owner, struct diags *dg)
{
	struct state_dir other = STATE_DIR_NONE;
	enum claim claim = CLAIM_LIVES;
	struct state st;
	struct diags quiet;

	diags_init(&quiet, dg->arena);
	if (state_open(&other, dg->arena, sd->root, owner, &quiet) < 0)
		return CLAIM_VOID;
	/* What can't be read might be alive. */
	if (state_read(&other, dg->arena, &st, &quiet) < 0)
		claim = state_gone(&other) ? CLAIM_VOID : CLAIM_LIVES;
	else if (state_status(&other, &st) == STATUS_STOPPED)
		/* whatever its record says, which the payload may own: who is there has the overlay */
		claim = proc_id_alive(&st.init, 0) ? CLAIM_KEPT : CLAIM_VOID;
	state_close(&other);
	return claim;
}

static int in_use_twice(const char *path, struct diags *dg)
{
	diag_error(dg, "the upperdir \"%s\" is in use twice in this configuration", path)->hint =
		"every overlay needs an upperdir of its own";
	return -1;
}

static int in_use(const char *path, const char *owner, enum claim claim, struct diags *dg)
{
	if (claim == CLAIM_KEPT)
		diag_error(dg, "the upperdir \"%s\" is in use by container \"%s\", which is kept", path, owner)
			->hint = arena_printf(dg->arena, "\"sbrun delete %s\" ends it; or give another upperdir", owner);
	else
		diag_error(dg, "the upperdir \"%s\" is in use by container \"%s\"", path, owner)->hint =
			arena_printf(dg->arena,
				     "two overlays that write to one upperdir corrupt it: give another one, or wait "
				     "(\"sbrun wait %s\") or end that (\"sbrun delete --force %s\")",
				     owner, owner);
	return -1;
}

int state_claim_upper(struct state_dir *sd, struct arena *a, int upper_fd, const char *path, const char **key,
		      struct diags *dg)
{
	char owner[NAME_MAX + 1];
	CLEANUP_FD uppers = -1;
	enum claim claim;
	struct stat st;

	if (fstat(upper_fd, &st) < 0) {
		diag_errno(dg, errno, "fstat", path, "cannot look at the upperdir");
		return -1;
	}
	uppers = open_uppers(sd, true, dg);
	if (uppers < 0)
		return -1;
	*key = arena_printf(a, "%u.%u:%llu", major(st.st_dev), minor(st.st_dev),
			    (unsigned long long)st.st_ino);
	read_owner(uppers, *key, owner);
	/* Our ID was not there before, so a claim in its name is of this very create. */
	if (strcmp(owner, sd->id) == 0)
		return in_use_twice(path, dg);
	claim = *owner ? claim_of(sd, owner, dg) : CLAIM_VOID;
	if (claim != CLAIM_VOID)
		return in_use(path, owner, claim, dg);
	unlinkat(uppers, *key, 0);
	if (symlinkat(sd->id, uppers, *key) < 0) {
		diag_errno(dg, errno, "symlinkat", path, "cannot note that the upperdir is in use");
		return -1;
	}
	return 0;
}

static void release_one(int uppers, const char *key, const char *id)
{
	char owner[NAME_MAX + 1];

	if (strchr(key, '/'))
		return;
	read_owner(uppers, key, owner);
	if (strcmp(owner, id) == 0)
		unlinkat(uppers, key, 0);
}

/* A creator that was killed between a claim and its note in state.json leaves only the claim. */
static int release_by_search(int uppers, const char *id, struct diags *dg)
{
	int fd = openat(uppers, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		diag_errno(dg, errno, "openat", UPPERS_DIR, "cannot read the list of upperdirs in use");
		fd_close(&fd);
		return -1;
	}
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			release_one(uppers, e->d_name, id);
	closedir(dir);
	return 0;
}

int uppers_release(struct state_dir *sd, const struct state *st, struct diags *dg)
{
	bool complete = st->init.pid != 0 && st->created && *st->created;
	CLEANUP_FD uppers = -1;

	if (complete && st->uppers.n == 0)
		return 0;
	uppers = open_uppers(sd, false, dg);
	if (uppers < 0)
		return uppers == -ENOENT ? 0 : -1;
	if (!complete)
		return release_by_search(uppers, sd->id, dg);
	for (size_t i = 0; i < st->uppers.n; i++)
		release_one(uppers, st->uppers.v[i], sd->id);
	return 0;
}
