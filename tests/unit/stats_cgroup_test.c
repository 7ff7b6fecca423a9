/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of real cgroups, compared with what is known of the processes in them: processor time
 * with the process's clock, memory with an allocation, processes by count; and the kernel's word that a
 * cgroup's memory ran out. Needs root; makes and removes cgroups of its own below the root of each
 * hierarchy and never touches another one.
 */
#include "../../runtime/oom_watch.h"
#include "../../runtime/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../runtime/facts.h"
#include "../../spec/arena.h"
#include "tap.h"

enum { MIB = 1 << 20, ALLOCATED = 64 * MIB, LIMIT = 32 * MIB, CHILDREN = 3 };

static struct arena *arena;
static struct cgroup group;

static void skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, name, why);
}

/* ---- cgroups by hand ---- */

static bool wanted(const struct cgroup_mount *m)
{
	/* a cpuset would have to be given processors first; freezer and devices count nothing */
	static const char *const names[] = { "cpu", "cpuacct", "cpu,cpuacct", "memory", "pids", "blkio" };

	for (size_t i = 0; m->options && i < sizeof names / sizeof *names; i++)
		if (!strcmp(m->options, names[i]))
			return true;
	return !m->options;
}

static const char *path_of(const struct cgroup_place *p)
{
	return arena_printf(arena, "/sys/fs/cgroup/%s%s", p->mount, p->path);
}

static bool make(const char *name)
{
	struct cgroup_layout l = { 0 };

	facts_cgroups(arena, &l);
	group = (struct cgroup){ .v = arena_array(arena, l.n, sizeof *group.v) };
	for (size_t i = 0; i < l.n; i++) {
		struct cgroup_place p = { l.v[i].name, l.v[i].options, arena_printf(arena, "/%s", name), 0 };

		if (!wanted(&l.v[i]))
			continue;
		if (mkdir(path_of(&p), 0755) < 0)
			return false;
		group.v[group.n++] = p;
	}
	return group.n > 0;
}

static void unmake(void)
{
	for (size_t i = 0; i < group.n; i++) {
		int tries = 200;

		/* what was killed leaves a moment after it was reaped */
		while (rmdir(path_of(&group.v[i])) < 0 && errno == EBUSY && tries-- > 0)
			usleep(10000);
		ok(tries > 0, "the cgroup can be removed again");
	}
}

static bool put(const char *controller, const char *file, const char *value)
{
	int dir = cgroup_dir_of(&group, controller);
	int r = dir < 0 ? dir : cgroup_write(dir, file, value);

	if (dir >= 0)
		close(dir);
	return r == 0;
}

static bool enter(void)
{
	bool good = true;

	for (size_t i = 0; i < group.n; i++) {
		int dir = cgroup_dir(&group.v[i]);

		good &= dir >= 0 && cgroup_write(dir, "cgroup.procs", "0") == 0;
		close(dir);
	}
	return good;
}

/* ---- processes with known needs ---- */

static void allocate(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(3);
	for (size_t i = 0; i < size; i += 4096)
		((volatile char *)p)[i] = 1;
}

static uint64_t cpu_used(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000ull +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000ull;
}

/* The same of another process, which sleeps meanwhile. */
static uint64_t cpu_of(pid_t pid)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) == 0)
		clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void burn(uint64_t ns)
{
	volatile unsigned x = 0;
	uint64_t end = cpu_used() + ns;

	while (cpu_used() < end)
		for (int i = 0; i < 100000; i++)
			x = x + 1;
}

/* Says on `out` when all is used; then it waits to be killed. */
static void worker(int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!enter())
		_exit(2);
	for (int i = 0; i < CHILDREN; i++)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pause();
			_exit(0);
		}
	allocate(ALLOCATED);
	burn(600 * 1000000ull);
	if (write(out, "", 1) != 1)
		_exit(4);
	pause();
	_exit(0);
}

/* ---- the tests ---- */

static bool within(uint64_t got, uint64_t low, uint64_t high, const char *name)
{
	bool good = ok(got >= low && got <= high, name);

	if (!good)
		printf("# got %llu, wanted %llu to %llu\n", (unsigned long long)got, (unsigned long long)low,
		       (unsigned long long)high);
	return good;
}

static void check_cpu(const struct stats_cpu *c, uint64_t used)
{
	uint64_t sum = 0;

	ok(c->there, "cpu: there");
	/* the forks and what the children did come on top */
	within(c->total, used * 97 / 100, used * 105 / 100,
	       "cpu: as the process's own clock has it, within 5 %");
	within(c->user + c->kernel, c->total * 95 / 100, c->total * 105 / 100,
	       "cpu: user and kernel are the total");
	for (size_t i = 0; i < c->n_cpus; i++)
		sum += c->percpu[i];
	if (c->n_cpus)
		within(sum, c->total * 99 / 100, c->total * 101 / 100, "cpu: each CPU's sum up to the total");
	else
		skip("cpu: each CPU's sum up to the total", "this layout does not tell them apart");
}

static void check_memory(const struct stats_memory *m)
{
	if (!m->there) {
		skip("memory", "no memory controller");
		return;
	}
	within(m->usage.usage, ALLOCATED, ALLOCATED + 16 * MIB, "memory: what was allocated and little more");
	within(m->usage.max, m->usage.usage, ALLOCATED + 24 * MIB, "memory: the highest usage");
	ok(m->usage.limit == STATS_NO_LIMIT, "memory: no limit");
	ok(m->raw.n > 10, "memory: memory.stat");
	ok(m->oom_kill == 0, "memory: nothing was killed");
}

static void check_pids(const struct stats_pids *p)
{
	if (!p->there) {
		skip("pids", "no pids controller");
		return;
	}
	ok(p->current == 1 + CHILDREN, "pids: exactly");
	ok(p->limit == STATS_NO_LIMIT, "pids: no limit");
	ok(put("pids", "pids.max", "77"), "pids: a limit is set");
}

static void usage(void)
{
	struct stats s;
	char done;
	int p[2], status;
	pid_t pid;

	if (pipe(p) < 0 || (pid = fork()) < 0) {
		ok(false, "a worker can be started");
		return;
	}
	if (pid == 0)
		worker(p[1]);
	close(p[1]);
	ok(read(p[0], &done, 1) == 1, "the worker did its work");
	close(p[0]);
	usleep(100000); /* until it sleeps */
	ok(stats_read(arena, &group, &s) == 0, "figures can be read");
	check_cpu(&s.cpu, cpu_of(pid));
	check_memory(&s.memory);
	check_pids(&s.pids);
	if (s.pids.there && stats_read(arena, &group, &s) == 0)
		ok(s.pids.limit == 77, "pids: the limit");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void out_of_memory(void)
{
	struct oom_watch w = OOM_WATCH_NONE;
	bool v1 = cgroup_v1(&group, "memory");
	struct pollfd p;
	int status = 0;
	pid_t pid;

	if (!put("memory", v1 ? "memory.limit_in_bytes" : "memory.max", arena_printf(arena, "%d", LIMIT))) {
		skip("out of memory", "no memory controller");
		return;
	}
	/* with swap it would not run out; where there is none the file may not be either */
	put("memory", v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max",
	    v1 ? arena_printf(arena, "%d", LIMIT) : "0");
	ok(stats_oom_kills(&group) == 0, "oom: none so far");
	ok(oom_watch_open(&w, &group) == 0, "oom: it can be watched");
	ok(!oom_watch_check(&w), "oom: nothing before it happens");
	if ((pid = fork()) == 0) {
		if (!enter())
			_exit(2);
		allocate(ALLOCATED);
		_exit(0);
	}
	p = oom_watch_poll(&w);
	ok(poll(&p, 1, 10000) == 1, "oom: the kernel tells");
	/* on v2 the limit being reached is an event too; what was told is read again */
	for (int i = 0; i < 1000 && !oom_watch_check(&w); i++)
		usleep(1000);
	ok(w.kills == 1, "oom: one was killed");
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "oom: by SIGKILL");
	ok(stats_oom_kills(&group) == 1, "oom: counted");
	ok(!oom_watch_check(&w), "oom: told once");
	oom_watch_close(&w);
}

static void gone(void)
{
	struct stats s;

	ok(stats_read(arena, &group, &s) == -ENOENT, "a cgroup that is gone has no figures");
	ok(stats_oom_kills(&group) == -ENOENT, "a cgroup that is gone counts nothing");
	group.n = 0;
	ok(stats_read(arena, &group, &s) == -ENOENT, "no cgroup has no figures");
}

int main(void)
{
	arena = arena_create();
	if (geteuid() != 0)
		skip("figures of real cgroups", "needs root");
	else if (!make(arena_printf(arena, "sbrun-unit-%d", (int)getpid())))
		skip("figures of real cgroups", "cgroups can't be made here");
	else {
		usage();
		out_of_memory();
	}
	unmake();
	gone();
	arena_destroy(arena);
	return tap_end();
}
