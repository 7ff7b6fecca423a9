/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A payload that is hard on its init, and a file system that doesn't answer. Static, so that it runs in any
 * root.
 *
 *   torture orphans N       fork N orphans, 200 at a time; then how many processes and zombies are left
 *   torture signals N       with all blocked "ready", then the numbers of the next N signals; 32 and 33 too
 *   torture die SIGNAL      end by it; "survived" where its default is another one
 *   torture kill-all        SIGKILL to all that it may signal; exits with 3
 *   torture crowd N CODE    fork N children that block all signals, "ready", exits with CODE by SIGUSR1
 *   torture daemon          fork twice, a session leader of its own; "ready"; it and its parents never end
 *   torture orphan CMD...   start CMD as an orphan; exits with 0
 *   torture stuck DIR       (root) mount a FUSE on DIR that lets whoever looks into it wait, killed or not:
 *                           "mounted", "asked" for each; ends, and lets them go, by SIGTERM
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "torture: %s: %s\n", what, strerror(errno));
	return 1;
}

static void say(const char *what)
{
	puts(what);
	fflush(stdout);
}

/* ---- orphans */

/* The processes there are, and of them zombies. */
static int count(int *zombies)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int n = 0;

	*zombies = 0;
	while (proc && (e = readdir(proc))) {
		char path[300], buf[512], *state;
		int fd, got;

		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
		fd = open(path, O_RDONLY);
		got = fd < 0 ? 0 : (int)read(fd, buf, sizeof buf - 1);
		close(fd);
		buf[got < 0 ? 0 : got] = 0;
		state = strrchr(buf, ')');
		n += state != NULL;
		*zombies += state && state[2] == 'Z';
	}
	if (proc)
		closedir(proc);
	return n;
}

static int orphan(void (*body)(void *), void *arg)
{
	pid_t pid = fork();

	if (pid < 0)
		return fail("fork");
	if (pid == 0) {
		if (fork() == 0)
			body(arg);
		_exit(0);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : fail("waitpid");
}

static void leave(void *arg)
{
	_exit(*(int *)arg & 0xff);
}

static int orphans(int n)
{
	int zombies, left;

	for (int i = 0; i < n; i++) {
		if (orphan(leave, &i))
			return 1;
		for (int tries = 0; i % 200 == 199 && count(&zombies) > 100 && tries < 1000; tries++)
			usleep(10000);
	}
	for (int tries = 0; (left = count(&zombies)) > 2 && tries < 1000; tries++)
		usleep(10000);
	printf("processes %d zombies %d\n", left, zombies);
	return 0;
}

/* ---- signals */

/* Not the C library's functions, which keep two signals to themselves. */
static int signals(int n)
{
	uint64_t all = ~0ull;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof all);
	say("ready");
	while (n--) {
		long sig = syscall(SYS_rt_sigtimedwait, &all, NULL, NULL, sizeof all);

		if (sig < 0 && errno == EINTR) {
			n++;
			continue;
		}
		printf("%ld\n", sig);
		fflush(stdout);
	}
	return 0;
}

static int die(int sig)
{
	static const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	syscall(SYS_kill, getpid(), sig);
	usleep(50000);
	say("survived");
	return 0;
}

static int crowd(int n, int code)
{
	uint64_t all = ~0ull, usr1 = 1ull << (SIGUSR1 - 1);

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof all);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return fail("fork");
		while (pid == 0)
			pause();
	}
	say("ready");
	while (syscall(SYS_rt_sigtimedwait, &usr1, NULL, NULL, sizeof usr1) != SIGUSR1)
		;
	return code;
}

__attribute__((noreturn)) static void become_daemon(void)
{
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			setsid();
			say("ready");
		}
	}
	for (;;)
		pause();
}

static void execute(void *argv)
{
	execvp(*(char **)argv, argv);
	_exit(127);
}

/* ---- a FUSE: Documentation/filesystems/fuse.rst, linux/fuse.h */

static void answer(int fd, const struct fuse_in_header *in, const void *body, size_t size)
{
	struct fuse_out_header out = { .len = (uint32_t)(sizeof out + size), .unique = in->unique };
	struct iovec v[2] = { { &out, sizeof out }, { (void *)(uintptr_t)body, size } };

	if (writev(fd, v, 2) < 0)
		fail("answer");
}

static void serve(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096, .max_readahead = 4096
	};
	struct fuse_attr_out attr = { .attr = { .ino = 1, .mode = 040755, .nlink = 2 } };
	struct fuse_open_out opened = { 0 };

	switch (in->opcode) {
	case FUSE_INIT: answer(fd, in, &init, sizeof init); break;
	case FUSE_GETATTR: answer(fd, in, &attr, sizeof attr); break;
	case FUSE_OPENDIR: answer(fd, in, &opened, sizeof opened); break;
	case FUSE_LOOKUP: say("asked"); break; /* and that's it */
	default: break;
	}
}

static int stuck(const char *dir)
{
	char options[128], request[1 << 17];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), signals_fd;
	struct pollfd p[2];
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	signals_fd = signalfd(-1, &term, SFD_CLOEXEC);
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (fd < 0 || mount("stuck", dir, "fuse.stuck", MS_NOSUID | MS_NODEV, options) < 0)
		return fail(dir);
	say("mounted");
	for (;;) {
		p[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = signals_fd, .events = POLLIN };
		if (poll(p, 2, -1) > 0 && p[1].revents)
			break;
		if (p[0].revents && read(fd, request, sizeof request) > 0)
			serve(fd, (struct fuse_in_header *)(void *)request);
		else if (p[0].revents & POLLERR)
			break;
	}
	return umount2(dir, MNT_DETACH) < 0 ? fail("umount") : 0; /* the end of fd ends what waits */
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(what, "orphans"))
		return orphans(n);
	if (!strcmp(what, "signals"))
		return signals(n);
	if (!strcmp(what, "die"))
		return die(n);
	if (!strcmp(what, "kill-all"))
		return kill(-1, SIGKILL) < 0 && errno != ESRCH ? fail("kill") : 3; /* nobody but PID 1 */
	if (!strcmp(what, "crowd"))
		return crowd(n, argc > 3 ? atoi(argv[3]) : 0);
	if (!strcmp(what, "daemon"))
		become_daemon();
	if (!strcmp(what, "orphan") && argc > 2)
		return orphan(execute, argv + 2);
	if (!strcmp(what, "stuck") && argc > 2)
		return stuck(argv[2]);
	fprintf(stderr, "torture: no such test: %s\n", what);
	return 1;
}
