/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the state is kept when --root doesn't say: /run/sbrun for root, $XDG_RUNTIME_DIR/sbrun
 * for an ordinary user, without it /run/user/UID/sbrun or, where there is no session (cron, su), what the
 * XDG specification calls the state of a user: $XDG_STATE_HOME/sbrun or ~/.local/state/sbrun. Never in /tmp,
 * where anybody can be first. Every command looks in one place, or what one makes the next can't find.
 * Engines also call us as uid 0 of a user namespace that they made; there XDG_RUNTIME_DIR counts
 * as well, since /run is the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fd.h"
#include "state_files.h"

#define ROOT_OF_ROOT "/run/sbrun"

/* A map that isn't the whole range onto itself. */
static bool in_user_namespace(void)
{
	CLEANUP_FD fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	unsigned long long inside = 0, outside = 0, size = 0;
	char buf[128], *p = buf;
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (n < 0)
		return false;
	buf[n] = '\0';
	inside = strtoull(p, &p, 10);
	outside = strtoull(p, &p, 10);
	size = strtoull(p, &p, 10);
	return inside != 0 || outside != 0 || size != 0xffffffff;
}

/* Who may write to the directory around ROOT may put another in its place, if no sticky bit forbids it. */
static bool others_may_replace(const char *dir, struct stat *st)
{
	return stat(dir, st) == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) && !(st->st_mode & S_ISVTX);
}

static const char *root_of_xdg(struct arena *a, const char *xdg, struct diags *dg)
{
	struct stat st;

	if (!others_may_replace(xdg, &st))
		return arena_printf(a, "%s/sbrun", xdg);
	diag_error(dg, "others may write to XDG_RUNTIME_DIR, \"%s\" (mode %04o): no place to keep state", xdg,
		   st.st_mode & 07777)
		->hint = "chmod go-w it, set XDG_RUNTIME_DIR to a directory that only you can write to, or use --root";
	return NULL;
}

/*
 * A directory that the environment names, where it is ours: su(1) and sudo(8) may leave another's. One that
 * isn't there yet will do if it may be made.
 */
static const char *own_dir(const char *name, bool may_be_made)
{
	const char *dir = getenv(name);
	struct stat st;

	if (!dir || *dir != '/')
		return NULL;
	if (stat(dir, &st) < 0)
		return may_be_made && errno == ENOENT ? dir : NULL;
	return st.st_uid != geteuid() || others_may_replace(dir, &st) ? NULL : dir;
}

static const char *root_without_session(struct arena *a, struct diags *dg)
{
	const char *dir = arena_printf(a, "/run/user/%u", geteuid());
	const char *state = own_dir("XDG_STATE_HOME", true), *home = own_dir("HOME", false);
	struct stat st;

	if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid())
		return arena_printf(a, "%s/sbrun", dir);
	if (state)
		return arena_printf(a, "%s/sbrun", state);
	if (home)
		return arena_printf(a, "%s/.local/state/sbrun", home);
	diag_error(dg, "there is no place to keep state: neither XDG_RUNTIME_DIR nor a home directory of your own")
		->hint = "set XDG_RUNTIME_DIR to a directory that only you can write to, or give one with --root";
	return NULL;
}

const char *state_default_root(struct arena *a, struct diags *dg)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");

	/* The XDG specification has relative paths ignored; podman sets it to nothing for root. */
	if (xdg && *xdg != '/')
		xdg = NULL;
	if (geteuid() == 0 && (!xdg || !in_user_namespace()))
		return ROOT_OF_ROOT;
	return xdg ? root_of_xdg(a, xdg, dg) : root_without_session(a, dg);
}
