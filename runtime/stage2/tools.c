/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debug: a tree of the caller's, seen by one process in the sandbox and by nobody else there.
 *
 * TOOLS takes it while we are in the caller's mount namespace, or rather in a copy of it that belongs to
 * the sandbox's user namespace, since an ordinary user may clone mounts nowhere else. BRING puts it in place
 * once we are inside, in a copy of the sandbox's mount namespace from which nothing propagates.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

static int own_mounts(uint64_t propagation)
{
	int r = (int)SYS(unshare, CLONE_NEWNS);

	return r < 0 ? r : (int)SYS(mount, NULL, "/", NULL, propagation | MS_REC, NULL);
}

int step_tools(const struct step *s)
{
	const char *dir = str(s->s[0]);
	int r = s->n[0] == 1 ? (int)SYS(setns, g.plan->slot_base + (int)s->n[1], CLONE_NEWUSER) : 0;

	if (r >= 0 && s->n[0])
		r = be_of_the_sandbox();
	if (r >= 0)
		r = own_mounts(MS_PRIVATE);
	if (r >= 0)
		r = g.tools = clone_tree(AT_FDCWD, dir, 1, 0);
	if (r >= 0)
		r = set_attrs(g.tools, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0, 1);
	return about(r, dir);
}

/* What of the sandbox is shown where, once the tools are the root; the first at the step's place. */
static const char *const shown[] = { "/", "/proc", "/dev", "/sys" };
enum { N_SHOWN = sizeof shown / sizeof *shown };

/* Clones of what is there; -ENOENT and the like, but for the root itself, leave it out. */
static int take_shown(int *trees)
{
	int i, r = 0;

	for (i = 0; i < N_SHOWN && r >= 0; i++) {
		CLEANUP_FD dir = open_in_root(shown[i], O_PATH | 0x10000 /* O_DIRECTORY */);

		trees[i] = dir < 0 ? dir : clone_tree(dir, "", 1, 0);
		if (trees[i] < 0 && !i)
			r = about(trees[i], "the sandbox's root");
	}
	return r;
}

static int show(int *trees, const char *place)
{
	int i, r = 0;

	for (i = 0; i < N_SHOWN && r >= 0; i++) {
		const char *at = i ? shown[i] : place;
		CLEANUP_FD target = open_in_root(at, O_PATH | 0x10000 /* O_DIRECTORY */);

		if (target < 0 ? !i : trees[i] >= 0)
			r = about(target < 0 ? target : attach(trees[i], target), at);
		close_fd(&trees[i]);
	}
	return r;
}

/*
 * The tools are the root, so that programs find their libraries. The sandbox's own is at `place`: cloned
 * before the tools cover it, or the clone would have them too.
 */
static int swap_roots(const char *place)
{
	CLEANUP_FD slash = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	int trees[N_SHOWN], r = slash < 0 ? slash : take_shown(trees);

	if (r < 0)
		return r;
	close_fd(&g.root);
	g.root = take_fd(&g.tools);
	r = attach(g.root, slash);
	if (r >= 0)
		r = show(trees, place);
	if (r >= 0)
		r = (int)SYS(fchdir, g.root);
	if (r >= 0)
		r = (int)SYS(pivot_root, ".", ".");
	if (r >= 0)
		r = (int)SYS(umount2, ".", 2 /* MNT_DETACH */);
	return r < 0 ? r : (int)SYS(chdir, "/");
}

int step_bring(const struct step *s)
{
	const char *place = str(s->s[0]);
	CLEANUP_FD target = -1;
	int r = own_mounts(MS_PRIVATE);

	close_fd(&g.root); /* it was of the sandbox's own mount namespace */
	if (r >= 0)
		r = g.root = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (r >= 0 && s->n[0] == 1) {
		r = swap_roots(place);
	} else if (r >= 0) {
		r = target = open_in_root(place, O_PATH | 0x10000 /* O_DIRECTORY */);
		if (r >= 0)
			r = attach(g.tools, target);
	}
	close_fd(&g.tools);
	return r < 0 && g.detail[0] ? r : about(r, place);
}
