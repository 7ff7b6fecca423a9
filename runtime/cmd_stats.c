/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats: for people, a line for each sandbox, again and again. Two looks make a figure: processor
 * time used between them. So --once takes an interval as well.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "command.h"
#include "../spec/duration.h"
#include "human.h"
#include "json_text.h"
#include "stats.h"
#include "table.h"

#define STATS_DEFAULT_NS 1000000000ull

struct stats_opts {
	bool once, json;
	uint64_t interval; /* 0: the default */
};

struct row {
	const char *id;
	enum status status;
	bool counted; /* stats is filled */
	struct stats stats;
	uint64_t at; /* CLOCK_MONOTONIC when it was */
};

/* All sandboxes at one time, in an arena of its own: it is kept until the next one was compared with it. */
struct look {
	struct arena *a;
	struct row *v;
	size_t n;
};

/* ---- looking ---- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* false: it can't be read; most likely it was deleted meanwhile. */
static bool look_at(struct look *l, const char *root, const char *id, struct row *row)
{
	struct state_dir sd = STATE_DIR_NONE;
	struct diags quiet;
	struct state st;
	bool good;

	diags_init(&quiet, l->a);
	if (state_open(&sd, l->a, root, id, &quiet) < 0)
		return false;
	good = state_read(&sd, l->a, &st, &quiet) == 0;
	if (good) {
		*row = (struct row){ .id = arena_strdup(l->a, id), .status = state_status(&sd, &st) };
		row->counted =
			row->status != STATUS_STOPPED && stats_read(l->a, &st.cgroup, &row->stats) == 0;
		row->at = now_ns();
	}
	state_close(&sd);
	return good;
}

/* The sandboxes that were named, or all that have not stopped. */
static int look_at_all(struct call *c, const char *root, struct look *l)
{
	struct str_list ids = { 0 };

	*l = (struct look){ .a = arena_create() };
	for (size_t i = 0; i < c->n_words; i++)
		str_list_add(l->a, &ids, c->words[i]);
	if (!ids.n && state_list(l->a, root, &ids, c->dg) < 0)
		return -1;
	l->v = arena_array(l->a, ids.n, sizeof *l->v);
	for (size_t i = 0; i < ids.n; i++)
		if (look_at(l, root, ids.v[i], &l->v[l->n]) &&
		    (c->n_words || l->v[l->n].status != STATUS_STOPPED))
			l->n++;
	return 0;
}

static bool any_alive(const struct look *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].status != STATUS_STOPPED)
			return true;
	return false;
}

/* Of one processor, in percent; negative: not known. */
static double cpu_percent(const struct row *row, const struct look *before)
{
	for (size_t i = 0; before && i < before->n; i++) {
		const struct row *old = &before->v[i];

		if (strcmp(old->id, row->id) != 0 || !old->counted || !row->counted)
			continue;
		/* less than before: another sandbox got the ID meanwhile */
		if (!row->stats.cpu.there || row->stats.cpu.total < old->stats.cpu.total ||
		    row->at <= old->at)
			return -1;
		return 100.0 * (double)(row->stats.cpu.total - old->stats.cpu.total) /
		       (double)(row->at - old->at);
	}
	return -1;
}

static double memory_percent(const struct row *row)
{
	const struct stats_level *m = &row->stats.memory.usage;

	return m->limit == STATS_NO_LIMIT || !m->limit ? -1 : 100.0 * (double)m->usage / (double)m->limit;
}

/* ---- as JSON ---- */

static json_t *number_or_null(bool known, uint64_t v)
{
	return known && v != STATS_NO_LIMIT ? json_integer((json_int_t)v) : json_null();
}

static json_t *percent_or_null(double v)
{
	return v < 0 ? json_null() : json_real((double)(uint64_t)(v * 100 + 0.5) / 100);
}

static json_t *row_json(const struct row *r, const struct look *before)
{
	const struct stats *s = &r->stats;
	const struct stats_memory *m = &s->memory;
	json_t *o = json_pack("{s:s, s:s}", "id", r->id, "status", status_name(r->status));

	json_object_set_new(o, "cpu_percent", percent_or_null(cpu_percent(r, before)));
	json_object_set_new(o, "memory",
			    json_pack("{s:o, s:o, s:o}", "usage", number_or_null(m->there, m->usage.usage),
				      "limit", number_or_null(m->there, m->usage.limit), "percent",
				      percent_or_null(m->there ? memory_percent(r) : -1)));
	json_object_set_new(o, "pids",
			    json_pack("{s:o, s:o}", "current", number_or_null(s->pids.there, s->pids.current),
				      "limit", number_or_null(s->pids.there, s->pids.limit)));
	json_object_set_new(o, "io",
			    json_pack("{s:o, s:o}", "read",
				      number_or_null(s->blkio.there, stats_io_sum(s, "Read")), "write",
				      number_or_null(s->blkio.there, stats_io_sum(s, "Write"))));
	json_object_set_new(o, "oom_kills", number_or_null(m->there, m->oom_kill));
	return o;
}

static char *as_json(const struct look *l, const struct look *before)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(list, row_json(&l->v[i], before));
	return json_document(l->a, list, JSON_COMPACT | JSON_REAL_PRECISION(12));
}

/* ---- as a table ---- */

static const char *bytes(struct arena *a, uint64_t v)
{
	return v == STATS_NO_LIMIT ? "-" : human_bytes(a, v);
}

static const char *percent(struct arena *a, double v)
{
	return v < 0 ? "-" : arena_printf(a, "%.1f%%", v);
}

static const char *count(struct arena *a, uint64_t v)
{
	return v == STATS_NO_LIMIT ? "-" : arena_printf(a, "%llu", (unsigned long long)v);
}

static const struct table_column columns[] = {
	{ .head = "ID", .least = 12 },
	{ .head = "CPU %", .right = true },
	{ .head = "MEMORY / LIMIT", .right = true },
	{ .head = "MEM %", .right = true, .leave = 2 },
	{ .head = "PIDS / LIMIT", .right = true, .leave = 1 },
	{ .head = "READ / WRITTEN", .right = true, .leave = 4 },
	{ .head = "OOM KILLS", .right = true, .leave = 3 },
	{ .head = "STATUS" },
};
enum { COLUMN_MEMORY_SHARE = 3, COLUMN_PIDS, COLUMN_OOM = 6, COLUMN_STATUS };
enum { COLUMNS = sizeof columns / sizeof *columns };

static void fill_row(struct arena *a, const struct row *r, const struct look *before, const char **cells)
{
	const struct stats *s = &r->stats;
	bool memory = s->memory.there;

	cells[0] = r->id;
	cells[1] = percent(a, cpu_percent(r, before));
	cells[2] = cells[3] = cells[4] = cells[5] = cells[6] = "-";
	if (memory) {
		cells[2] = arena_printf(a, "%s / %s", bytes(a, s->memory.usage.usage),
					bytes(a, s->memory.usage.limit));
		cells[3] = percent(a, memory_percent(r));
		cells[6] = count(a, s->memory.oom_kill);
	}
	if (s->pids.there)
		cells[4] = arena_printf(a, "%s / %s", count(a, s->pids.current), count(a, s->pids.limit));
	if (s->blkio.there)
		cells[5] = arena_printf(a, "%s / %s", bytes(a, stats_io_sum(s, "Read")),
					bytes(a, stats_io_sum(s, "Write")));
	cells[7] = status_name(r->status);
}

/* For programs. */
static char *as_table(const struct look *l, const struct look *before)
{
	const char **cells = arena_array(l->a, (l->n + 1) * COLUMNS, sizeof *cells);

	for (size_t k = 0; k < COLUMNS; k++)
		cells[k] = columns[k].head;
	for (size_t i = 0; i < l->n; i++)
		fill_row(l->a, &l->v[i], before, cells + (i + 1) * COLUMNS);
	return table_text(l->a, cells, l->n + 1, COLUMNS);
}

/* ---- on a screen ---- */

static enum style share_style(double percent)
{
	return percent >= 95 ? STYLE_BAD : percent >= 80 ? STYLE_CARE : STYLE_PLAIN;
}

static void style_row(const struct row *r, struct table_cell *cells)
{
	const struct stats *s = &r->stats;
	bool full = s->pids.there && s->pids.limit != STATS_NO_LIMIT && s->pids.current >= s->pids.limit;

	cells[COLUMN_MEMORY_SHARE].style = share_style(s->memory.there ? memory_percent(r) : -1);
	cells[COLUMN_PIDS].style = full ? STYLE_BAD : STYLE_PLAIN;
	cells[COLUMN_OOM].style = s->memory.there && s->memory.oom_kill ? STYLE_BAD : STYLE_PLAIN;
	cells[COLUMN_STATUS].style = command_status_style(r->status);
}

/* As many as the screen has room for, where it is drawn again and again. */
static char *as_screen(const struct look *l, const struct look *before, const struct screen *screen,
		       bool fits)
{
	const size_t around = 3; /* the head, "and N more", where the cursor stays */
	size_t most = fits && screen->height > around ? screen->height - around : l->n;
	size_t n = l->n > most ? most : l->n;
	struct table_cell *cells = arena_array(l->a, n * COLUMNS, sizeof *cells);
	char *text;

	for (size_t i = 0; i < n; i++) {
		const char *row[COLUMNS];

		fill_row(l->a, &l->v[i], before, row);
		for (size_t k = 0; k < COLUMNS; k++)
			cells[i * COLUMNS + k].text = row[k];
		style_row(&l->v[i], cells + i * COLUMNS);
	}
	text = table_screen(l->a, screen, columns, COLUMNS, cells, n);
	return n < l->n ? arena_printf(l->a, "%sand %zu more\n", text, l->n - n) : text;
}

/* Over what stands there: each line to its end, then what was below. No flicker, nothing scrolls. */
static char *redrawn(struct arena *a, const char *table)
{
	struct buffer b = { .a = a };

	buffer_puts(&b, "\033[H");
	for (const char *line = table; *line; line += strcspn(line, "\n") + 1)
		buffer_add(&b, "%.*s\033[K\n", (int)strcspn(line, "\n"), line);
	buffer_puts(&b, "\033[J");
	return b.s;
}

/* ---- again and again ---- */

static bool draws(const struct stats_opts *o, const struct screen *screen)
{
	return screen->draws && !o->once && !o->json;
}

static int print(struct call *c, const struct stats_opts *o, const struct look *l, const struct look *before)
{
	struct screen screen = screen_of(STDOUT_FILENO);
	char *text;

	if (o->json)
		return command_output(c, as_json(l, before));
	if (!screen.eyes)
		return command_output(c, as_table(l, before));
	/* looked at each time: a window may change its size */
	text = as_screen(l, before, &screen, draws(o, &screen));
	return command_output(c, draws(o, &screen) ? redrawn(l->a, text) : text);
}

/* false: nobody reads what we write. */
static bool pause_ns(uint64_t ns)
{
	struct pollfd out = { .fd = STDOUT_FILENO };
	struct timespec t = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	return ppoll(&out, 1, &t, NULL) <= 0 || !(out.revents & (POLLERR | POLLNVAL));
}

static int show(struct call *c, const struct stats_opts *o, const char *root)
{
	uint64_t interval = o->interval ? o->interval : STATS_DEFAULT_NS;
	struct screen screen = screen_of(STDOUT_FILENO);
	bool more = true;
	struct look before = { 0 }, now;
	int r = look_at_all(c, root, &before);

	if (r == 0 && draws(o, &screen)) {
		r = command_output(c, "\033[2J");
		r = r ? r : print(c, o, &before, NULL);
	}
	while (r == 0 && more && pause_ns(interval)) {
		r = look_at_all(c, root, &now);
		r = r ? r : print(c, o, &now, &before);
		/* those that were named and have all ended have nothing more to show */
		more = !o->once && (!c->n_words || any_alive(&now));
		arena_destroy(before.a);
		before = now;
	}
	arena_destroy(before.a);
	return r ? EXIT_SBRUN : 0;
}

static int run(struct call *c, void *opts)
{
	const char *root = command_root(c);
	struct state_dir sd = STATE_DIR_NONE;
	struct state st;

	if (!root)
		return EXIT_SBRUN;
	/* who names a sandbox hears what is wrong with it; later on it may go */
	for (size_t i = 0; i < c->n_words; i++) {
		if (command_open(c, c->words[i], &sd, &st) < 0)
			return EXIT_SBRUN;
		state_close(&sd);
	}
	return show(c, opts, root);
}

static const char *parse_interval(struct arena *a, void *opts, const char *value)
{
	struct stats_opts *o = opts;

	(void)a;
	return parse_duration(value, &o->interval) ? NULL
						   : "seconds or a duration is expected, such as 2 or 500ms";
}

static const char *parse_format(struct arena *a, void *opts, const char *value)
{
	struct stats_opts *o = opts;

	(void)a;
	o->json = strcmp(value, "json") == 0;
	return o->json || strcmp(value, "table") == 0 ? NULL : "table or json is expected";
}

#define S(field) offsetof(struct stats_opts, field)
/* clang-format off */
static const struct opt options[] = {
	{ "interval", 'i', OPT_PARSE, "DURATION", 0, "between looks (1s)", 0, parse_interval },
	{ "once", 0, OPT_SWITCH, NULL, S(once), "only once, after one interval", 0, NULL },
	{ "no-stream", 0, OPT_SWITCH, NULL, S(once), NULL, 0, NULL },
	{ "format", 'f', OPT_PARSE, "FMT", 0, "table or json: a list each time", 0, parse_format },
	{ "json", 0, OPT_SWITCH, NULL, S(json), "--format json", 0, NULL },
	{ 0 },
};
/* clang-format on */
#undef S

const struct command cmd_stats = {
	.name = "stats",
	.usage = "[OPTION]... [ID]...",
	.summary = "show what sandboxes use, for people",
	.details =
		"\nCPU is of one processor: 200% are two of them busy. All that have not stopped are shown, or those\n"
		"named, until they have all ended.\n",
	.options = options,
	.opts_size = sizeof(struct stats_opts),
	.max_words = (size_t)-1,
	.run = run,
};
