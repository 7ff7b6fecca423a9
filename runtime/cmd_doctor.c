/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: what this host lets this caller do, tried one by one, and what mends what does not work. */
#include "command.h"

#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "json_text.h"
#include "planner.h"
#include "probe.h"
#include "progress.h"
#include "table.h"
#include "width.h"

struct doctor_opts {
	bool json;
	const char *bundle; /* --for */
};

struct row {
	const struct probe *probe;
	struct finding f;
	bool needed;
	struct str_list needed_by; /* JSON pointers; with --for */
};

struct report {
	struct arena *a;
	struct screen screen; /* standard output; with eyes: for these */
	bool of_bundle;
	struct row *rows;
	size_t n, cap;
};

enum { EXIT_SICK = 1 };

static const struct probe *const tables[] = { probes_namespaces, probes_mounts, probes_bundle,
					      probes_cgroups,	 probes_kernel, NULL };

static bool fails(const struct row *r)
{
	return r->f.verdict == PROBE_NO;
}

static const char *breaks(const struct row *r)
{
	return r->f.verdict == PROBE_OK ? NULL : *r->f.breaks ? r->f.breaks : r->probe->breaks;
}

/* The row that fails as well, and because of which this one does; NULL: it is by itself. */
static const struct row *cause(const struct report *r, const struct row *row)
{
	for (size_t i = 0; i < r->n && row->f.after; i++)
		if (r->rows[i].probe->need == row->f.after && &r->rows[i] != row && fails(&r->rows[i]))
			return &r->rows[i];
	return NULL;
}

static const char *mends(const struct report *r, const struct row *row)
{
	const struct row *first = cause(r, row);

	if (first)
		row = first;
	return row->f.verdict == PROBE_OK ? NULL : *row->f.fix ? row->f.fix : row->probe->fix;
}

static bool healthy(const struct report *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i].needed && fails(&r->rows[i]))
			return false;
	return true;
}

static struct row *add(struct report *r, const struct probe *p, bool needed)
{
	r->rows = arena_grow(r->a, r->rows, &r->cap, r->n + 1, sizeof *r->rows);
	memset(&r->rows[r->n], 0, sizeof *r->rows);
	r->rows[r->n].probe = p;
	r->rows[r->n].needed = needed;
	return &r->rows[r->n++];
}

/* ---- looking ---- */

static void look(struct report *r, const struct probe_env *e, uint64_t needed, bool needed_only)
{
	for (const struct probe *const *t = tables; *t; t++)
		for (const struct probe *p = *t; p->name; p++) {
			struct finding f;

			if (!(p->need & needed) && needed_only)
				continue;
			progress_note("%s", p->name);
			probe_run(p, e, &f);
			if (f.verdict == PROBE_NOT_HERE && !(p->need & needed))
				continue;
			if (f.verdict == PROBE_NOT_HERE)
				f.verdict = PROBE_NO;
			struct row *row = add(r, p, p->need & needed);

			row->f = f;
			row->needed_by = e->needed_by[__builtin_ctzll(p->need)];
		}
}

static const struct probe the_plan = { "plan", 0, NULL,
				       "this configuration can't be run by this caller on this host",
				       "change the configuration where the place says" };

/* The fields that the errors are about. */
static struct str_list places_of(struct arena *a, const struct diags *told)
{
	struct str_list l = { .v = arena_array(a, told->errors + 1, sizeof *l.v) };

	for (const struct diag *d = told->first; d; d = d->next)
		if (d->level == DIAG_ERROR && d->pointer && *d->pointer)
			l.v[l.n++] = arena_strdup(a, d->pointer);
	return l;
}

/*
 * -1: the configuration itself is at fault, and dg says so. What only this host refuses becomes a row,
 * and all that any sandbox takes is looked at besides: there is no plan to tell.
 */
static int needs_for(struct call *c, const char *bundle, struct report *r, struct probe_env *e,
		     uint64_t *needs)
{
	struct planned *p = arena_alloc(c->arena, sizeof *p);
	struct launch_opts *o = arena_alloc(c->arena, sizeof *o);
	struct diags told;
	struct spec *s;

	o->bundle = bundle;
	o->id = "doctor";
	o->root = "/run/sbrun"; /* of which nothing but a name depends */
	o->manager = command_manager(c);
	diags_init(&told, c->arena);
	if (launch_foresee(c->arena, o, NULL, &s, p, &told) == 0) {
		found(&add(r, &the_plan, true)->f, PROBE_OK, "%u steps", (unsigned)p->plan->n_steps);
		*needs = needs_of_plan(p, e);
		return 0;
	}
	if (!s) {
		*c->dg = told;
		return -1;
	}
	struct row *row = add(r, &the_plan, true);

	found_diags(&row->f, &told);
	row->needed_by = places_of(c->arena, &told);
	*needs = needs_of_caller(e);
	return 0;
}

/* ---- for people ---- */

static const char *const words[] = { [PROBE_OK] = "ok", [PROBE_WARN] = "warn", [PROBE_NO] = "no" };

/* "/mounts/1 +2", "-" for what every sandbox takes */
static const char *who_needs(struct arena *a, const struct row *row)
{
	const struct str_list *l = &row->needed_by;

	return !l->n ? "-" : l->n == 1 ? l->v[0] : arena_printf(a, "%s +%zu", l->v[0], l->n - 1);
}

/* The third column is there with --for only. */
static char *findings_text(const struct report *r)
{
	size_t columns = r->of_bundle ? 4 : 3, at = 0;
	const char **cells = arena_array(r->a, (r->n + 1) * columns, sizeof *cells);

	cells[at++] = "FACILITY";
	cells[at++] = "WORKS";
	if (r->of_bundle)
		cells[at++] = "NEEDED-BY";
	cells[at++] = "FOUND";
	for (size_t i = 0; i < r->n; i++) {
		cells[at++] = r->rows[i].probe->name;
		cells[at++] = words[r->rows[i].f.verdict];
		if (r->of_bundle)
			cells[at++] = who_needs(r->a, &r->rows[i]);
		cells[at++] = r->rows[i].f.detail;
	}
	return table_text(r->a, cells, r->n + 1, columns);
}

/* All of them, on a line of its own. */
static const char *places_text(struct arena *a, const struct str_list *l)
{
	char *text = arena_strdup(a, "");

	for (size_t i = 0; i < l->n; i++)
		text = arena_printf(a, "%s%s%s", text, i ? ", " : "      for ", l->v[i]);
	return l->n ? arena_printf(a, "%s\n", text) : text;
}

static enum style style_of(const struct row *r)
{
	if (r->f.verdict == PROBE_NO)
		return r->needed ? STYLE_BAD : r->probe->need & NEED_INFORMATION ? STYLE_DIM : STYLE_CARE;
	return r->f.verdict == PROBE_OK ? STYLE_GOOD : STYLE_CARE;
}

/* Without --for all cells of NEEDED-BY are NULL, and a column of nothing is left out. */
static char *findings_screen(const struct report *r)
{
	static const struct table_column columns[] = {
		{ .head = "FACILITY" },
		{ .head = "WORKS" },
		{ .head = "NEEDED-BY", .least = 12, .leave = 1 },
		{ .head = "FOUND", .wrap = true },
	};
	enum { N = sizeof columns / sizeof *columns };
	struct table_cell *cells = arena_array(r->a, r->n * N, sizeof *cells);

	for (size_t i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i];
		struct table_cell *c = &cells[N * i];

		c[0].text = row->probe->name;
		c[1] = (struct table_cell){ words[row->f.verdict], style_of(row) };
		c[2].text = r->of_bundle ? who_needs(r->a, row) : NULL;
		c[3].text = row->f.detail;
	}
	return table_screen(r->a, &r->screen, columns, N, cells, r->n);
}

static bool is_trouble(const struct row *r, enum verdict v, bool needed)
{
	if (r->f.verdict != v || (!r->needed && r->probe->need & NEED_INFORMATION))
		return false;
	return v != PROBE_NO || r->needed == needed;
}

/* In its style; what a screen gets does nothing to it. */
static const char *styled(const struct report *r, enum style style, const char *text)
{
	if (!r->screen.eyes)
		return text;
	return arena_printf(r->a, "%s%s%s", screen_on(&r->screen, style),
			    width_safe(r->a, text, r->screen.utf8), screen_off(&r->screen, style));
}

/* The rows that fail, needed or not, or work less well. Commands are to be copied: no line is broken. */
static void troubles_text(const struct report *r, struct buffer *b, const char *title, enum verdict v,
			  bool needed)
{
	bool titled = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i], *first = cause(r, row);

		if (!is_trouble(row, v, needed))
			continue;
		if (!titled)
			buffer_add(b, "\n%s\n", styled(r, STYLE_HEAD, title));
		titled = true;
		buffer_add(b, "  %s: %s\n%s", styled(r, style_of(row), row->probe->name),
			   styled(r, STYLE_PLAIN, breaks(row)), places_text(r->a, &row->needed_by));
		if (first)
			buffer_add(b, "      comes with %s\n", first->probe->name);
		else if (mends(r, row))
			buffer_add(b, "      %s %s\n", styled(r, STYLE_GOOD, "mend:"),
				   styled(r, STYLE_PLAIN, mends(r, row)));
	}
}

static char *report_text(const struct report *r)
{
	struct buffer b = { .a = r->a };

	buffer_puts(&b, r->screen.eyes ? findings_screen(r) : findings_text(r));
	troubles_text(r, &b, "Needed here, and does not work:", PROBE_NO, true);
	troubles_text(r, &b, "Works in another way:", PROBE_WARN, false);
	troubles_text(r, &b, "Does not work, for configurations that ask for it:", PROBE_NO, false);
	if (healthy(r))
		buffer_add(&b, "\n%s\n", styled(r, STYLE_GOOD, "Everything that is needed here works."));
	return b.s;
}

/* ---- for programs ---- */

static json_t *row_object(const struct report *r, const struct row *row)
{
	const struct row *first = cause(r, row);
	json_t *o = json_object(), *places = json_array();

	json_object_set_new(o, "name", json_text(row->probe->name));
	json_object_set_new(o, "ok", json_boolean(!fails(row)));
	json_object_set_new(o, "degraded", json_boolean(row->f.verdict == PROBE_WARN));
	json_object_set_new(o, "needed", json_boolean(row->needed));
	json_object_set_new(o, "detail", json_text(row->f.detail));
	json_object_set_new(o, "breaks", json_text(breaks(row)));
	json_object_set_new(o, "fix", json_text(mends(r, row)));
	for (size_t i = 0; i < row->needed_by.n; i++)
		json_array_append_new(places, json_text(row->needed_by.v[i]));
	json_object_set_new(o, "pointers", places);
	json_object_set_new(o, "because", json_text(first ? first->probe->name : NULL));
	return o;
}

static char *report_json(const struct report *r)
{
	json_t *o = json_object(), *rows = json_array();

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(rows, row_object(r, &r->rows[i]));
	json_object_set_new(o, "ok", json_boolean(healthy(r)));
	json_object_set_new(o, "rows", rows);
	return json_document(r->a, o, JSON_INDENT(2));
}

static int run(struct call *c, void *opts)
{
	const struct doctor_opts *o = opts;
	struct facts *f = arena_alloc(c->arena, sizeof *f);
	struct report r = { .a = c->arena, .of_bundle = o->bundle, .screen = screen_of(STDOUT_FILENO) };
	struct str_list needed_by[NEED_BITS] = { 0 };
	struct probe_env e = { .a = c->arena, .f = f, .needed_by = needed_by };
	uint64_t needs;

	if (facts_get(c->arena, FACTS_IDS | FACTS_CGROUPS | FACTS_LSM | FACTS_RDT, f, c->dg) < 0)
		return EXIT_SBRUN;
	e.real_root = f->initial_userns && f->caps >> CAP_SYS_ADMIN & 1;
	e.userns = !e.real_root;
	e.state_root = c->globals->root;
	needs = needs_of_caller(&e);
	if (o->bundle && needs_for(c, o->bundle, &r, &e, &needs) < 0)
		return EXIT_SBRUN;
	progress_begin("looking at this host");
	look(&r, &e, needs, o->bundle);
	progress_end();
	if (command_output(c, o->json ? report_json(&r) : report_text(&r)) != 0)
		return EXIT_SBRUN;
	return healthy(&r) ? 0 : EXIT_SICK;
}

/* clang-format off */
#define D(field) offsetof(struct doctor_opts, field)
static const struct opt options[] = {
	{ "json", 0, OPT_SWITCH, NULL, D(json), "as JSON", 0, NULL },
	{ "for", 0, OPT_TEXT, "DIR", D(bundle), "only what this bundle's configuration needs", 0, NULL },
	{ 0 },
};
#undef D
/* clang-format on */

const struct command cmd_doctor = {
	.name = "doctor",
	.usage = "[OPTION]...",
	.summary = "try what this host lets you do, and say how to mend the rest",
	.details =
		"Each facility is used in a process of its own, and nothing of it is left. The exit status is 0 when all\n"
		"works that is needed, by any sandbox of this caller's or with --for by that one; else 1. With --for the rows are\n"
		"those that this configuration needs, each with the JSON pointers of the fields that need it.\n",
	.options = options,
	.opts_size = sizeof(struct doctor_opts),
	.run = run,
};
