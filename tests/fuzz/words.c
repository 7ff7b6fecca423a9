/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small parsers, by the first byte: numbers, sizes, lengths of time, signals, lists of processors,
 * gvariants, ids of sandboxes, sysctls and clauses, what ps prints, and the name of a process in
 * /proc/PID/stat.
 */
#include "fuzz.h"

#include "../../runtime/args.h"
#include "../../spec/duration.h"
#include "../../runtime/gvariant.h"
#include "../../runtime/procid.h"
#include "../../runtime/ps_text.h"
#include "../../runtime/signals.h"
#include "../../runtime/state.h"
#include "../../spec/cpulist.h"
#include "../../spec/number.h"

#include <sys/prctl.h>
#include <unistd.h>

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = { 0 };

	return &shape;
}

static void numbers(struct arena *a, char *s)
{
	struct number n;
	uint64_t size;

	(void)a;
	if (number_parse(s, strlen(s), &n) == NUMBER_OK)
		MUST(!n.negative || n.magnitude || *s == '-');
	if (number_parse_size(s, strlen(s), &size) == NUMBER_OK)
		MUST(*s >= '0' && *s <= '9');
}

static void lengths(struct arena *a, char *s)
{
	uint64_t ns;

	(void)a;
	if (parse_duration(s, &ns))
		MUST(ns > 0 && ns <= INT64_MAX);
}

static void decimals(struct arena *a, char *s)
{
	unsigned long long v;

	(void)a;
	if (parse_decimal(s, 1000, &v))
		MUST(v <= 1000);
	MUST(signal_number(s) <= 64);
}

static void cpus(struct arena *a, char *s)
{
	size_t bytes;
	uint64_t *mask = cpu_list_mask(a, s, &bytes);

	MUST(!mask || (bytes % 8 == 0 && bytes <= CPU_LIST_MAX / 8 + 1));
}

static void variants(struct arena *a, char *s)
{
	struct gvariant v;

	gvariant_parse(a, s, &v);
}

static void ids(struct arena *a, char *s)
{
	struct diags dg;
	int r;

	diags_init(&dg, a);
	r = state_check_id(s, &dg);
	fuzz_diags(&dg, r < 0, false);
	MUST(r < 0 || (*s && *s != '.' && !strchr(s, '/') && strlen(s) <= 255));
}

static void ps(struct arena *a, char *s)
{
	struct ps_column column;
	char *line = strchr(s, '\n');

	(void)a;
	if (!line)
		return;
	*line++ = 0;
	if (ps_column_find(s, &column))
		MUST(ps_line_pid(line, &column) >= -1);
}

/* A process is free to be called ") S 1". */
static void names(struct arena *a, char *s)
{
	struct proc_stat ps;

	(void)a;
	prctl(PR_SET_NAME, s);
	MUST(proc_stat_read(getpid(), &ps) == 0 && ps.ppid == getppid() && ps.start_time);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(struct arena *, char *) = { numbers, lengths,  decimals, cpus,
								   variants, ids, ps, names };
	struct arena *a;
	char *text;

	if (!size)
		return -1;
	a = arena_create();
	text = arena_strndup(a, (const char *)data + 1, size - 1);
	parsers[data[0] % (sizeof parsers / sizeof *parsers)](a, text);
	arena_destroy(a);
	return 0;
}
