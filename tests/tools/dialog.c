/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialog ROWS COLUMNS CMD...      runs CMD on a terminal of its own and talks to it
 *
 * What it says comes from standard input, a line each:
 *
 *   expect TEXT      wait until the output since the last expect has TEXT
 *   line TEXT        type TEXT and Return
 *   ctrl LETTER      type a control character
 *   resize ROWS COLUMNS
 *   wait MILLISECONDS
 *
 * At the end of the lines it waits for CMD. Everything that the terminal said is on standard output. The exit
 * status is CMD's, or 128 + the signal; 125 when an expectation isn't met within 20 seconds, or CMD doesn't
 * end: it is killed then.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_MS = 20 * 1000, SAID_MAX = 1 << 20, FAILED = 125 };

static char said[SAID_MAX + 1];
static size_t n_said, n_met; /* what was said, and how much of it the expectations have used */
static int master = -1;
static pid_t child;

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Take what the terminal says within ms; 0 at its end. */
static int listen_for(long ms)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, (int)(ms < 0 ? 0 : ms)) <= 0)
		return 1;
	n = read(master, said + n_said, SAID_MAX - n_said);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	/* at once: somebody may look at it meanwhile */
	if (fwrite(said + n_said, 1, (size_t)n, stdout) != (size_t)n || fflush(stdout) != 0)
		return 0;
	n_said += (size_t)n;
	return 1;
}

static void give_up(const char *why, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "\ndialog: %s%s\n", why, what);
	kill(child, SIGKILL);
	exit(FAILED);
}

static void expect(const char *text)
{
	long end = now_ms() + LIMIT_MS;
	char *at;

	for (;;) {
		at = memmem(said + n_met, n_said - n_met, text, strlen(text));
		if (at) {
			n_met = (size_t)(at - said) + strlen(text);
			return;
		}
		if (now_ms() >= end)
			give_up("nothing said: ", text);
		if (!listen_for(end - now_ms()))
			give_up("the end came before: ", text);
	}
}

static void type(const char *text, size_t n)
{
	if (write(master, text, n) != (ssize_t)n)
		give_up("can't type: ", text);
}

static void resize(unsigned rows, unsigned columns)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };

	if (ioctl(master, TIOCSWINSZ, &size) < 0)
		give_up("resize: ", strerror(errno));
}

static void obey(char *line)
{
	unsigned rows, columns, ms;
	char control;

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "expect ", 7) == 0) {
		expect(line + 7);
	} else if (strncmp(line, "line ", 5) == 0) {
		type(line + 5, strlen(line + 5));
		type("\r", 1);
	} else if (strncmp(line, "ctrl ", 5) == 0) {
		control = (char)(line[5] & 0x1f);
		type(&control, 1);
	} else if (sscanf(line, "resize %u %u", &rows, &columns) == 2) {
		resize(rows, columns);
	} else if (sscanf(line, "wait %u", &ms) == 1) {
		usleep(ms * 1000);
	} else if (*line) {
		give_up("what is this: ", line);
	}
}

static int wait_for_end(void)
{
	long end = now_ms() + LIMIT_MS;
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (now_ms() >= end)
			give_up("it doesn't end", "");
		if (!listen_for(50))
			usleep(10000);
	}
	while (listen_for(0) && poll(&(struct pollfd){ .fd = master, .events = POLLIN }, 1, 0) > 0)
		;
	fflush(stdout);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct winsize size = { 0 };
	char line[4096];

	if (argc < 4) {
		fprintf(stderr, "usage: dialog ROWS COLUMNS CMD...\n");
		return FAILED;
	}
	size.ws_row = (unsigned short)atoi(argv[1]);
	size.ws_col = (unsigned short)atoi(argv[2]);
	child = forkpty(&master, NULL, NULL, &size);
	if (child < 0) {
		perror("dialog: forkpty");
		return FAILED;
	}
	if (child == 0) {
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		_exit(127);
	}
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	return wait_for_end();
}
