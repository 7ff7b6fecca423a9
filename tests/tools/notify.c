/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of sd_notify(3).
 *
 *   notify listen PATH N CMD...    runs CMD with NOTIFY_SOCKET=PATH; a line for each of the first N messages
 *                                  (a message's own lines separated by "|"); ends with CMD's exit status
 *   notify send TEXT               TEXT to $NOTIFY_SOCKET
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 20 * 1000 };

static int fail(const char *what)
{
	fprintf(stderr, "notify: %s: %s\n", what, strerror(errno));
	return 125;
}

static int address(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!path || strlen(path) >= sizeof(sun->sun_path)) {
		errno = EINVAL;
		return -1;
	}
	strcpy(sun->sun_path, path);
	return 0;
}

static int send_text(const char *text)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;

	if (fd < 0 || address(&sun, getenv("NOTIFY_SOCKET")) < 0 ||
	    sendto(fd, text, strlen(text), 0, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return fail("NOTIFY_SOCKET");
	return 0;
}

static int take(int fd, int n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[4096];

	while (n-- > 0) {
		ssize_t got;

		if (poll(&p, 1, LIMIT_MS) <= 0) {
			errno = ETIMEDOUT;
			return fail("waiting for a message");
		}
		got = recv(fd, text, sizeof(text) - 1, 0);
		if (got < 0)
			return fail("recv");
		text[got] = '\0';
		while (got && text[got - 1] == '\n')
			text[--got] = '\0';
		for (char *c = text; *c; c++)
			if (*c == '\n')
				*c = '|';
		puts(text);
		fflush(stdout);
	}
	return 0;
}

static int listen_at(const char *path, int n, char **argv)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), status, wrong;
	struct sockaddr_un sun;
	pid_t pid;

	if (fd < 0 || address(&sun, path) < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return fail(path);
	pid = fork();
	if (pid == 0) {
		setenv("NOTIFY_SOCKET", path, 1);
		execvp(argv[0], argv);
		_exit(fail(argv[0]));
	}
	wrong = take(fd, n);
	if (wrong)
		kill(pid, SIGKILL);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return fail("waitpid");
	if (wrong)
		return wrong;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "send") == 0)
		return send_text(argv[2]);
	if (argc > 4 && strcmp(argv[1], "listen") == 0)
		return listen_at(argv[2], atoi(argv[3]), argv + 4);
	fprintf(stderr, "usage: notify listen PATH N CMD... | notify send TEXT\n");
	return 125;
}
