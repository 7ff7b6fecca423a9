/* SPDX-License-Identifier: Apache-2.0 */
/* Which file of which hierarchy has which figure. */
#include "stats.h"

#include "../spec/arena.h"
#include "fd.h"
#include "stats_text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* v1 counts user and kernel time in clock ticks, v2 in microseconds. */
#define NSEC_OF_USEC 1000ull
#define NSEC_OF_SEC  1000000000ull

struct source {
	struct arena *a;
	const struct cgroup *g;
	int v2; /* its directory in the cgroup2 hierarchy, or -1 */
};

/* ---- files ---- */

/* A file whole, however long; NULL when it isn't there. dir may be -1. */
static char *slurp(struct arena *a, int dir, const char *file)
{
	size_t size = 4096;

	if (dir < 0)
		return NULL;
	for (;;) {
		char *buf = arena_alloc(a, size);
		ssize_t n = cgroup_read(dir, file, buf, size);

		if (n < 0)
			return NULL;
		if ((size_t)n < size - 1)
			return buf;
		size *= 4;
	}
}

/* A file with one number; false, and the number stays as it is, when it isn't there. */
static bool get(int dir, const char *file, uint64_t *v)
{
	unsigned long long n;

	if (dir < 0 || cgroup_read_u64(dir, file, &n) < 0)
		return false;
	*v = n;
	return true;
}

static void get_pairs(struct source *s, int dir, const char *file, struct stats_pairs *out)
{
	char *text = slurp(s->a, dir, file);

	if (text)
		stats_parse_pairs(s->a, text, out);
}

static void get_psi(struct source *s, const char *file, struct stats_psi *out)
{
	char *text = slurp(s->a, s->v2, file);

	if (text)
		stats_parse_psi(text, out);
}

/* -1 where that hierarchy isn't there. */
static int v1_dir(const struct source *s, const char *controller)
{
	const struct cgroup_place *p = cgroup_v1(s->g, controller);
	int fd = p ? cgroup_dir(p) : -1;

	return fd < 0 ? -1 : fd;
}

/* ---- processor time ---- */

static void read_cpuacct(struct source *s, int dir, struct stats_cpu *c)
{
	uint64_t tick = NSEC_OF_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	struct stats_pairs stat = { 0 };
	char *text;

	c->there = get(dir, "cpuacct.usage", &c->total);
	/* usage_user and usage_sys are samples; these are scaled so that they sum up to the usage */
	get_pairs(s, dir, "cpuacct.stat", &stat);
	c->user = stats_value(&stat, "user") * tick;
	c->kernel = stats_value(&stat, "system") * tick;
	if ((text = slurp(s->a, dir, "cpuacct.usage_percpu")))
		stats_parse_percpu(s->a, text, c);
	if ((text = slurp(s->a, dir, "cpuacct.usage_all")))
		stats_parse_usage_all(s->a, text, c);
}

/* Where there is cgroup2, cpu.stat has the usage even without the controller. */
static void read_cpu(struct source *s, struct stats_cpu *c)
{
	CLEANUP_FD cpuacct = v1_dir(s, "cpuacct");
	CLEANUP_FD cpu = v1_dir(s, "cpu");
	struct stats_pairs v1 = { 0 }, v2 = { 0 };

	get_pairs(s, s->v2, "cpu.stat", &v2);
	get_pairs(s, cpu, "cpu.stat", &v1);
	if (cpuacct >= 0) {
		read_cpuacct(s, cpuacct, c);
	} else if (v2.n) {
		c->there = true;
		c->total = stats_value(&v2, "usage_usec") * NSEC_OF_USEC;
		c->user = stats_value(&v2, "user_usec") * NSEC_OF_USEC;
		c->kernel = stats_value(&v2, "system_usec") * NSEC_OF_USEC;
	}
	c->has_periods = v1.n > 0;
	for (size_t i = 0; i < v2.n && !v1.n; i++)
		c->has_periods |= !strcmp(v2.v[i].key, "nr_periods");
	c->periods = stats_value(v1.n ? &v1 : &v2, "nr_periods");
	c->throttled_periods = stats_value(v1.n ? &v1 : &v2, "nr_throttled");
	c->throttled_time =
		v1.n ? stats_value(&v1, "throttled_time") : stats_value(&v2, "throttled_usec") * NSEC_OF_USEC;
	get_psi(s, "cpu.pressure", &c->psi);
}

static const char *get_line(struct source *s, int dir, const char *file)
{
	char *text = slurp(s->a, dir, file);

	if (text)
		text[strcspn(text, "\n")] = 0;
	return text;
}

static void read_cpuset(struct source *s, struct stats_cpuset *c)
{
	CLEANUP_FD dir = v1_dir(s, "cpuset");
	bool v1 = dir >= 0;

	/* what v2 gives to a cgroup that names none of its own is its parent's */
	c->cpus = get_line(s, v1 ? dir : s->v2, v1 ? "cpuset.cpus" : "cpuset.cpus.effective");
	c->mems = get_line(s, v1 ? dir : s->v2, v1 ? "cpuset.mems" : "cpuset.mems.effective");
	c->there = c->cpus && c->mems;
}

/* ---- memory ---- */

static bool read_v1_level(int dir, const char *prefix, struct stats_level *l)
{
	char file[64];

	snprintf(file, sizeof file, "%s.usage_in_bytes", prefix);
	if (!get(dir, file, &l->usage))
		return false;
	snprintf(file, sizeof file, "%s.max_usage_in_bytes", prefix);
	get(dir, file, &l->max);
	snprintf(file, sizeof file, "%s.limit_in_bytes", prefix);
	if (get(dir, file, &l->limit))
		l->limit = stats_v1_limit(l->limit);
	snprintf(file, sizeof file, "%s.failcnt", prefix);
	get(dir, file, &l->failcnt);
	return true;
}

/* v1 counts a kill where its victim was: in a cgroup below, maybe. */
enum { MAX_DEPTH = 100 };

static uint64_t v1_oom_kills(int dir, int depth)
{
	struct stat st;
	/* kernfs counts the directories in the links of the one that they are in */
	bool below = fstat(dir, &st) < 0 || st.st_nlink > 2;
	int copy = below ? openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	unsigned long long kills = 0;
	struct dirent *e;

	if (cgroup_read_key(dir, "memory.oom_control", "oom_kill", &kills) < 0)
		kills = 0;
	if (!d)
		fd_close(&copy);
	while (d && depth < MAX_DEPTH && (e = readdir(d))) {
		CLEANUP_FD child = -1;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		child = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child >= 0)
			kills += v1_oom_kills(child, depth + 1);
	}
	if (d)
		closedir(d);
	return kills;
}

static void read_v1_memory(struct source *s, int dir, struct stats_memory *m)
{
	m->there = read_v1_level(dir, "memory", &m->usage);
	read_v1_level(dir, "memory.memsw", &m->swap);
	read_v1_level(dir, "memory.kmem", &m->kernel);
	read_v1_level(dir, "memory.kmem.tcp", &m->kernel_tcp);
	get_pairs(s, dir, "memory.stat", &m->raw);
	m->cache = stats_value(&m->raw, "total_cache");
	m->oom_kill = v1_oom_kills(dir, 0);
}

static uint64_t sum_limits(uint64_t x, uint64_t y)
{
	return x == STATS_NO_LIMIT || y == STATS_NO_LIMIT ? STATS_NO_LIMIT : x + y;
}

static void read_v2_memory(struct source *s, struct stats_memory *m)
{
	struct stats_pairs events = { 0 }, swap_events = { 0 };
	uint64_t limit = STATS_NO_LIMIT;

	m->there = get(s->v2, "memory.current", &m->usage.usage);
	if (!m->there)
		return;
	m->usage.limit = m->kernel.limit = m->kernel_tcp.limit = STATS_NO_LIMIT;
	get(s->v2, "memory.max", &m->usage.limit);
	get(s->v2, "memory.peak", &m->usage.max);
	get_pairs(s, s->v2, "memory.stat", &m->raw);
	get_pairs(s, s->v2, "memory.events", &events);
	m->cache = stats_value(&m->raw, "file");
	m->kernel.usage = stats_value(&m->raw, "kernel");
	m->kernel_tcp.usage = stats_value(&m->raw, "sock");
	m->usage.failcnt = stats_value(&events, "max");
	m->oom = stats_value(&events, "oom");
	m->oom_kill = stats_value(&events, "oom_kill");
	if (get(s->v2, "memory.swap.current", &m->swap.usage)) {
		get(s->v2, "memory.swap.max", &limit);
		get_pairs(s, s->v2, "memory.swap.events", &swap_events);
		m->swap.usage += m->usage.usage;
		m->swap.limit = sum_limits(limit, m->usage.limit);
		m->swap.failcnt = stats_value(&swap_events, "fail");
	}
}

static void read_memory(struct source *s, struct stats_memory *m)
{
	CLEANUP_FD dir = v1_dir(s, "memory");

	if (dir >= 0)
		read_v1_memory(s, dir, m);
	else if (s->v2 >= 0)
		read_v2_memory(s, m);
	get_psi(s, "memory.pressure", &m->psi);
}

int stats_oom_kills(const struct cgroup *g)
{
	CLEANUP_FD dir = cgroup_dir_of(g, "memory");
	unsigned long long kills = 0;
	int r;

	if (dir < 0)
		return -ENOENT;
	if (cgroup_v1(g, "memory"))
		return (int)v1_oom_kills(dir, 0);
	r = cgroup_read_key(dir, "memory.events", "oom_kill", &kills);
	return r < 0 ? -ENOENT : (int)kills;
}

/* ---- processes ---- */

static void read_pids(struct source *s, struct stats_pids *p)
{
	CLEANUP_FD v1 = v1_dir(s, "pids");
	int dir = v1 >= 0 ? v1 : s->v2;
	struct stats_pairs events = { 0 };

	get_pairs(s, dir, "pids.events", &events);
	p->refused = stats_value(&events, "max");
	p->there = get(dir, "pids.current", &p->current) && get(dir, "pids.max", &p->limit);
}

/* ---- block devices ---- */

/* The rows are enum stats_io_list; the columns who may have counted: the throttler, CFQ, BFQ. */
enum { IO_COUNTERS = 3 };
static const char *const io_files[STATS_IO__COUNT][IO_COUNTERS] = {
	[STATS_IO_BYTES] = { "blkio.throttle.io_service_bytes_recursive", "blkio.io_service_bytes_recursive",
			     "blkio.bfq.io_service_bytes_recursive" },
	[STATS_IO_SERVICED] = { "blkio.throttle.io_serviced_recursive", "blkio.io_serviced_recursive",
				"blkio.bfq.io_serviced_recursive" },
	[STATS_IO_QUEUED] = { NULL, "blkio.io_queued_recursive", "blkio.bfq.io_queued_recursive" },
	[STATS_IO_SERVICE_TIME] = { NULL, "blkio.io_service_time_recursive",
				    "blkio.bfq.io_service_time_recursive" },
	[STATS_IO_WAIT_TIME] = { NULL, "blkio.io_wait_time_recursive", "blkio.bfq.io_wait_time_recursive" },
	[STATS_IO_MERGED] = { NULL, "blkio.io_merged_recursive", "blkio.bfq.io_merged_recursive" },
	[STATS_IO_TIME] = { NULL, "blkio.time_recursive", "blkio.bfq.time_recursive" },
	[STATS_IO_SECTORS] = { NULL, "blkio.sectors_recursive", "blkio.bfq.sectors_recursive" },
};

/* The first of them that counted anything. */
static void read_v1_ios(struct source *s, int dir, const char *const files[IO_COUNTERS],
			struct stats_ios *out)
{
	for (int i = 0; i < IO_COUNTERS && !out->n; i++) {
		char *text = files[i] ? slurp(s->a, dir, files[i]) : NULL;

		if (text)
			stats_parse_blkio(s->a, text, out);
	}
}

static void read_blkio(struct source *s, struct stats_blkio *b)
{
	CLEANUP_FD dir = v1_dir(s, "blkio");
	char *text = dir < 0 ? slurp(s->a, s->v2, "io.stat") : NULL;

	b->there = dir >= 0 || text;
	for (int i = 0; i < STATS_IO__COUNT && dir >= 0; i++)
		read_v1_ios(s, dir, io_files[i], &b->list[i]);
	if (text)
		stats_parse_io(s->a, text, &b->list[STATS_IO_BYTES], &b->list[STATS_IO_SERVICED]);
	get_psi(s, "io.pressure", &b->psi);
}

uint64_t stats_io_sum(const struct stats *s, const char *op)
{
	const struct stats_ios *l = &s->blkio.list[STATS_IO_BYTES];
	uint64_t sum = 0;

	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].op, op))
			sum += l->v[i].value;
	return sum;
}

/* ---- huge pages and RDMA ---- */

/* "hugetlb.2MB.current" -> "2MB"; NULL for another file, also for one of reservations. */
static char *hugetlb_size(struct arena *a, const char *name, const char *suffix)
{
	const char *size = name + strlen("hugetlb."), *dot;

	if (strncmp(name, "hugetlb.", strlen("hugetlb.")) != 0)
		return NULL;
	dot = strchr(size, '.');
	return dot && !strcmp(dot + 1, suffix) ? arena_strndup(a, size, (size_t)(dot - size)) : NULL;
}

static struct stats_hugetlb read_hugetlb_size(struct source *s, int dir, bool v1, const char *size)
{
	struct stats_hugetlb h = { .size = size };
	struct stats_pairs events = { 0 };

	if (v1) {
		read_v1_level(dir, arena_printf(s->a, "hugetlb.%s", size), &h.level);
		return h;
	}
	get(dir, arena_printf(s->a, "hugetlb.%s.current", size), &h.level.usage);
	get(dir, arena_printf(s->a, "hugetlb.%s.max", size), &h.level.limit);
	get_pairs(s, dir, arena_printf(s->a, "hugetlb.%s.events", size), &events);
	h.level.failcnt = stats_value(&events, "max");
	return h;
}

static void read_hugetlb(struct source *s, struct stats_hugetlbs *l)
{
	CLEANUP_FD v1 = v1_dir(s, "hugetlb");
	int dir = v1 >= 0 ? v1 : s->v2;
	int copy = dir < 0 ? -1 : openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	size_t cap = 0;

	if (!d)
		fd_close(&copy);
	while (d && (e = readdir(d))) {
		const char *size = hugetlb_size(s->a, e->d_name, v1 >= 0 ? "usage_in_bytes" : "current");

		if (!size)
			continue;
		l->v = arena_grow(s->a, l->v, &cap, l->n + 1, sizeof *l->v);
		l->v[l->n++] = read_hugetlb_size(s, dir, v1 >= 0, size);
	}
	if (d)
		closedir(d);
}

static void read_rdma(struct source *s, struct stats *out)
{
	CLEANUP_FD v1 = v1_dir(s, "rdma");
	int dir = v1 >= 0 ? v1 : s->v2;
	char *current = slurp(s->a, dir, "rdma.current"), *max = slurp(s->a, dir, "rdma.max");

	if (current)
		stats_parse_rdma(s->a, current, &out->rdma);
	if (max)
		stats_parse_rdma(s->a, max, &out->rdma_limit);
}

/* ---- all ---- */

static bool any_there(const struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++) {
		CLEANUP_FD dir = cgroup_dir(&g->v[i]);

		if (dir >= 0)
			return true;
	}
	return false;
}

int stats_read(struct arena *a, const struct cgroup *g, struct stats *out)
{
	const struct cgroup_place *v2 = cgroup_v2(g);
	CLEANUP_FD dir = v2 ? cgroup_dir(v2) : -1;
	struct source s = { a, g, dir < 0 ? -1 : dir };

	*out = (struct stats){ 0 };
	if (s.v2 < 0 && !any_there(g))
		return -ENOENT;
	read_cpu(&s, &out->cpu);
	read_cpuset(&s, &out->cpuset);
	read_memory(&s, &out->memory);
	read_pids(&s, &out->pids);
	read_blkio(&s, &out->blkio);
	read_hugetlb(&s, &out->hugetlb);
	read_rdma(&s, out);
	return 0;
}
