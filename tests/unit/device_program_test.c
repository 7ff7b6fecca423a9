/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules in force: on a cgroup2 directory and on a v1 one, made here and removed, with a child in them
 * that opens and makes nodes. Needs root. What older kernels answer is put in between by our own syscall().
 */
#include "../../runtime/device_program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../runtime/device_rules.h"
#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "tap.h"

static struct arena *arena;
static struct diags dg;

/* ---- older kernels */

static struct {
	bool no_replace;    /* < 5.6: BPF_F_REPLACE is EINVAL */
	rlim_t memlock;     /* < 5.11: EPERM when RLIMIT_MEMLOCK is no higher */
	bool no_rights;     /* EPERM */
} old;

static long raw_syscall(long number, const long *a)
{
#if defined(__x86_64__)
	register long a3 __asm__("r10") = a[3];
	register long a4 __asm__("r8") = a[4];
	register long a5 __asm__("r9") = a[5];
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(a3), "r"(a4), "r"(a5)
			 : "rcx", "r11", "memory");
	return r;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a[0];
	register long x1 __asm__("x1") = a[1];
	register long x2 __asm__("x2") = a[2];
	register long x3 __asm__("x3") = a[3];
	register long x4 __asm__("x4") = a[4];
	register long x5 __asm__("x5") = a[5];

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "system calls of this architecture"
#endif
}

static int answer_of_old(long cmd, const union bpf_attr *attr)
{
	struct rlimit limit;

	if (cmd == BPF_PROG_ATTACH && old.no_replace && (attr->attach_flags & BPF_F_REPLACE))
		return EINVAL;
	if (cmd != BPF_PROG_LOAD)
		return 0;
	if (old.memlock && (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur <= old.memlock))
		return EPERM;
	return old.no_rights ? EPERM : 0;
}

/* In place of the C library's, for the runtime's objects that are linked with this. */
long syscall(long number, ...)
{
	long a[6], r;
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_bpf && (errno = answer_of_old(a[0], (const union bpf_attr *)a[1])))
		return -1;
	r = raw_syscall(number, a);
	if (r >= 0 || r < -4095)
		return r;
	errno = (int)-r;
	return -1;
}

/* ---- control groups */

static char v2[128], v1[128]; /* our directories; "": none */
static int v2_fd = -1;

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static const char *make_group(char *path, size_t size, const char *below)
{
	snprintf(path, size, "%s/sbrun-test-%d", below, (int)getpid());
	if (mkdir(path, 0755) == 0)
		return NULL;
	path[0] = '\0';
	return arena_printf(arena, "can't make a directory in %s: %s", below, strerror(errno));
}

static const char *make_v2(void)
{
	const char *root = is_cgroup2("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
	const char *trouble;

	if (geteuid() != 0)
		return "needs root";
	if (!is_cgroup2(root))
		return "no cgroup2 is mounted";
	trouble = make_group(v2, sizeof v2, root);
	if (trouble)
		return trouble;
	v2_fd = open(v2, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return v2_fd < 0 ? "can't open the new control group" : NULL;
}

static const char *make_v1(void)
{
	if (geteuid() != 0)
		return "needs root";
	if (access("/sys/fs/cgroup/devices/devices.list", F_OK) < 0)
		return "no cgroup v1 hierarchy with devices";
	return make_group(v1, sizeof v1, "/sys/fs/cgroup/devices");
}

static bool put(const char *dir, const char *file, const char *text)
{
	int fd = open(arena_printf(arena, "%s/%s", dir, file), O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (!good)
		printf("# %s/%s \"%s\": %s\n", dir, file, text, strerror(errno));
	close(fd);
	return good;
}

static void remove_group(const char *dir)
{
	struct timespec wait = { 0, 20 * 1000 * 1000 };
	int i;

	if (!*dir)
		return;
	for (i = 0; i < 100 && rmdir(dir) < 0; i++)
		nanosleep(&wait, NULL);
	ok(i < 100, "the control group of the test is gone");
}

/* ---- rules, and what they are in a child */

#define RULE(allow, type, major, minor, access) \
	{ (allow), (type), { (major) != -1, (major) }, { (minor) != -1, (minor) }, (access) }
#define DENY_ALL  RULE(false, NULL, -1, -1, "rwm")
#define ALLOW_ALL RULE(true, NULL, -1, -1, "rwm")

enum question { OPEN_R, OPEN_W, OPEN_RW, MKNOD_C, MKNOD_B, QUESTIONS };

static char scratch[] = "/tmp/sbrun-devices.XXXXXX";

/* 0 or errno; /dev/full is c 1:7, and the block device is none that exists */
static int ask(enum question q)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR };
	char node[64];
	int r;

	if (q <= OPEN_RW)
		return open("/dev/full", flags[q] | O_CLOEXEC) < 0 ? errno : 0;
	snprintf(node, sizeof node, "%s/node", scratch);
	r = q == MKNOD_C ? mknod(node, S_IFCHR | 0600, makedev(1, 7))
			 : mknod(node, S_IFBLK | 0600, makedev(259, 4000));
	if (r < 0)
		return errno;
	return unlink(node) < 0 ? errno : 0;
}

/* The questions that a child in the group gets EPERM for, a bit each; -1: it went wrong. */
static int denied_in(const char *group)
{
	int status, bits = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (!put(group, "cgroup.procs", "0"))
			_exit(0xff);
		for (enum question q = 0; q < QUESTIONS; q++) {
			int err = ask(q);

			if (err && err != EPERM)
				_exit(0xff);
			bits |= err ? 1 << q : 0;
		}
		_exit(bits);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 0xff)
		return -1;
	return WEXITSTATUS(status);
}

static bool set(const struct device_rule_list *list)
{
	size_t n;
	struct bpf_insn *v;

	diags_init(&dg, arena);
	v = device_rules_bpf(arena, list, &n, &dg);
	if (v && device_program_set(v2_fd, v, n, &dg) == 0)
		return true;
	printf("# %s\n", diag_format(&dg, dg.first));
	return false;
}

static bool write_all(const struct device_rule_list *list)
{
	struct device_writes w;

	diags_init(&dg, arena);
	if (device_rules_v1(arena, list, &w, &dg) < 0)
		return false;
	for (size_t i = 0; i < w.n; i++)
		if (!put(v1, w.v[i].file, w.v[i].line))
			return false;
	return true;
}

enum { R = 1 << OPEN_R, W = 1 << OPEN_W, RW = 1 << OPEN_RW, MC = 1 << MKNOD_C, MB = 1 << MKNOD_B };

static const struct {
	const char *name;
	struct spec_device_rule v[4];
	size_t n;
	int denied;
	bool not_v1;
} rows[] = {
	{ "no rules: the defaults", { ALLOW_ALL }, 0, 0, false },
	{ "engines' beginning: the defaults", { DENY_ALL }, 1, 0, false },
	{ "one of the defaults is denied", { DENY_ALL, RULE(false, NULL, -1, -1, "m"), RULE(false, "c", 1, 7, NULL) },
	  3, R | W | RW | MC | MB, false },
	{ "writing is denied", { DENY_ALL, RULE(false, "c", 1, 7, "w") }, 2, W | RW, false },
	{ "all of a major but one access", { ALLOW_ALL, RULE(false, "c", 1, -1, "r") }, 2, R | RW, false },
	{ "nodes of one type are denied", { DENY_ALL, RULE(false, "b", -1, -1, "m") }, 2, MB, false },
	{ "two rules give what is asked for at once", { RULE(false, NULL, -1, -1, "rw"), RULE(false, NULL, -1, -1, "m"),
	  RULE(true, "c", 1, -1, "r"), RULE(true, "c", -1, 7, "w") }, 4, MC | MB, false },
	{ "a part of what is allowed is denied", { DENY_ALL, RULE(true, "c", 1, -1, NULL), RULE(false, "c", 1, 7, "rw") },
	  3, R | W | RW, true },
	{ "all", { ALLOW_ALL }, 1, 0, false },
};

static void test_rows(const char *group, bool (*apply)(const struct device_rule_list *list))
{
	const char *version = group == v2 ? "v2" : "v1";

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct device_rule_list list = { (struct spec_device_rule *)rows[i].v, rows[i].n };
		int got;

		if (group == v1 && rows[i].not_v1) {
			ok(!apply(&list) && dg.errors == 1, arena_printf(arena, "v1: refused: %s", rows[i].name));
			continue;
		}
		got = apply(&list) ? denied_in(group) : -1;
		if (!ok(got == rows[i].denied, arena_printf(arena, "%s: %s", version, rows[i].name)))
			printf("# denied %#x, not %#x\n", (unsigned)got, (unsigned)rows[i].denied);
	}
}

/* ---- no window */

struct shared { volatile unsigned long tries, opened; };

static pid_t start_opener(struct shared *s)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (!put(v2, "cgroup.procs", "0"))
		_exit(1);
	for (;;) {
		int fd = open("/dev/full", O_RDONLY | O_CLOEXEC);

		if (fd >= 0) {
			s->opened++;
			close(fd);
		}
		s->tries++;
	}
}

/* Wait until a counter has gone on; false after ten seconds. */
static bool goes_on(const volatile unsigned long *counter, unsigned long by)
{
	unsigned long from = *counter;
	struct timespec wait = { 0, 20 * 1000 };

	for (int i = 0; i < 500 * 1000 && *counter - from < by; i++)
		nanosleep(&wait, NULL);
	return *counter - from >= by;
}

static const struct device_rule_list no_full = {
	(struct spec_device_rule[]){ DENY_ALL, RULE(false, "c", 1, 7, NULL) }, 2
};
static const struct device_rule_list no_full_or_zero = {
	(struct spec_device_rule[]){ DENY_ALL, RULE(false, "c", 1, 7, NULL), RULE(false, "c", 1, 5, NULL) }, 3
};
static const struct device_rule_list everything = { (struct spec_device_rule[]){ ALLOW_ALL }, 1 };

static void test_window(const char *kernel)
{
	struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool good = set(&no_full);
	unsigned long tries;
	pid_t pid = start_opener(s);
	int i;

	good = good && goes_on(&s->tries, 100);
	tries = s->tries;
	for (i = 0; i < 200 && good; i++)
		good = set(i % 2 ? &no_full : &no_full_or_zero) && goes_on(&s->tries, 5);
	ok(good && s->opened == 0 && s->tries > tries,
	   arena_printf(arena, "%s: 200 replacements, no open got through", kernel));
	printf("# %lu opens tried, %lu succeeded\n", s->tries - tries, s->opened);
	ok(set(&everything) && goes_on(&s->opened, 1), arena_printf(arena, "%s: one that allows lets it", kernel));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	munmap(s, sizeof *s);
}

/* ---- programs of others */

static int bpf_call(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof *attr);
}

static int load_named(const char *name)
{
	static const struct bpf_insn allow[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = 2,
		.insns = (uint64_t)(uintptr_t)allow,
		.license = (uint64_t)(uintptr_t)"Apache-2.0",
	};

	snprintf(attr.prog_name, sizeof attr.prog_name, "%s", name);
	return bpf_call(BPF_PROG_LOAD, &attr);
}

static bool attach_named(const char *name)
{
	int fd = load_named(name);
	union bpf_attr attr = {
		.target_fd = (uint32_t)v2_fd,
		.attach_bpf_fd = (uint32_t)fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	bool good = fd >= 0 && bpf_call(BPF_PROG_ATTACH, &attr) == 0;

	close(fd);
	return good;
}

/* How many programs with the name the group has. */
static int count_named(const char *name)
{
	uint32_t ids[64];
	union bpf_attr attr = { .query = { .target_fd = (uint32_t)v2_fd, .attach_type = BPF_CGROUP_DEVICE,
					   .prog_ids = (uint64_t)(uintptr_t)ids, .prog_cnt = 64 } };
	int count = 0;

	if (bpf_call(BPF_PROG_QUERY, &attr) < 0)
		return -1;
	for (uint32_t i = 0, n = attr.query.prog_cnt; i < n; i++) {
		struct bpf_prog_info info = { 0 };
		int fd;

		attr = (union bpf_attr){ .prog_id = ids[i] };
		fd = bpf_call(BPF_PROG_GET_FD_BY_ID, &attr);
		attr = (union bpf_attr){ .info = { (uint32_t)fd, sizeof info, (uint64_t)(uintptr_t)&info } };
		count += bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 && strcmp(info.name, name) == 0;
		close(fd);
	}
	return count;
}

static void test_others(void)
{
	ok(count_named(DEVICE_PROGRAM_NAME) == 1, "after many replacements one program of ours is there");
	ok(attach_named("other") && set(&no_full) && count_named("other") == 1 &&
		   count_named(DEVICE_PROGRAM_NAME) == 1,
	   "another's program stays");
	ok(attach_named(DEVICE_PROGRAM_NAME) && attach_named(DEVICE_PROGRAM_NAME) && set(&no_full_or_zero) &&
		   count_named("other") == 1 && count_named(DEVICE_PROGRAM_NAME) == 1,
	   "of several of ours, one is left");
	old.no_replace = true;
	ok(attach_named(DEVICE_PROGRAM_NAME) && set(&no_full) && count_named("other") == 1 &&
		   count_named(DEVICE_PROGRAM_NAME) == 1,
	   "and so before 5.6");
	old.no_replace = false;
}

/* ---- loading */

static void test_memlock(void)
{
	struct rlimit was, now;

	getrlimit(RLIMIT_MEMLOCK, &was);
	now = (struct rlimit){ 4096, was.rlim_max };
	setrlimit(RLIMIT_MEMLOCK, &now);
	old.memlock = 4096;
	ok(set(&no_full), "before 5.11 RLIMIT_MEMLOCK is raised");
	old.memlock = 0;
	getrlimit(RLIMIT_MEMLOCK, &now);
	ok(now.rlim_cur == 4096 && now.rlim_max == was.rlim_max, "for no longer than that");
	setrlimit(RLIMIT_MEMLOCK, &was);
}

static bool fails_with(const struct bpf_insn *v, size_t n, int fd, int err, const char *hint)
{
	diags_init(&dg, arena);
	if (device_program_set(fd, v, n, &dg) == 0)
		return false;
	printf("# %s\n", diag_format(&dg, dg.first));
	return dg.errors == 1 && dg.first->err == err && dg.first->hint && strstr(dg.first->hint, hint);
}

static void test_failures(void)
{
	static const struct bpf_insn bare[] = { { .code = BPF_JMP | BPF_EXIT } };
	int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n;
	struct bpf_insn *v = device_rules_bpf(arena, &everything, &n, &dg);

	ok(set(&no_full), "rules are in force");
	ok(fails_with(bare, 1, v2_fd, EACCES, "verifier says: R0 !read_ok"), "the verifier's words are handed on");
	ok(fails_with(v, n, tmp, EBADF, "cgroup2"), "a directory of another file system");
	old.no_rights = true;
	ok(fails_with(v, n, v2_fd, EPERM, "CAP_BPF"), "without the rights");
	old.no_rights = false;
	ok(denied_in(v2) == (R | W | RW | MC), "they still are after failures");
	close(tmp);
}

/* Rules of every kind, as many as there may be: the verifier must not be overwhelmed. */
static void test_many(void)
{
	struct device_rule_list list = { NULL, DEVICE_RULES_MAX };
	struct timespec from, to;
	bool good;

	list.v = arena_array(arena, list.n, sizeof *list.v);
	for (size_t i = 0; i < list.n; i++) {
		static char *const accesses[] = { "r", "w", NULL, "rw" };

		list.v[i] = (struct spec_device_rule)RULE(i % 5 > 0, i % 3 ? "c" : "b", (int64_t)(i / 4),
							  i % 7 ? (int64_t)i : -1, accesses[i % 4]);
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	good = set(&list);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ok(good, "as many rules as there may be are loaded");
	printf("# in %.1f ms\n", (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6);
}

int main(void)
{
	const char *no_v2, *no_v1;

	arena = arena_create();
	no_v2 = make_v2();
	no_v1 = make_v1();
	if ((!no_v2 || !no_v1) && !mkdtemp(scratch))
		return 1;
	if (no_v2) {
		printf("ok %d - the program on a cgroup2 directory # SKIP %s\n", ++tap_count, no_v2);
	} else {
		test_rows(v2, set);
		test_window("replacing");
		old.no_replace = true;
		test_window("replacing before 5.6");
		old.no_replace = false;
		test_others();
		test_memlock();
		test_failures();
		test_many();
	}
	if (no_v1)
		printf("ok %d - the writes on a v1 directory # SKIP %s\n", ++tap_count, no_v1);
	else
		test_rows(v1, write_all);
	remove_group(v2);
	remove_group(v1);
	rmdir(scratch);
	arena_destroy(arena);
	return tap_end();
}
