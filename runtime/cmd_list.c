/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sandboxes come and go while they're listed: one that is gone by the time it's looked at is
 * left out, one whose state can't be read is told as a warning. Neither fails the list.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "end.h"
#include "human.h"
#include "json_text.h"
#include "table.h"

struct list_opts {
	bool json, quiet;
};

struct entry {
	struct state st;
	enum status status;
	struct ended ended;
};

static void tell_left_out(struct call *c, const char *id, struct diags *why)
{
	diag_warning(c->dg, "container \"%s\" is left out: %s", id, diag_format_message(why, why->first));
}

/* In the order of the IDs; *n of them. */
static struct entry *read_all(struct call *c, const char *root, const struct str_list *ids, size_t *n)
{
	struct entry *all = arena_array(c->arena, ids->n, sizeof(*all));

	for (size_t i = 0; i < ids->n; i++) {
		struct state_dir sd = STATE_DIR_NONE;
		struct diags one;

		diags_init(&one, c->arena);
		if (state_open(&sd, c->arena, root, ids->v[i], &one) < 0) {
			if (!sd.missing)
				tell_left_out(c, ids->v[i], &one);
			continue;
		}
		if (state_read(&sd, c->arena, &all[*n].st, &one) == 0) {
			all[*n].status = state_status(&sd, &all[*n].st);
			end_of(&sd, &all[*n].st, all[*n].status, &all[*n].ended);
			(*n)++;
		} else if (!state_gone(&sd)) {
			tell_left_out(c, ids->v[i], &one);
		}
		state_close(&sd);
	}
	return all;
}

static char *as_ids(struct call *c, const struct str_list *ids)
{
	size_t size = 1;
	char *text, *p;

	for (size_t i = 0; i < ids->n; i++)
		size += strlen(ids->v[i]) + 1;
	p = text = arena_alloc(c->arena, size);
	for (size_t i = 0; i < ids->n; i++)
		p += sprintf(p, "%s\n", ids->v[i]);
	return text;
}

static char *as_json(struct call *c, const struct entry *all, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_loads(state_oci_json(c->arena, &all[i].st, all[i].status,
								      &all[i].ended),
						       0, NULL));
	return json_document(c->arena, list, JSON_COMPACT);
}

/* ---- as a table, for programs ---- */

enum { COLUMNS = 6 };

static const char *shown(const char *s)
{
	return s && *s ? s : "-";
}

static char *as_table(struct call *c, const struct entry *all, size_t n)
{
	static const char *const heads[COLUMNS] = { "ID", "PID", "STATUS", "CREATED", "OWNER", "BUNDLE" };
	const char *(*cells)[COLUMNS] = arena_array(c->arena, n + 1, sizeof(*cells));

	memcpy(cells[0], heads, sizeof(heads));
	for (size_t i = 0; i < n; i++) {
		const struct state *st = &all[i].st;
		bool has_pid = all[i].status != STATUS_STOPPED && st->init.pid > 0;

		memcpy(cells[i + 1],
		       (const char *[COLUMNS]){
			       st->id, has_pid ? arena_printf(c->arena, "%d", (int)st->init.pid) : "0",
			       status_name(all[i].status),
			       /* to the second: the rest is for machines */
			       shown(st->created ? arena_printf(c->arena, "%.19sZ", st->created) : NULL),
			       shown(st->owner), shown(st->bundle) },
		       sizeof(cells[0]));
	}
	return table_text(c->arena, &cells[0][0], n + 1, COLUMNS);
}

/* ---- as a table, for eyes ---- */

static const struct table_column screen_columns[] = {
	{ .head = "ID", .least = 12 },
	{ .head = "STATUS" },
	{ .head = "PID", .right = true },
	{ .head = "CREATED", .leave = 1 },
	{ .head = "EXIT" },
	{ .head = "ENDED", .leave = 2 },
	{ .head = "OWNER", .leave = 4 },
	{ .head = "BUNDLE", .least = 16, .leave = 3 },
};
enum { SCREEN_COLUMNS = sizeof(screen_columns) / sizeof(screen_columns[0]) };

/* "0", "137 (KILL)", "124 (timeout)"; NULL: it has not ended, or nobody knows how */
static const char *exit_text(struct arena *a, const struct ended *e)
{
	const char *why = e->signal ? sigabbrev_np(e->signal) : NULL;

	if (!e->known)
		return NULL;
	if (strcmp(e->reason, "payload") != 0)
		why = e->reason;
	return why ? arena_printf(a, "%d (%s)", e->code, why) : arena_printf(a, "%d", e->code);
}

static void fill_row(struct arena *a, const struct entry *e, int64_t now, struct table_cell *cells)
{
	const struct state *st = &e->st;
	int64_t created = human_parse_time(st->created);
	const char *status = status_name(e->status);
	struct table_cell row[SCREEN_COLUMNS] = {
		{ .text = st->id },
		{ e->ended.kept ? arena_printf(a, "%s (kept)", status) : status,
		  command_status_style(e->status) },
		{ .text = st->init.pid > 0 && e->status != STATUS_STOPPED
				  ? arena_printf(a, "%d", (int)st->init.pid)
				  : NULL },
		{ .text = created < 0 ? NULL : human_ago(a, created, now) },
		{ exit_text(a, &e->ended), e->ended.code ? STYLE_BAD : STYLE_PLAIN },
		{ .text = e->ended.finished_ns ? human_ago(a, e->ended.finished_ns, now) : NULL },
		{ .text = st->owner },
		{ st->bundle, STYLE_DIM },
	};

	memcpy(cells, row, sizeof(row));
}

static char *as_screen(struct call *c, const struct screen *screen, const struct entry *all, size_t n)
{
	struct table_cell *cells = arena_array(c->arena, n * SCREEN_COLUMNS, sizeof(*cells));
	struct timespec now;

	if (!n)
		return arena_printf(c->arena, "%sno sandboxes%s\n", screen_on(screen, STYLE_DIM),
				    screen_off(screen, STYLE_DIM));
	clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < n; i++)
		fill_row(c->arena, &all[i], (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
			 cells + i * SCREEN_COLUMNS);
	return table_screen(c->arena, screen, screen_columns, SCREEN_COLUMNS, cells, n);
}

static int run(struct call *c, void *opts)
{
	const struct list_opts *o = opts;
	const char *root = command_root(c);
	struct screen screen = screen_of(STDOUT_FILENO);
	struct str_list ids;
	struct entry *all;
	size_t n = 0;

	if (!root || state_list(c->arena, root, &ids, c->dg) < 0)
		return EXIT_SBRUN;
	if (o->quiet)
		return command_output(c, as_ids(c, &ids));
	all = read_all(c, root, &ids, &n);
	if (o->json)
		return command_output(c, as_json(c, all, n));
	return command_output(c, screen.eyes ? as_screen(c, &screen, all, n) : as_table(c, all, n));
}

static const char *parse_format(struct arena *a, void *opts, const char *value)
{
	struct list_opts *o = opts;

	(void)a;
	o->json = strcmp(value, "json") == 0;
	return o->json || strcmp(value, "table") == 0 ? NULL : "table or json is expected";
}

/* clang-format off */
static const struct opt options[] = {
	{ "format", 'f', OPT_PARSE, "FMT", 0, "table or json", 0, parse_format },
	{ "json", 0, OPT_SWITCH, NULL, offsetof(struct list_opts, json), "--format json", 0, NULL },
	{ "quiet", 'q', OPT_SWITCH, NULL, offsetof(struct list_opts, quiet), "IDs only", 0, NULL },
	{ 0 },
};
/* clang-format on */

const struct command cmd_list = {
	.name = "list",
	.usage = "[OPTION]...",
	.summary = "list the sandboxes below the state root",
	.details = "The plain table, as a pipe gets it, stays as it is. How one ended is in --json: exitCode, exitReason,\n"
		   "finishedAt, and kept, where --on-failure left it for a look.\n",
	.options = options,
	.opts_size = sizeof(struct list_opts),
	.run = run,
};
