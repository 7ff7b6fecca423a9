/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay between this test, which plays the caller, and children on ptys. Each case runs in
 * a process of its own, as the relay works on the process' stdio and signal mask.
 */
#include "../../runtime/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "tap.h"

enum { BIG = 3 * 1000 * 1000 };

/* Runs `payload` under the relay with the given stdio; never returns. tty: on a pty of its own. */
static void relay(int in, int out, bool tty, void (*payload)(void))
{
	struct arena *arena = arena_create();
	struct diags dg;
	struct relay r;
	int master = -1, slave = -1, status = 0, pidfd;
	pid_t pid;

	diags_init(&dg, arena);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	close_range(3, ~0U, 0); /* above all the other ends of the test's pipes */
	if (relay_init(&r, &dg) < 0 || (tty && openpty(&master, &slave, NULL, NULL, NULL) < 0))
		_exit(99);
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		if (tty) {
			struct termios t;

			ioctl(slave, TIOCSCTTY, 0);
			tcgetattr(slave, &t);
			t.c_oflag &= ~(tcflag_t)ONLCR;
			tcsetattr(slave, TCSANOW, &t);
			dup2(slave, 0);
			dup2(slave, 1);
			dup2(slave, 2);
			close(slave);
			close(master);
		}
		payload();
		_exit(0);
	}
	if (slave >= 0)
		close(slave);
	pidfd = pidfd_open(pid, 0);
	if (relay_wait(&r, pidfd, master, &status, &dg) < 0)
		status = 98;
	relay_finish(&r);
	relay_finish(&r);
	_exit(status);
}

static pid_t start(int in, int out, bool tty, void (*payload)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		relay(in, out, tty, payload);
	return pid;
}

static int wait_code(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void exit_7(void)
{
	_exit(7);
}

static void die_by_usr2(void)
{
	raise(SIGUSR2);
}

static void on_term(int sig)
{
	_exit(sig == SIGTERM ? 42 : 43);
}

static void wait_for_term(void)
{
	signal(SIGTERM, on_term);
	if (write(STDOUT_FILENO, "ready", 5) != 5)
		_exit(1);
	for (;;)
		pause();
}

static void write_big(void)
{
	char line[100];

	memset(line, 'x', sizeof(line));
	line[99] = '\n';
	for (int i = 0; i < BIG / 100; i++)
		if (write(STDOUT_FILENO, line, sizeof(line)) != sizeof(line))
			_exit(1);
}

/* Two lines from the terminal, then the count of its columns. */
static void echo_lines(void)
{
	char buf[64];
	struct winsize ws = { 0 };
	ssize_t n;
	struct termios t;

	tcgetattr(0, &t);
	t.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(0, TCSANOW, &t);
	if (write(1, "ready\n", 6) != 6)
		_exit(1);
	n = read(0, buf, sizeof(buf));
	ioctl(0, TIOCGWINSZ, &ws);
	dprintf(1, "got %.*scolumns %d\n", (int)n, buf, ws.ws_col);
}

static size_t read_until(int fd, char *buf, size_t size, const char *word)
{
	size_t n = 0;

	buf[0] = '\0';
	while (n < size - 1 && !strstr(buf, word)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t k = poll(&p, 1, 5000) > 0 ? read(fd, buf + n, size - 1 - n) : 0;

		if (k <= 0)
			break;
		n += (size_t)k;
		buf[n] = '\0';
	}
	return n;
}

static void test_codes(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	ok(wait_code(start(null, null, false, exit_7)) == 7, "an exit code");
	ok(wait_code(start(null, null, true, exit_7)) == 7, "an exit code, with a terminal");
	ok(wait_code(start(null, null, false, die_by_usr2)) == 128 + SIGUSR2, "a signal");
	close(null);
}

static void test_signal(bool tty)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), out[2];
	char buf[64];
	pid_t pid;

	if (pipe(out) < 0)
		return;
	pid = start(null, out[1], tty, wait_for_term);
	read_until(out[0], buf, sizeof(buf), "ready");
	kill(pid, SIGTERM);
	ok(wait_code(pid) == 42, tty ? "a signal is handed on, with a terminal" : "a signal is handed on");
	close(out[0]);
	close(out[1]);
	close(null);
}

/* A reader that starts late gets every byte, though the payload is gone by then. */
static void test_big(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), out[2];
	size_t total = 0;
	char buf[65536];
	ssize_t n;
	pid_t pid;

	if (pipe(out) < 0)
		return;
	pid = start(null, out[1], true, write_big);
	close(out[1]);
	usleep(200 * 1000);
	while ((n = read(out[0], buf, sizeof(buf))) > 0)
		total += (size_t)n;
	ok(wait_code(pid) == 0 && total == BIG, "no byte is lost to a slow reader");
	close(out[0]);

	if (pipe(out) < 0)
		return;
	pid = start(null, out[1], true, write_big);
	close(out[0]);
	close(out[1]);
	ok(wait_code(pid) == 0, "a closed standard output stops neither");
	close(null);
}

/* With a terminal on the caller's side too. */
static void test_terminal(void)
{
	struct winsize ws = { .ws_row = 30, .ws_col = 91 };
	struct termios before, during, after;
	int master, slave;
	char buf[256];
	pid_t pid;

	if (!ok(openpty(&master, &slave, NULL, NULL, &ws) == 0, "a terminal"))
		return;
	tcgetattr(slave, &before);
	pid = start(slave, slave, true, echo_lines);
	read_until(master, buf, sizeof(buf), "ready\r\n");
	is_text(buf, "ready\r\n", "the caller's terminal makes the carriage return, once");
	tcgetattr(slave, &during);
	ok(!(during.c_lflag & (ICANON | ECHO | ISIG)), "raw meanwhile");
	if (write(master, "abc\r", 4) != 4)
		return;
	read_until(master, buf, sizeof(buf), "columns 91");
	ok(strstr(buf, "got abc\r\n") && strstr(buf, "columns 91"), "what is typed arrives, and the size");
	ok(wait_code(pid) == 0, "its end");
	tcgetattr(slave, &after);
	ok(after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag &&
		   after.c_oflag == before.c_oflag,
	   "restored");
	close(master);
	close(slave);
}

static void test_console_socket(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct arena *arena = arena_create();
	char dir[] = "/tmp/relay_test.XXXXXX", name[400], buf[64];
	union {
		struct cmsghdr align;
		char buf[256];
	} control;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = 256
	};
	struct diags dg;
	int listener, sock, peer, dfd;
	ssize_t n;

	diags_init(&dg, arena);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!mkdtemp(dir) || (dfd = open(dir, O_PATH | O_CLOEXEC)) < 0)
		return;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/sock", dfd);
	ok(bind(listener, (struct sockaddr *)&sa, sizeof(sa)) == 0 && listen(listener, 1) == 0, "a socket");
	/* The same by a path that's too long for an address. */
	snprintf(name, sizeof(name), "%s/%0100d/../sock", dir, 0);
	name[strlen(dir) + 101] = '\0';
	ok(mkdir(name, 0700) == 0, "a long directory");
	name[strlen(dir) + 101] = '/';
	sock = console_socket_connect(name, &dg);
	ok(sock >= 0, "connect by a long path");
	ok(console_socket_send(sock, listener, "/dev/pts/0", &dg) == 0, "send");
	peer = accept(listener, NULL, NULL);
	n = recvmsg(peer, &msg, 0);
	ok(n == 10 && memcmp(buf, "/dev/pts/0", 10) == 0 && CMSG_FIRSTHDR(&msg) &&
		   CMSG_FIRSTHDR(&msg)->cmsg_len == CMSG_LEN(sizeof(int)),
	   "the name and one descriptor arrive");
	ok(console_socket_connect("/nonexistent/socket", &dg) < 0 && dg.errors == 1,
	   "a missing socket is an error");
	close(sock);
	close(peer);
	close(listener);
	unlinkat(dfd, "sock", 0);
	name[strlen(dir) + 101] = '\0';
	rmdir(name);
	rmdir(dir);
	close(dfd);
	arena_destroy(arena);
}

int main(void)
{
	test_codes();
	test_signal(false);
	test_signal(true);
	test_big();
	test_terminal();
	test_console_socket();
	return tap_end();
}
