/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: limits as options, or as a document. The options are made one document of the same
 * shape, so that both are checked, converted and kept in one way.
 */
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "command.h"
#include "json_text.h"
#include "launch_options.h"
#include "update.h"

enum kind { NUMBER, BYTES, TEXT };

/* X(name of the row, option, where its value goes in linux.resources, kind, value, help) */
#define LIMITS(X)                                                                                            \
	X(MEMORY, "memory", "memory", "limit", BYTES, "BYTES", "memory, as in 64M (-1: unlimited)")          \
	X(RESERVATION, "memory-reservation", "memory", "reservation", BYTES, "BYTES",                        \
	  "memory that is not taken back while there is other")                                              \
	X(SWAP, "memory-swap", "memory", "swap", BYTES, "BYTES", "memory and swap together (-1: unlimited)") \
	X(KERNEL, "kernel-memory", "memory", "kernel", BYTES, "BYTES", NULL)                                 \
	X(KERNEL_TCP, "kernel-memory-tcp", "memory", "kernelTCP", BYTES, "BYTES", NULL)                      \
	X(QUOTA, "cpu-quota", "cpu", "quota", NUMBER, "USEC",                                                \
	  "processor time in each period (-1: unlimited)")                                                   \
	X(PERIOD, "cpu-period", "cpu", "period", NUMBER, "USEC", "the period of the quota")                  \
	X(BURST, "cpu-burst", "cpu", "burst", NUMBER, "USEC", "unused quota that may be used later")         \
	X(SHARE, "cpu-share", "cpu", "shares", NUMBER, "N", "share of the processors, 2 to 262144")          \
	X(SHARES, "cpu-shares", "cpu", "shares", NUMBER, "N", NULL)                                          \
	X(IDLE, "cpu-idle", "cpu", "idle", NUMBER, "0|1", "run only when nothing else wants to")             \
	X(RT_PERIOD, "cpu-rt-period", "cpu", "realtimePeriod", NUMBER, "USEC",                               \
	  "the period of cpu-rt-runtime (v1)")                                                               \
	X(RT_RUNTIME, "cpu-rt-runtime", "cpu", "realtimeRuntime", NUMBER, "USEC",                            \
	  "time for realtime tasks (v1)")                                                                    \
	X(CPUS, "cpuset-cpus", "cpu", "cpus", TEXT, "LIST", "processors to run on")                          \
	X(MEMS, "cpuset-mems", "cpu", "mems", TEXT, "LIST", "memory nodes to use")                           \
	X(PIDS, "pids-limit", "pids", "limit", NUMBER, "N", "processes and threads (-1: unlimited)")         \
	X(WEIGHT, "blkio-weight", "blockIO", "weight", NUMBER, "N", "share of the disks, 10 to 1000")

#define LIMIT_NAME(name, ...) L_##name,
enum { LIMITS(LIMIT_NAME) N_LIMITS };

#define LIMIT_ROW(name, option, object, field, kind, value, help) { option, object, field, kind },
static const struct {
	const char *option, *object, *field;
	enum kind kind;
} limits[] = { LIMITS(LIMIT_ROW) };

struct update_words {
	struct update_opts o;
	const char *values[N_LIMITS];
};

/* "64M", "512k", "1GiB", "-1": with binary prefixes, as the other runtimes have it. */
static bool parse_bytes(const char *s, json_int_t *out)
{
	static const char prefixes[] = "kmgt";
	unsigned long long n;
	char digits[24];
	size_t len = strspn(s, "0123456789");
	const char *prefix;

	if (!strcmp(s, "-1")) {
		*out = -1;
		return true;
	}
	if (!len || len >= sizeof digits)
		return false;
	memcpy(digits, s, len);
	digits[len] = 0;
	if (!parse_decimal(digits, INT64_MAX, &n))
		return false;
	s += len;
	prefix = *s ? strchr(prefixes, *s | 0x20) : NULL;
	if (prefix) {
		unsigned shift = 10 * (unsigned)(prefix - prefixes + 1);

		if (n > (unsigned long long)INT64_MAX >> shift)
			return false;
		n <<= shift;
		s++;
		s += *s == 'i' || *s == 'I';
	}
	s += *s == 'b' || *s == 'B';
	*out = (json_int_t)n;
	return !*s;
}

static bool parse_number(const char *s, json_int_t *out)
{
	unsigned long long n;
	bool negative = *s == '-';

	if (!parse_decimal(s + negative, INT64_MAX, &n))
		return false;
	*out = negative ? -(json_int_t)n : (json_int_t)n;
	return true;
}

static int add_value(struct call *c, json_t *doc, size_t row, const char *value)
{
	json_t *object = json_object_get(doc, limits[row].object);
	json_int_t n = 0;

	if (limits[row].kind == BYTES ? !parse_bytes(value, &n)
				      : limits[row].kind == NUMBER && !parse_number(value, &n)) {
		diag_error(c->dg, "--%s \"%s\": %s is expected", limits[row].option, value,
			   limits[row].kind == BYTES ? "a number of bytes (64M, 1G) or -1" : "a number");
		return -1;
	}
	if (!object) {
		object = json_object();
		json_object_set_new(doc, limits[row].object, object);
	}
	json_object_set_new(object, limits[row].field,
			    limits[row].kind == TEXT ? json_text(value) : json_integer(n));
	return 0;
}

/* The options as a document. NULL with an error. */
static char *document(struct call *c, const struct update_words *u)
{
	json_t *doc = json_object();
	int r = 0;

	for (size_t i = 0; i < N_LIMITS; i++)
		if (u->values[i] && add_value(c, doc, i, u->values[i]) < 0)
			r = -1;
	if (r == 0 && !json_object_size(doc) && !u->o.l3_cache && !u->o.mem_bw) {
		diag_error(c->dg, "no limit is given")->hint =
			"\"sbrun update --help\" lists them; --resources takes a file";
		r = -1;
	}
	if (r < 0)
		json_decref(doc);
	return r < 0 ? NULL : json_document(c->arena, doc, JSON_COMPACT);
}

static bool any_limit(const struct update_words *u)
{
	for (size_t i = 0; i < N_LIMITS; i++)
		if (u->values[i])
			return true;
	return false;
}

static int run(struct call *c, void *opts)
{
	struct update_words *u = opts;

	u->o.root = command_root(c);
	u->o.id = c->words[0];
	if (!u->o.root)
		return EXIT_SBRUN;
	if (u->o.file && any_limit(u)) {
		diag_error(c->dg, "--resources and limits as options exclude each other");
		return EXIT_SBRUN;
	}
	if (!u->o.file && !(u->o.text = document(c, u)))
		return EXIT_SBRUN;
	return launch_update(c->arena, &u->o, c->dg) < 0 ? EXIT_SBRUN : 0;
}

#define U(field) offsetof(struct update_words, field)
#define LIMIT_OPTION(name, option, object, field, kind, value, help) \
	{ option, 0, OPT_TEXT, value, U(values) + L_##name * sizeof(char *), help, 0, NULL },
/* clang-format off */
static const struct opt options[] = {
	{ "resources", 'r', OPT_TEXT, "FILE", U(o.file), "limits as in linux.resources; -: standard input", 0, NULL },
	LIMITS(LIMIT_OPTION)
	{ "l3-cache-schema", 0, OPT_TEXT, "TEXT", U(o.l3_cache), "cache of its RDT group", 0, NULL },
	{ "mem-bw-schema", 0, OPT_TEXT, "TEXT", U(o.mem_bw), "memory bandwidth of its RDT group", 0, NULL },
	{ "strict", 0, OPT_SWITCH, NULL, U(o.strict), "refuse unknown fields", 0, NULL },
	{ 0 },
};
/* clang-format on */
#undef U

const struct command cmd_update = {
	.name = "update",
	.usage = "[OPTION]... ID",
	.summary = "change the limits of a sandbox",
	.options = options,
	.opts_size = sizeof(struct update_words),
	.min_words = 1,
	.max_words = 1,
	.wants = "a container ID",
	.run = run,
};
