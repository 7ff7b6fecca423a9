/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of sd_notify(3).
 *
 *   notify listen [-x] PATH N CMD...  runs CMD with NOTIFY_SOCKET=PATH; a line for each of the first N
 *                                     messages (a message's own lines separated by "|", "+1" where a
 *                                     descriptor came with it; -x: newlines are written "\n", none is left
 *                                     out); ends with CMD's exit status, 124 when after it there is yet
 *                                     another message
 *   notify send [-f] TEXT...          each TEXT to $NOTIFY_SOCKET; -f: with standard input as a descriptor
 *   notify flood N                    N messages that mean nothing
 *
 * PATH may be @NAME, in the abstract namespace.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
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

static socklen_t address(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!path || strlen(path) >= sizeof(sun->sun_path)) {
		errno = EINVAL;
		return 0;
	}
	memcpy(sun->sun_path, path, strlen(path) + 1);
	if (*path != '@')
		return sizeof(*sun);
	sun->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
}

static int send_texts(char **texts, int with_fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), zero = 0;
	struct sockaddr_un sun;
	struct iovec iov;
	struct msghdr msg = { .msg_name = &sun, .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd < 0 || !(msg.msg_namelen = address(&sun, getenv("NOTIFY_SOCKET"))))
		return fail("NOTIFY_SOCKET");
	if (with_fd) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&msg) = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
							 .cmsg_level = SOL_SOCKET,
							 .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &zero, sizeof(zero));
	}
	for (; *texts; texts++) {
		iov = (struct iovec){ *texts, strlen(*texts) };
		if (sendmsg(fd, &msg, 0) < 0)
			return fail("NOTIFY_SOCKET");
	}
	return 0;
}

static int flood(int n)
{
	static char text[] = "X_NOTHING=1";
	char *texts[] = { text, NULL };

	for (int i = 0; i < n; i++)
		if (send_texts(texts, i % 2) != 0)
			return 125;
	return 0;
}

static void show(char *text, size_t n, int exact, int with_fd)
{
	text[n] = '\0';
	while (!exact && n && text[n - 1] == '\n')
		text[--n] = '\0';
	for (char *c = text; *c; c++) {
		if (*c != '\n')
			putchar(*c);
		else
			fputs(exact ? "\\n" : "|", stdout);
	}
	puts(with_fd ? " +1" : "");
	fflush(stdout);
}

/* 0: one was taken and shown */
static int take(int fd, int limit_ms, int exact)
{
	char text[4096], control[CMSG_SPACE(sizeof(int))];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c;
	ssize_t got;
	int came;

	if (poll(&p, 1, limit_ms) <= 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	got = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	if (got < 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c) { /* closed: who sent a barrier is answered by that */
		memcpy(&came, CMSG_DATA(c), sizeof(came));
		close(came);
	}
	show(text, (size_t)got, exact, c != NULL);
	return 0;
}

static int listen_at(const char *path, int n, int exact, char **argv)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), status, wrong = 0;
	struct sockaddr_un sun;
	socklen_t size = address(&sun, path);
	pid_t pid;

	if (fd < 0 || !size || bind(fd, (struct sockaddr *)&sun, size) < 0)
		return fail(path);
	pid = fork();
	if (pid == 0) {
		setenv("NOTIFY_SOCKET", path, 1);
		execvp(argv[0], argv);
		_exit(fail(argv[0]));
	}
	while (!wrong && n-- > 0)
		wrong = take(fd, LIMIT_MS, exact);
	if (wrong) {
		fail("waiting for a message");
		kill(pid, SIGKILL);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return fail("waitpid");
	if (wrong)
		return 125;
	if (take(fd, 0, exact) == 0)
		return 124;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int option = argc > 2 && argv[2][0] == '-';

	if (argc > 2 + option && strcmp(argv[1], "send") == 0)
		return send_texts(argv + 2 + option, option);
	if (argc == 3 && strcmp(argv[1], "flood") == 0)
		return flood(atoi(argv[2]));
	if (argc > 4 + option && strcmp(argv[1], "listen") == 0)
		return listen_at(argv[2 + option], atoi(argv[3 + option]), option, argv + 4 + option);
	fprintf(stderr, "usage: notify listen [-x] PATH N CMD... | notify send [-f] TEXT... | notify flood N\n");
	return 125;
}
