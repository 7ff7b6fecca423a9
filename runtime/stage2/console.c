/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload's terminal: a pty of the sandbox's own devpts, reached through that mount's
 * descriptor or proven to be one, never through a name in /dev/pts. The master goes to the
 * runtime; the peer is bound on /dev/console and becomes the payload's stdio.
 */
#include "stage2.h"

#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/magic.h>

struct k_winsize {
	uint16_t row, col, x, y;
};

/* exec, or a devpts that was bound: /dev/pts, if it is one, and its own ptmx with nothing mounted on it. */
static int open_foreign_ptmx(void)
{
	CLEANUP_FD dir = open_real("/dev/pts", 010000000 /* O_PATH */ | O_DIRECTORY);
	struct statfs fs;
	int r = dir < 0 ? dir : (int)SYS(fstatfs, dir, &fs);

	if (r >= 0 && fs.f_type != DEVPTS_SUPER_MAGIC)
		r = -ENODEV;
	return about(r < 0 ? r : open_beneath(dir, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW), "/dev/pts/ptmx");
}

static int open_ptmx(void)
{
	if (g.pts < 0)
		return open_foreign_ptmx();
	return about((int)SYS(openat, g.pts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC, 0),
		     "/dev/pts/ptmx");
}

/* Scripts compare output with plain newlines: no carriage return is added. */
static int set_modes(int tty, const struct step *s)
{
	struct k_winsize ws = { (uint16_t)(s->n[0] >> 16), (uint16_t)s->n[0], 0, 0 };
	struct termios t;
	int r = (int)SYS(ioctl, tty, TCGETS, &t);

	if (r >= 0) {
		t.c_oflag &= ~(unsigned)ONLCR;
		r = (int)SYS(ioctl, tty, TCSETS, &t);
	}
	if (r >= 0 && s->n[0])
		r = (int)SYS(ioctl, tty, TIOCSWINSZ, &ws);
	return r;
}

static int bind_console(void)
{
	CLEANUP_FD tree = clone_tree(g.tty, "", 0, 0);
	CLEANUP_FD target = -1;

	if (tree < 0)
		return about(tree, "the terminal");
	target =
		make_target("/dev/console", (struct target){ .kind = TARGET_FILE, .real = 1, .nofollow = 1 });
	return about(target < 0 ? target : attach(tree, target), "/dev/console");
}

int step_console(const struct step *s)
{
	CLEANUP_FD master = open_ptmx();
	int unlock = 0, r = master;

	if (r >= 0)
		r = (int)SYS(ioctl, master, TIOCSPTLCK, &unlock);
	if (r >= 0)
		r = g.tty = (int)SYS(ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r >= 0)
		r = set_modes(g.tty, s);
	if (r >= 0 && s->n[1] != 1)
		r = bind_console();
	if (r < 0)
		return g.detail[0] ? r : about(r, "/dev/pts/ptmx");
	report_fds(MSG_CONSOLE, g.step, master, -1);
	await_reply(); /* whoever holds it has set its size when the payload looks */
	return 0;
}
