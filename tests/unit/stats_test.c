/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's texts to figures, figures to runc's JSON, durations, and the pids in what ps prints. */
#include "../../runtime/stats.h"

#include <jansson.h>
#include <stdlib.h>

#include "../../spec/duration.h"
#include "../../runtime/ps_text.h"
#include "../../runtime/stats_text.h"
#include "../../spec/arena.h"
#include "tap.h"

static struct arena *arena;

/* The parsers change what they are given. */
static char *text(const char *s)
{
	return arena_strdup(arena, s);
}

static void pairs(void)
{
	struct stats_pairs p = { 0 };

	stats_parse_pairs(arena, text("anon 4096\nfile 18446744073709551615\nodd\nwords here now\nmax max\n"),
			  &p);
	ok(p.n == 3, "pairs: lines that are none are passed over");
	ok(stats_value(&p, "anon") == 4096 && stats_value(&p, "file") == UINT64_MAX, "pairs: 64 bits");
	ok(stats_value(&p, "max") == STATS_NO_LIMIT, "pairs: max");
	ok(stats_value(&p, "ano") == 0 && stats_value(&p, "anonymous") == 0, "pairs: no such key");
}

static void psi(void)
{
	struct stats_psi p = { 0 };

	stats_parse_psi(text("some avg10=1.50 avg60=0.25 avg300=100.00 total=123456789012\n"
			     "full avg10=0.01 avg60=0.00 avg300=0.00 total=7\n"),
			&p);
	ok(p.there && p.some.avg10 == 1.5 && p.some.avg60 == 0.25 && p.some.avg300 == 100.0 &&
		   p.some.total == 123456789012,
	   "pressure: some");
	ok(p.full.avg10 == 0.01 && p.full.total == 7, "pressure: full");
	p = (struct stats_psi){ 0 };
	stats_parse_psi(text(""), &p);
	ok(!p.there, "pressure: none");
}

static void block_devices(void)
{
	struct stats_ios v1 = { 0 }, bytes = { 0 }, serviced = { 0 }, many = { 0 };
	char lines[2000] = "";

	stats_parse_blkio(arena, text("8:0 Read 4096\n8:0 Total 4096\n259:7 Write 12\n8:16 99\nTotal 5000\n"),
			  &v1);
	ok(v1.n == 4 && v1.v[0].major == 8 && v1.v[0].minor == 0 && v1.v[0].value == 4096, "blkio: lines");
	is_text(v1.v[0].op, "Read", "blkio: operation");
	ok(v1.v[2].major == 259 && v1.v[2].minor == 7, "blkio: device");
	ok(!*v1.v[3].op && v1.v[3].value == 99, "blkio: without an operation");
	stats_parse_io(arena,
		       text("8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=9\n"
			    "253:10 253:0 rbytes=7 wbytes=0\n254:0 \n"),
		       &bytes, &serviced);
	ok(bytes.n == 5 && serviced.n == 3, "io.stat: bytes and operations");
	ok(bytes.v[0].value == 1 && bytes.v[1].value == 2 && !strcmp(bytes.v[1].op, "Write") &&
		   serviced.v[2].value == 6 && !strcmp(serviced.v[2].op, "Discard"),
	   "io.stat: values");
	ok(bytes.v[3].major == 253 && bytes.v[3].minor == 0 && bytes.v[3].value == 7,
	   "io.stat: a device without figures in front of another one");
	for (int i = 0; i < 100; i++)
		sprintf(lines + strlen(lines), "8:%d Read %d\n", i, i);
	stats_parse_blkio(arena, lines, &many);
	ok(many.n == 100 && many.v[99].minor == 99 && many.v[50].value == 50, "blkio: many devices");
}

static void processors(void)
{
	struct stats_cpu c = { 0 };

	stats_parse_percpu(arena, text("100 200 0 \n"), &c);
	stats_parse_usage_all(arena, text("cpu user system\n0 60 40\n1 150 50\n2 0 0\n"), &c);
	ok(c.n_cpus == 3 && c.percpu[1] == 200, "cpuacct: each CPU's total");
	ok(c.percpu_user[1] == 150 && c.percpu_kernel[0] == 40, "cpuacct: user and system");
}

static void others(void)
{
	struct stats_rdmas r = { 0 };

	stats_parse_rdma(arena,
			 text("mlx4_0 hca_handle=2 hca_object=2000\nocrdma1 hca_handle=3 hca_object=max\n"),
			 &r);
	ok(r.n == 2 && r.v[0].hca_handles == 2 && r.v[0].hca_objects == 2000 &&
		   r.v[1].hca_objects == STATS_NO_LIMIT && !strcmp(r.v[1].device, "ocrdma1"),
	   "rdma");
	ok(stats_v1_limit(9223372036854771712ull) == STATS_NO_LIMIT, "v1 limit: none, pages of 4 KiB");
	ok(stats_v1_limit(9223372036854710272ull) == STATS_NO_LIMIT, "v1 limit: none, pages of 64 KiB");
	ok(stats_v1_limit(1ull << 40) == 1ull << 40, "v1 limit: one");
}

/* ---- the event ---- */

static void empty_event(void)
{
	struct stats s = { 0 };

	is_text(stats_event(arena, "x", &s),
		"{\"type\":\"stats\",\"id\":\"x\",\"data\":{\"cpu\":{\"usage\":{},\"throttling\":{}},\"cpuset\":{},"
		"\"memory\":{},\"pids\":{},\"blkio\":{},\"hugetlb\":{},\"intel_rdt\":{},\"network_interfaces\":null}}\n",
		"event: nothing is there");
}

/* A value by its path, "data/cpu/usage/total", as JSON text. */
static const char *at(json_t *v, const char *path)
{
	char *words = text(path), *save = NULL, *dumped;

	for (char *w = strtok_r(words, "/", &save); w; w = strtok_r(NULL, "/", &save))
		v = json_is_array(v) ? json_array_get(v, (size_t)atoi(w)) : json_object_get(v, w);
	dumped = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	words = dumped ? text(dumped) : NULL;
	free(dumped);
	return words;
}

static struct stats full_stats(void)
{
	struct stats s = { .cpu = { .there = true,
				    .total = 30,
				    .user = 20,
				    .kernel = 10,
				    .n_cpus = 2,
				    .has_periods = true,
				    .periods = 5,
				    .throttled_periods = 4,
				    .throttled_time = 3 } };
	static uint64_t percpu[] = { 18, 12 };
	static struct stats_pair raw[] = { { "anon", 1 }, { "file", 2 } };
	static struct stats_hugetlb huge[] = { { "2MB", { .usage = 1, .max = 2, .failcnt = 3 } } };
	static struct stats_io io[] = { { 8, 0, "Read", 77 }, { 8, 0, "Write", 78 }, { 8, 1, "Read", 3 } };

	s.cpu.percpu = percpu;
	s.cpu.psi = (struct stats_psi){ .there = true, .some = { .avg10 = 1.5, .total = 9 } };
	s.cpuset = (struct stats_cpuset){ true, "0-2,5", "0" };
	s.memory = (struct stats_memory){
		.there = true, .cache = 5, .usage = { 1, 2, 3, 4 }, .oom_kill = 6, .raw = { raw, 2 }
	};
	s.pids = (struct stats_pids){ true, 7, STATS_NO_LIMIT, 0 };
	s.blkio.list[STATS_IO_BYTES] = (struct stats_ios){ io, 3 };
	s.hugetlb = (struct stats_hugetlbs){ huge, 1 };
	return s;
}

static void full_event(void)
{
	static const struct {
		const char *path, *value;
	} wanted[] = {
		{ "type", "\"stats\"" },
		{ "id", "\"x\"" },
		{ "data/cpu/usage/total", "30" },
		{ "data/cpu/usage/kernel", "10" },
		{ "data/cpu/usage/user", "20" },
		{ "data/cpu/usage/percpu", "[18,12]" },
		{ "data/cpu/throttling", "{\"periods\":5,\"throttledPeriods\":4,\"throttledTime\":3}" },
		{ "data/cpu/psi/some/avg10", "1.5" },
		{ "data/cpu/psi/some/total", "9" },
		{ "data/cpuset/cpus", "[0,1,2,5]" },
		{ "data/cpuset/mems", "[0]" },
		{ "data/memory/usage", "{\"limit\":3,\"usage\":1,\"max\":2,\"failcnt\":4}" },
		{ "data/memory/cache", "5" },
		{ "data/memory/raw", "{\"anon\":1,\"file\":2}" },
		{ "data/memory/event_count/oom_kill", "6" },
		{ "data/pids", "{\"current\":7,\"limit\":0}" },
		{ "data/blkio/ioServiceBytesRecursive/1",
		  "{\"major\":8,\"minor\":0,\"op\":\"Write\",\"value\":78}" },
		{ "data/hugetlb/2MB", "{\"usage\":1,\"max\":2,\"failcnt\":3}" },
		{ "data/intel_rdt", "{}" },
		{ "data/network_interfaces", "null" },
	};
	struct stats s = full_stats();
	const char *line = stats_event(arena, "x", &s);
	json_t *v = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	ok(v && strchr(line, '\n') == line + strlen(line) - 1, "event: one line of JSON");
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		is_text(at(v, wanted[i].path), wanted[i].value, wanted[i].path);
	json_decref(v);
	ok(stats_io_sum(&s, "Read") == 80 && stats_io_sum(&s, "Write") == 78, "sum over devices");
	s.memory.usage.limit = STATS_NO_LIMIT;
	ok(strstr(stats_event(arena, "x", &s), "\"limit\":18446744073709551615,"),
	   "event: no limit, unsigned");
}

/* ---- durations ---- */

static void durations(void)
{
	static const struct {
		const char *text;
		uint64_t ns; /* 0: refused */
	} rows[] = {
		{ "5s", 5000000000 },
		{ "100ms", 100000000 },
		{ "1m", 60000000000 },
		{ "1h30m", 5400000000000 },
		{ "1.5s", 1500000000 },
		{ ".5s", 500000000 },
		{ "1.s", 1000000000 },
		{ "250us", 250000 },
		{ "250\xc2\xb5s", 250000 },
		{ "7ns", 7 },
		{ "1m0.25s", 60250000000 },
		{ "2", 2000000000 },
		{ "0.25", 250000000 },
		{ "", 0 },
		{ "0", 0 },
		{ "0s", 0 },
		{ "-1s", 0 },
		{ "s", 0 },
		{ ".s", 0 },
		{ "5 s", 0 },
		{ "5x", 0 },
		{ "1s2", 0 },
		{ "99999999999h", 0 },
		{ "99999999999999999999s", 0 },
		{ "9000000000s9000000000s", 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t ns = 0;
		bool good = parse_duration(rows[i].text, &ns);

		ok(good == (rows[i].ns > 0) && (!good || ns == rows[i].ns),
		   arena_printf(arena, "duration \"%s\"", rows[i].text));
	}
	{
		uint64_t ns = 1;

		ok(parse_duration_or_none("0s", &ns) && ns == 0, "a duration may be nothing where that is allowed");
		ok(!parse_duration_or_none("", &ns) && !parse_duration_or_none("s", &ns),
		   "but no number is none");
	}
}

/* ---- ps ---- */

static void ps_lines(void)
{
	static const struct {
		const char *head, *line;
		pid_t pid;
	} rows[] = {
		{ "UID          PID    PPID  C CMD\n", "root         123       2  0 sh -c 456\n", 123 },
		{ "UID          PID    PPID  C CMD\n", "averylongusername   123       2  0 sh\n", 123 },
		{ "    PID TTY\n", "      7 ?\n", 7 },
		{ "COMMAND             PID\n", "a name of words     123\n", 123 },
		{ "COMMAND             PID\n", "99 bottles          123", 123 },
		{ "PID   USER     COMMAND\n", "    1 root     init\n", 1 },
		{ "   PPID     PID\n", "      1 4194304\n", 4194304 },
		{ "    PID  LWP\n", "      -  55\n", 0 },
		{ "    PID  LWP\n", "      x  55\n", -1 },
		{ "    PID  LWP\n", "\n", -1 },
	};
	struct ps_column c;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(ps_column_find(rows[i].head, &c) && ps_line_pid(rows[i].line, &c) == rows[i].pid,
		   arena_printf(arena, "ps, row %zu: pid %d", i, (int)rows[i].pid));
	ok(!ps_column_find("PPID TTY PIDS CMD\n", &c), "ps: no column PID");
	ok(!ps_column_find("", &c), "ps: nothing");
}

int main(void)
{
	arena = arena_create();
	pairs();
	psi();
	block_devices();
	processors();
	others();
	empty_event();
	full_event();
	durations();
	ps_lines();
	arena_destroy(arena);
	return tap_end();
}
