/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the state is kept when --root doesn't say: /run/sbrun for root, $XDG_RUNTIME_DIR/sbrun
 * for an ordinary user. Engines also call us as uid 0 of a user namespace that they made;
 * there XDG_RUNTIME_DIR counts as well, since /run is the host's.
 */
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

const char *state_default_root(struct arena *a, struct diags *dg)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	char *dir;

	/* The XDG specification has relative paths ignored; podman sets it to nothing for root. */
	if (xdg && *xdg != '/')
		xdg = NULL;
	if (geteuid() == 0 && (!xdg || !in_user_namespace()))
		return ROOT_OF_ROOT;
	if (xdg)
		return arena_printf(a, "%s/sbrun", xdg);
	dir = arena_printf(a, "/run/user/%u", geteuid());
	if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid())
		return arena_printf(a, "%s/sbrun", dir);
	diag_error(dg, "there is no place to keep state: XDG_RUNTIME_DIR is not set")->hint =
		"set it to a directory that only you can write to, or give one with --root";
	return NULL;
}
