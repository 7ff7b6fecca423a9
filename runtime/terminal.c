/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <signal.h>
#include <sys/ioctl.h>

bool terminal_raw(int fd, struct termios *saved)
{
	struct termios raw;

	if (tcgetattr(fd, saved) < 0)
		return false;
	raw = *saved;
	cfmakeraw(&raw);
	raw.c_oflag = saved->c_oflag;
	return tcsetattr(fd, TCSANOW, &raw) == 0;
}

/* In the background this would stop us (SIGTTOU), in the middle of cleaning up. */
void terminal_restore(int fd, const struct termios *saved)
{
	sigset_t ttou, before;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &before);
	tcsetattr(fd, TCSADRAIN, saved);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

bool terminal_has_size(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row;
}

void terminal_copy_size(int from, int to)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row)
		ioctl(to, TIOCSWINSZ, &size);
}
