/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces: join, unshare, identity, fork; host names; loopback; pivot. */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/if.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <linux/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

static int slot(uint64_t n)
{
	return g.plan->slot_base + (int)n;
}

/*
 * A namespace owned by the user namespace that is joined or made later refuses us now
 * (EPERM): the plan has a second JOIN for it after that one, which must succeed.
 */
static uint64_t joined;

int step_join(const struct step *s)
{
	int r;

	if (joined & s->n[0])
		return 0;
	r = (int)SYS(setns, slot(s->n[1]), s->n[0]);
	if (r >= 0)
		joined |= s->n[0];
	if (r == -EPERM && s->n[2] == 1)
		return 0;
	return about(r, str(s->s[0]));
}

int step_unshare(const struct step *s)
{
	/* the runtime, when it is no root, may open our uid_map only while we are dumpable */
	if (s->n[0] & CLONE_NEWUSER)
		SYS(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
	return (int)SYS(unshare, s->n[0]);
}

int step_identity(const struct step *s)
{
	int r = (int)SYS(setresgid, s->n[1], s->n[1], s->n[1]);

	if (r == -EINVAL && !s->n[1]) /* a joined user namespace without an id 0: stay who we are */
		r = 0;
	else if (r >= 0)
		r = (int)SYS(setresuid, s->n[0], s->n[0], s->n[0]);
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	return r;
}

/*
 * The child goes on with the plan; it is the runtime's child, as we are (CLONE_PARENT), so
 * that the runtime can wait for it and nobody is in between.
 */
int step_fork(const struct step *s)
{
	struct clone_args args = { .flags = CLONE_PARENT };
	/* a createContainer hook keeps them: it has the set-up's rights, and no step for fewer */
	int narrow = g.plan->flags & PLAN_EXEC && find_step(STEP_CAPABILITIES) < g.plan->n_steps;
	long pid = narrow ? narrow_caps() : 0;

	(void)s;
	if (pid < 0)
		return (int)pid;
	pid = SYS(clone3, &args, sizeof args);
	if (pid == -ENOSYS)
		pid = SYS(clone, CLONE_PARENT, 0, 0, 0, 0);
	if (pid < 0)
		return (int)pid;
	if (pid > 0) {
		report(MSG_FORKED, g.step, (uint64_t)pid);
		quit(0);
	}
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	await_reply();
	return 0;
}

/*
 * What exec makes on the way (a working directory, the terminal) must be the sandbox's own: as
 * root of the user namespace just joined, or, where that has no id 0, as the process' user.
 */
int be_of_the_sandbox(void)
{
	const struct step *user = step_of(STEP_USER);
	uint64_t uid = 0, gid = 0;
	int r = (int)SYS(setgroups, 0, NULL);

	if (r == -EPERM) /* denied here: user_namespaces(7) */
		r = 0;
	if (r >= 0 && (r = (int)SYS(setresgid, gid, gid, gid)) == -EINVAL)
		r = (int)SYS(setresgid, user->n[1], user->n[1], user->n[1]);
	if (r >= 0 && (r = (int)SYS(setresuid, uid, uid, uid)) == -EINVAL)
		r = (int)SYS(setresuid, user->n[0], user->n[0], user->n[0]);
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0); /* fs.suid_dumpable may be 1 */
	return r;
}

int step_enter(const struct step *s)
{
	int r = s->n[3] == 1 ? 0 : (int)SYS(setns, slot(s->n[1]), s->n[0]);

	if (r >= 0 && s->n[0] & CLONE_NEWUSER)
		r = be_of_the_sandbox();
	if (r >= 0 && s->n[2]) /* made with --no-pivot: its root is not its mount namespace's */
		r = (int)SYS(fchdir, slot(s->n[2] - 1));
	if (r >= 0 && s->n[2])
		r = (int)SYS(chroot, ".");
	if (r >= 0)
		r = g.root = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	close_slots();
	return about(r, "the sandbox's namespaces");
}

int step_hostname(const struct step *s)
{
	return about((int)SYS(sethostname, str(s->s[0]), text_len(str(s->s[0]))), str(s->s[0]));
}

int step_domainname(const struct step *s)
{
	return about((int)SYS(setdomainname, str(s->s[0]), text_len(str(s->s[0]))), str(s->s[0]));
}

/* To the network namespace that was made meanwhile (early_net.h), or to a new one. */
static int take_network(void)
{
	CLEANUP_FD dir = g.plan->net_fd;
	CLEANUP_FD ready = dir + 1;
	CLEANUP_FD fd = -1;
	char made = 0;
	long n;

	while ((n = SYS(read, ready, &made, 1)) == -EINTR)
		;
	if (n == 0)
		quit(125); /* the runtime is gone */
	if (n == 1 && made == '1')
		fd = (int)SYS(openat, dir, "net", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && SYS(setns, fd, CLONE_NEWNET) == 0)
		return 0;
	return (int)SYS(unshare, CLONE_NEWNET);
}

int step_loopback(const struct step *s)
{
	CLEANUP_FD fd = -1;
	struct ifreq ifr;
	int r = g.plan->net_fd >= 0 ? take_network() : 0;

	(void)s;
	if (r < 0)
		return about(r, "net");
	memset(&ifr, 0, sizeof ifr);
	memcpy(ifr.ifr_name, "lo", 3);
	ifr.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	/* any socket takes the interface ioctls; a unix one is always there, and born in our network */
	fd = (int)SYS(socket, 1 /* AF_UNIX */, 2 | O_CLOEXEC /* SOCK_DGRAM | SOCK_CLOEXEC */, 0);
	r = fd < 0 ? fd : (int)SYS(ioctl, fd, SIOCSIFFLAGS, &ifr);
	return about(r, "lo");
}

static int mount_id(int dir, const char *path, uint64_t *id)
{
	struct statx st;
	int r = (int)SYS(statx, dir, path, *path ? 0 : AT_EMPTY_PATH, STATX_MNT_ID, &st);

	*id = st.stx_mnt_id;
	return r < 0 ? r : st.stx_mask & STATX_MNT_ID ? 0 : -EOPNOTSUPP;
}

/*
 * Take the old root away, and whatever was mounted over it before us: umount2(".") always means
 * the topmost. Once it is out of our namespace the answer is EINVAL.
 */
static int detach_old(int old)
{
	int i, r = 0;

	for (i = 0; i < 64 && r >= 0; i++) {
		r = (int)SYS(fchdir, old);
		if (r >= 0)
			r = (int)SYS(umount2, ".", 2 /* MNT_DETACH */);
	}
	return r == -EINVAL && i > 1 ? 0 : r < 0 ? r : -EBUSY;
}

static int is_same_dir(int fd)
{
	struct statx a, b;

	return SYS(statx, fd, "", AT_EMPTY_PATH, STATX_INO, &a) == 0 &&
	       SYS(statx, AT_FDCWD, "/", 0, STATX_INO, &b) == 0 && a.stx_ino == b.stx_ino &&
	       a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor;
}

/*
 * The proof that nothing of the host's is left. Joining our own mount namespace puts us at its very
 * root, as it will every exec: that must be our root and nothing else. A mount over it would be the
 * host's; one below it is where a caller in a chroot came from, which pivot_root leaves in place.
 */
static int only_our_root(int own_ns)
{
	uint64_t ours, top;
	int r = (int)SYS(setns, own_ns, CLONE_NEWNS);

	if (r >= 0)
		r = mount_id(g.root, "", &ours);
	if (r >= 0)
		r = mount_id(AT_FDCWD, "/", &top);
	if (r == -EOPNOTSUPP) /* before kernel 5.8: compare what the roots are instead */
		return about(is_same_dir(g.root) ? 0 : -EXDEV, "the host's root would stay in reach");
	return r < 0 ? r : ours == top ? 0 : about(-EXDEV, "the host's root would stay in reach");
}

/*
 * pivot_root(".", ".") stacks the old root on the new one at "/"; detached, it takes everything
 * of the host's with it: no directory is needed and nothing is left below.
 */
static int pivot(void)
{
	CLEANUP_FD old = (int)SYS(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	CLEANUP_FD own_ns = open_own_ns("/ns/mnt");
	int r = old < 0 ? old : own_ns < 0 ? own_ns : (int)SYS(fchdir, g.root);

	if (r >= 0)
		r = (int)SYS(pivot_root, ".", ".");
	if (r >= 0)
		r = detach_old(old);
	if (r >= 0)
		r = (int)SYS(chdir, "/");
	return r < 0 ? r : only_our_root(own_ns);
}

/* --no-pivot, for an initramfs: the root covers "/" already (step ROOT), so go there. */
static int move_root(void)
{
	int r = (int)SYS(fchdir, g.root);

	return r < 0 ? r : (int)SYS(chroot, ".");
}

int step_pivot(const struct step *s)
{
	int r;

	keep_tmpfs(&g.eph);
	r = s->n[0] == 1 ? move_root() : pivot();
	if (r >= 0)
		r = (int)SYS(chdir, "/");
	r = r < 0 && g.detail[0] ? r : about(r, "/");
	close_slots();
	/* The host's null device is of no more use, and nothing of the host's stays open. */
	close_fd(&g.null_dev);
	close_fd(&g.mask_dir);
	close_fd(&g.eph);
	return r;
}

int step_chroot(const struct step *s)
{
	CLEANUP_FD root = (int)SYS(openat, AT_FDCWD, str(s->s[0]), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	int r = root < 0 ? root : (int)SYS(fchdir, root);

	if (r >= 0)
		r = (int)SYS(chroot, ".");
	if (r >= 0)
		g.root = take_fd(&root);
	close_slots();
	return about(r, str(s->s[0]));
}

/* An anonymous session keyring: the caller's keys are not to be had. EDQUOT must not stop a start. */
int step_keyring(const struct step *s)
{
	const char *label = str(s->s[0]);
	int r = *label ? write_attr("keycreate", label) : 0;

	if (r < 0)
		return r;
	r = (int)SYS(keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL, 0, 0, 0);
	if (r == -ENOSYS)
		r = 0;
	return r >= 0 && *label ? write_attr("keycreate", "") : r;
}
