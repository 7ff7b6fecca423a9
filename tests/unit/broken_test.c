/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the table of broken configurations, tests/broken/cases.txt (which says how it is read), each over
 * tests/broken/base.json. Arguments: another table and base. With --write DIR before them the documents are
 * written there instead (tests/fuzz begins with them).
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "../../spec/spec.h"

enum { MAX_EXPECTED = 16 };

struct expected {
	enum diag_level level;
	char *pointer, *cause;
};

struct marker {
	unsigned line, col;
};

struct test {
	struct arena *a;
	char *name;
	char *doc;       /* the document, with its markers */
	char *old, *new; /* the change in the making */
	bool strict, process, resources, broken;
	struct expected expected[MAX_EXPECTED];
	size_t n_expected;
	struct marker markers[MAX_EXPECTED];
};

static unsigned tests, failures;

__attribute__((format(printf, 2, 3))) static void complain(struct test *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# %s: ", t->name);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	t->broken = true;
}

static char *read_text(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n = 0, cap = 0;
	char *s = arena_grow(a, NULL, &cap, 1 << 20, 1);

	if (!f) {
		printf("Bail out! can't open %s\n", path);
		exit(1);
	}
	n = fread(s, 1, cap - 1, f);
	fclose(f);
	s[n] = '\0';
	return s;
}

/* Put the change in the making into the document. */
static void apply(struct test *t)
{
	char *found = t->old ? strstr(t->doc, t->old) : NULL;

	if (!t->old)
		return;
	if (!found)
		complain(t, "the base has no \"%s\"", t->old);
	else if (strstr(found + 1, t->old))
		complain(t, "the base has more than one \"%s\"", t->old);
	else
		t->doc = arena_printf(t->a, "%.*s%s%s", (int)(found - t->doc), t->doc, t->new ? t->new : "",
				      found + strlen(t->old));
	t->old = t->new = NULL;
}

static char *join(struct test *t, char *head, const char *line)
{
	return head ? arena_printf(t->a, "%s\n%s", head, line) : arena_strdup(t->a, line);
}

static void expect(struct test *t, enum diag_level level, char *text)
{
	char *bar = strstr(text, " | ");

	if (!bar || t->n_expected == MAX_EXPECTED) {
		complain(t, "bad line: %s", text);
		return;
	}
	*bar = '\0';
	t->expected[t->n_expected++] = (struct expected){ level, strcmp(text, "-") ? text : NULL, bar + 3 };
}

static void read_line(struct test *t, char *line, const char *base)
{
	if (line[0] == '-' && line[1] == ' ') {
		if (t->new || !t->doc)
			apply(t);
		if (!t->doc)
			t->doc = arena_strdup(t->a, base);
		t->old = join(t, t->old, line + 2);
	} else if (line[0] == '+' && line[1] == ' ') {
		t->new = join(t, t->new, line + 2);
	} else if (line[0] == '=') {
		t->doc = join(t, t->doc, line[1] ? line + 2 : "");
	} else if (!strncmp(line, "error ", 6)) {
		expect(t, DIAG_ERROR, line + 6);
	} else if (!strncmp(line, "warning ", 8)) {
		expect(t, DIAG_WARNING, line + 8);
	} else if (!strcmp(line, "strict")) {
		t->strict = true;
	} else if (!strcmp(line, "process")) {
		t->process = true;
	} else if (!strcmp(line, "resources")) {
		t->resources = true;
	} else {
		complain(t, "bad line: %s", line);
	}
}

/* Take the markers out of the document, and note where they stood. */
static void take_markers(struct test *t)
{
	char *out = arena_strdup(t->a, t->doc), *q = out;
	unsigned line = 1;
	char *line_start = out;

	for (const char *p = t->doc; *p; p++) {
		unsigned n = 1;
		int len = 0;

		if (sscanf(p, "/*@%u*/%n", &n, &len) == 1 && len && n && n <= MAX_EXPECTED) {
			t->markers[n - 1] = (struct marker){ line, (unsigned)(q - line_start) + 1 };
			p += len - 1;
		} else if (!strncmp(p, "/*@*/", 5)) {
			t->markers[0] = (struct marker){ line, (unsigned)(q - line_start) + 1 };
			p += 4;
		} else {
			*q++ = *p;
			if (*p == '\n') {
				line++;
				line_start = q;
			}
		}
	}
	*q = '\0';
	t->doc = out;
}

static bool equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void compare(struct test *t, struct diags *dg)
{
	size_t i = 0;

	for (struct diag *d = dg->first; d; d = d->next, i++) {
		const struct expected *e = &t->expected[i];
		const struct marker *m = &t->markers[i];
		char *text = diag_format(dg, d);

		if (i >= t->n_expected) {
			complain(t, "unexpected: %s", text);
			return;
		}
		if (d->level != e->level)
			complain(t, "wrong level: %s", text);
		if (!equal(d->pointer && *d->pointer ? d->pointer : NULL, e->pointer))
			complain(t, "expected it at %s: %s", e->pointer ? e->pointer : "-", text);
		if (!m->line)
			complain(t, "marker %zu is missing", i + 1);
		else if (d->line != m->line || d->col != m->col)
			complain(t, "expected it at %u:%u: %s", m->line, m->col, text);
		if (!strstr(text, e->cause))
			complain(t, "expected \"%s\": %s", e->cause, text);
	}
	if (i < t->n_expected)
		complain(t, "expected %zu messages, got %zu", t->n_expected, i);
}

static const char *write_to;

static void write_document(const struct test *t)
{
	FILE *f = fopen(arena_printf(t->a, "%s/broken-%u", write_to, tests), "w");

	if (!f || fputs(t->doc, f) < 0 || fclose(f) != 0) {
		printf("Bail out! can't write to %s\n", write_to);
		exit(1);
	}
}

static void load(struct test *t, struct diags *dg)
{
	unsigned flags = t->strict ? SPEC_STRICT : 0;
	struct spec *s;
	bool loaded;
	char path[] = "/tmp/sbrun-broken-XXXXXX";

	if (t->process || t->resources) {
		int fd = mkstemp(path);
		FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

		if (!f || fputs(t->doc, f) < 0 || fclose(f))
			complain(t, "can't write %s", path);
		loaded = t->process ? (void *)spec_load_process(t->a, path, "process.json", flags, &s, dg)
				    : (void *)spec_load_resources(t->a, path, "update.json", flags, &s, dg);
		remove(path);
	} else {
		loaded = spec_load_text(t->a, t->doc, strlen(t->doc), "config.json", flags, dg);
	}
	if (loaded != (dg->errors == 0))
		complain(t, "%u errors, but it was %s", dg->errors, loaded ? "accepted" : "refused");
}

static void run(struct test *t, const char *base)
{
	struct diags dg;

	if (!t->name)
		return;
	if (!t->doc)
		t->doc = arena_strdup(t->a, base);
	apply(t);
	take_markers(t);
	if (write_to) {
		tests++;
		write_document(t);
		return;
	}
	diags_init(&dg, t->a);
	load(t, &dg);
	compare(t, &dg);
	failures += t->broken;
	printf("%sok %u - %s\n", t->broken ? "not " : "", ++tests, t->name);
}

static struct test start(const char *name)
{
	struct arena *a = arena_create();

	return (struct test){ .a = a, .name = arena_strdup(a, name) };
}

int main(int argc, char **argv)
{
	bool writes = argc > 2 && !strcmp(argv[1], "--write");
	struct arena *a = arena_create();
	char *table, *base, *line;
	struct test t;

	write_to = writes ? argv[2] : NULL;
	argc -= writes ? 2 : 0;
	argv += writes ? 2 : 0;
	table = read_text(a, argc > 1 ? argv[1] : "tests/broken/cases.txt");
	base = read_text(a, argc > 2 ? argv[2] : "tests/broken/base.json");
	t = start("the base is accepted");

	while ((line = strsep(&table, "\n"))) {
		if (!*line || *line == '#')
			continue;
		if (!strncmp(line, "case ", 5)) {
			run(&t, base);
			arena_destroy(t.a);
			t = start(line + 5);
		} else {
			read_line(&t, arena_strdup(t.a, line), base);
		}
	}
	run(&t, base);
	arena_destroy(t.a);
	arena_destroy(a);
	printf("1..%u\n", tests);
	return failures != 0;
}
