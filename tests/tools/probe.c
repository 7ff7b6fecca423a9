/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a shell can't look at, from inside a sandbox or beside it. Static, so that it runs in
 * any root. Prints one line a fact; exits with 1 when it can't look at all.
 *
 *   probe fds                      "N LINK" for each of its own descriptors
 *   probe tiocsti                  push a character into the terminal on stdin: ok or errno
 *   probe key-add NAME CMD...      a key in a new session keyring of its own, then CMD
 *   probe key-find NAME            look for it in the session keyring: found or errno
 *   probe signals N                "ready", then the numbers of the next N signals
 *   probe console SOCKET           take a descriptor from the socket: "NAME ROWSxCOLUMNS LINK", then what
 *                                  the terminal says until its end; stdin goes to it
 *   probe pidfd SOCKET             take a descriptor from the socket: "BYTES Pid: PID", what came with it and
 *                                  whose pidfd it is
 *   probe hugepages N              map so many huge pages of 2 MB and write to each: ok or errno
 *   probe unlock PATH              clear "read-only" of the mount that PATH is on: ok or errno
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static int say(long r)
{
	puts(r < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

static int fail(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	return 1;
}

static int fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	if (!dir)
		return fail("/proc/self/fd");
	while ((e = readdir(dir))) {
		char to[4096];
		ssize_t n;

		if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(dir))
			continue;
		n = readlinkat(dirfd(dir), e->d_name, to, sizeof to - 1);
		printf("%s %.*s\n", e->d_name, (int)(n < 0 ? 0 : n), to);
	}
	return 0;
}

static int key_add(char **argv)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", argv[0], "x", 1, KEY_SPEC_SESSION_KEYRING) < 0)
		return fail("add_key");
	execvp(argv[1], argv + 1);
	return fail(argv[1]);
}

static int key_find(const char *name)
{
	long r = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0);

	puts(r < 0 ? strerrorname_np(errno) : "found");
	return 0;
}

static int wait_signals(int n)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	puts("ready");
	fflush(stdout);
	while (n-- > 0) {
		siginfo_t si;
		int sig = sigwaitinfo(&all, &si);

		if (sig < 0)
			return fail("sigwaitinfo");
		printf("%d\n", sig);
		fflush(stdout);
	}
	return 0;
}

/* ---- console socket */

static int take_fd(const char *path, char *name, size_t size)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { name, size - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof control.buf };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0), peer, fd = -1;
	ssize_t n;

	/* the name appears when there is somebody to connect to */
	snprintf(sa.sun_path, sizeof sa.sun_path, "%s.new", path);
	if (sock < 0 || bind(sock, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(sock, 1) < 0 ||
	    rename(sa.sun_path, path) < 0)
		return -1;
	peer = accept(sock, NULL, NULL);
	if (peer < 0 || (n = recvmsg(peer, &msg, 0)) < 0)
		return -1;
	name[n] = '\0';
	if (CMSG_FIRSTHDR(&msg) && CMSG_FIRSTHDR(&msg)->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof fd);
	close(peer);
	close(sock);
	return fd;
}

/* 0 at the end of what `from` has to say. */
static int copy(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof buf);

	if (n <= 0)
		return 0;
	return write(to, buf, (size_t)n) == n;
}

static int console(const char *path)
{
	struct winsize ws = { 0 };
	char name[256], link[64], to[256];
	int fd = take_fd(path, name, sizeof name);
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	ssize_t n;

	if (fd < 0)
		return fail("no descriptor came");
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, to, sizeof to - 1);
	ioctl(fd, TIOCGWINSZ, &ws);
	printf("%s %dx%d %.*s\n", name, ws.ws_row, ws.ws_col, (int)(n < 0 ? 0 : n), to);
	fflush(stdout);
	for (;;) {
		if (poll(p, 2, -1) < 0)
			return fail("poll");
		if (p[0].revents && !copy(fd, 1))
			return 0;
		if (p[1].revents && !copy(0, fd))
			p[1].fd = -1;
	}
}

static int pidfd(const char *path)
{
	char name[256], line[128];
	int fd = take_fd(path, name, sizeof name);
	FILE *f;

	if (fd < 0)
		return fail("no descriptor came");
	snprintf(line, sizeof line, "/proc/self/fdinfo/%d", fd);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "Pid:", 4))
			printf("%zu Pid: %s", strlen(name), line + strspn(line, "Pid:\t "));
	return f ? 0 : fail("fdinfo");
}

static int unlock(const char *path)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };
	int fd = open(path, O_PATH);

	if (fd < 0)
		return fail(path);
	return say(syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof attr));
}

static int hugepages(size_t n)
{
	const size_t size = 2 << 20;
	char *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);

	for (size_t i = 0; p != MAP_FAILED && i < n; i++)
		p[i * size] = 1;
	return say(p == MAP_FAILED ? -1 : 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "fds"))
		return fds();
	if (!strcmp(what, "tiocsti"))
		return say(ioctl(0, TIOCSTI, "x"));
	if (!strcmp(what, "key-add") && argc > 3)
		return key_add(argv + 2);
	if (!strcmp(what, "key-find") && argc > 2)
		return key_find(argv[2]);
	if (!strcmp(what, "signals") && argc > 2)
		return wait_signals(atoi(argv[2]));
	if (!strcmp(what, "console") && argc > 2)
		return console(argv[2]);
	if (!strcmp(what, "pidfd") && argc > 2)
		return pidfd(argv[2]);
	if (!strcmp(what, "hugepages") && argc > 2)
		return hugepages((size_t)atoi(argv[2]));
	if (!strcmp(what, "unlock") && argc > 2)
		return unlock(argv[2]);
	fprintf(stderr, "probe: what?\n");
	return 2;
}
