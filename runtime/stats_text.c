/* SPDX-License-Identifier: Apache-2.0 */
#include "stats_text.h"

#include "../spec/arena.h"

#include <stdlib.h>
#include <string.h>

/* A number, or "max". */
static bool number(const char *s, uint64_t *v)
{
	char *end;

	if (!strcmp(s, "max")) {
		*v = STATS_NO_LIMIT;
		return true;
	}
	*v = strtoull(s, &end, 10);
	return end != s && !*end;
}

void stats_parse_pairs(struct arena *a, char *text, struct stats_pairs *out)
{
	size_t cap = out->n;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *blank = strchr(line, ' ');
		uint64_t v;

		if (!blank || !number(blank + 1, &v))
			continue;
		out->v = arena_grow(a, out->v, &cap, out->n + 1, sizeof *out->v);
		out->v[out->n++] = (struct stats_pair){ arena_strndup(a, line, (size_t)(blank - line)), v };
	}
}

uint64_t stats_value(const struct stats_pairs *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->v[i].key, key))
			return p->v[i].value;
	return 0;
}

/* ---- pressure ---- */

static void parse_psi_line(char *words, struct stats_psi_line *out)
{
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '=');

		if (!value)
			continue;
		*value++ = 0;
		if (!strcmp(w, "avg10"))
			out->avg10 = strtod(value, NULL);
		else if (!strcmp(w, "avg60"))
			out->avg60 = strtod(value, NULL);
		else if (!strcmp(w, "avg300"))
			out->avg300 = strtod(value, NULL);
		else if (!strcmp(w, "total"))
			out->total = strtoull(value, NULL, 10);
	}
}

void stats_parse_psi(char *text, struct stats_psi *out)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		bool some = !strncmp(line, "some ", 5);

		if (!some && strncmp(line, "full ", 5) != 0)
			continue;
		parse_psi_line(line + 5, some ? &out->some : &out->full);
		out->there = true;
	}
}

/* ---- block devices ---- */

static bool parse_device(const char *s, unsigned *major, unsigned *minor)
{
	char *end;

	*major = (unsigned)strtoul(s, &end, 10);
	if (end == s || *end != ':')
		return false;
	s = end + 1;
	*minor = (unsigned)strtoul(s, &end, 10);
	return end != s && !*end;
}

static void add_io(struct arena *a, struct stats_ios *l, struct stats_io io)
{
	/* lists are short: a larger copy each eight */
	size_t cap = (l->n + 7) / 8 * 8;

	l->v = arena_grow(a, l->v, &cap, l->n + 1, sizeof *l->v);
	l->v[l->n++] = io;
}

void stats_parse_blkio(struct arena *a, char *text, struct stats_ios *out)
{
	char *lines = NULL;

	for (char *line = strtok_r(text, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		char *words = NULL, *device = strtok_r(line, " ", &words);
		char *op = strtok_r(NULL, " ", &words), *value = strtok_r(NULL, " ", &words);
		struct stats_io io = { .op = "" };

		if (!device || !op || !parse_device(device, &io.major, &io.minor))
			continue;
		if (value)
			io.op = arena_strdup(a, op);
		if (number(value ? value : op, &io.value))
			add_io(a, out, io);
	}
}

static const struct io_key {
	const char *key, *op;
	bool bytes;
} io_keys[] = {
	{ "rbytes", "Read", true }, { "wbytes", "Write", true }, { "dbytes", "Discard", true },
	{ "rios", "Read", false },  { "wios", "Write", false },  { "dios", "Discard", false },
};

void stats_parse_io(struct arena *a, char *text, struct stats_ios *bytes, struct stats_ios *serviced)
{
	struct stats_io io = { 0 };
	char *save = NULL;

	/* Some kernels end no line after a device without figures: the last device named is the one meant. */
	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		char *value = strchr(w, '=');

		if (!value) {
			parse_device(w, &io.major, &io.minor);
			continue;
		}
		*value++ = 0;
		for (size_t i = 0; i < sizeof io_keys / sizeof *io_keys; i++)
			if (!strcmp(w, io_keys[i].key) && number(value, &io.value)) {
				io.op = io_keys[i].op;
				add_io(a, io_keys[i].bytes ? bytes : serviced, io);
			}
	}
}

/* ---- processors ---- */

void stats_parse_usage_all(struct arena *a, char *text, struct stats_cpu *out)
{
	size_t i = 0;
	char *save = NULL;

	out->percpu_user = arena_array(a, out->n_cpus, sizeof *out->percpu);
	out->percpu_kernel = arena_array(a, out->n_cpus, sizeof *out->percpu);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *end, *user = strchr(line, ' ');

		if (!user || *line < '0' || *line > '9' || i == out->n_cpus)
			continue;
		out->percpu_user[i] = strtoull(user, &end, 10);
		out->percpu_kernel[i++] = strtoull(end, NULL, 10);
	}
}

void stats_parse_percpu(struct arena *a, char *text, struct stats_cpu *out)
{
	size_t cap = out->n_cpus;
	char *save = NULL;

	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		uint64_t v;

		if (!number(w, &v))
			continue;
		out->percpu = arena_grow(a, out->percpu, &cap, out->n_cpus + 1, sizeof *out->percpu);
		out->percpu[out->n_cpus++] = v;
	}
}

/* ---- others ---- */

void stats_parse_rdma(struct arena *a, char *text, struct stats_rdmas *out)
{
	size_t cap = out->n;
	char *lines = NULL;

	for (char *line = strtok_r(text, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		char *words = NULL, *device = strtok_r(line, " ", &words), *w;
		struct stats_rdma r = { .device = "" };

		if (!device)
			continue;
		r.device = arena_strdup(a, device);
		while ((w = strtok_r(NULL, " ", &words))) {
			if (!strncmp(w, "hca_handle=", 11))
				number(w + 11, &r.hca_handles);
			else if (!strncmp(w, "hca_object=", 11))
				number(w + 11, &r.hca_objects);
		}
		out->v = arena_grow(a, out->v, &cap, out->n + 1, sizeof *out->v);
		out->v[out->n++] = r;
	}
}

uint64_t stats_v1_limit(uint64_t v)
{
	/* PAGE_COUNTER_MAX pages, whatever the size of a page: up to 64 KiB below 2^63 */
	return v >= (1ull << 63) - (1 << 20) ? STATS_NO_LIMIT : v;
}
