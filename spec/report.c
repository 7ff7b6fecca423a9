/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder's messages: each is made here, at the place that it is about. */
#include <string.h>

#include "arena.h"
#include "decoder.h"
#include "places.h"
#include "utf8.h"

static struct diag *at_offset(struct decoder *d, struct diag *e, const char *pointer, uint32_t off)
{
	e->file = d->s->file;
	e->pointer = pointer;
	places_line_col(d->s->places, off, &e->line, &e->col);
	return e;
}

/* Errors beyond the limit end the reading: nobody fixes a thousand at once. */
static bool too_many_problems(struct decoder *d)
{
	if (++d->problems < SPEC_MAX_PROBLEMS)
		return false;
	if (d->problems == SPEC_MAX_PROBLEMS) {
		struct diag *e = diag_error(d->dg, "more than %d problems; the rest is not looked for",
					    SPEC_MAX_PROBLEMS);

		at_offset(d, e, NULL, d->start);
	}
	d->stopped = true;
	return true;
}

struct diag *decode_error(struct decoder *d, uint32_t place, const char *fmt, ...)
{
	static struct diag nowhere;
	struct diag *e;
	va_list ap;

	places_mark_bad(d->s->places, place);
	if (too_many_problems(d))
		return &nowhere;
	va_start(ap, fmt);
	e = diag_error(d->dg, "%s", arena_vprintf(d->dg->arena, fmt, ap));
	va_end(ap);
	return at_offset(d, e, places_pointer(d->s->places, d->dg->arena, place, NULL),
			 places_offset(d->s->places, place));
}

const char *decode_quote(struct decoder *d, const char *s, size_t n)
{
	enum { SHOWN = 80 };
	size_t cut = 0;

	if (n <= SHOWN)
		return arena_printf(d->dg->arena, "\"%.*s\"", (int)n, s);
	while (cut < SHOWN - 4)
		cut += utf8_sequence((const unsigned char *)s + cut, n - cut);
	return arena_printf(d->dg->arena, "\"%.*s...\"", (int)cut, s);
}

const char *decode_hint_words(struct decoder *d, const struct words *w, const char *s, size_t n)
{
	struct arena *a = d->dg->arena;
	const char *close = suggest(arena_strndup(a, s, n), w->v), *list = "";

	for (size_t i = 0; w->v[i]; i++)
		list = arena_printf(a, "%s%s%s", list, i ? ", " : "", w->v[i]);
	if (close)
		return arena_printf(a, "did you mean \"%s\"? Valid: %s", close, list);
	return arena_printf(a, "valid: %s", list);
}

static const char *close_field(struct decoder *d, const struct table *t, const char *key)
{
	const char **names = arena_array(d->dg->arena, t->n + 1u, sizeof(*names));

	for (size_t i = 0; i < t->n; i++)
		names[i] = t->v[i].name;
	return suggest(key, names);
}

/* A field of the same name elsewhere: the right word in the wrong room. */
struct elsewhere {
	const char *key;
	char path[128];
};

static void note_elsewhere(const char *path, const struct field *f, void *arg)
{
	struct elsewhere *e = arg;

	if (!e->path[0] && strcmp(f->name, e->key) == 0 && strlen(path) < sizeof(e->path))
		memcpy(e->path, path, strlen(path) + 1);
}

static const char *hint_unknown(struct decoder *d, struct frame *fr, const char *key)
{
	const char *close = close_field(d, fr->table, key);
	struct elsewhere e = { .key = key };

	if (close) {
		fr->misspelt = key;
		return arena_printf(d->dg->arena, "did you mean \"%s\"?", close);
	}
	table_walk(d->top, note_elsewhere, &e);
	return e.path[0] ? arena_printf(d->dg->arena, "there is a field %s", e.path) : NULL;
}

/* In place of its part, which would only be found to be empty. */
static bool is_whole_config(struct decoder *d, const struct frame *fr, const char *key)
{
	bool process = d->top == &table_process;
	struct diag *e;

	if (d->top == &table_spec || fr->table != d->top || strcmp(key, "ociVersion"))
		return false;
	e = diag_error(d->dg, "this is a whole configuration, not its part %s", process ? "process" : "linux.resources");
	e->hint = process ? "give that part alone: jq .process config.json"
			  : "give that part alone: jq .linux.resources config.json";
	at_offset(d, e, "/ociVersion", fr->key_off);
	d->stopped = true;
	return true;
}

void report_unknown_key(struct decoder *d, struct frame *fr)
{
	struct arena *a = d->dg->arena;
	char *key = arena_strndup(a, fr->key, fr->key_len);
	const char *what = arena_printf(a, "unknown field %s", decode_quote(d, fr->key, fr->key_len));
	struct diag *e;

	if (is_whole_config(d, fr, key))
		return;
	if (d->flags & SPEC_STRICT ? too_many_problems(d) : d->dg->warnings >= SPEC_MAX_PROBLEMS)
		return;
	e = d->flags & SPEC_STRICT ? diag_error(d->dg, "%s", what) : diag_warning(d->dg, "%s", what);
	e->hint = hint_unknown(d, fr, key);
	at_offset(d, e, places_pointer(d->s->places, a, fr->place, key), fr->key_off);
}

void report_repeated_key(struct decoder *d, const struct frame *fr, uint32_t first)
{
	struct arena *a = d->dg->arena;
	unsigned line, col;
	struct diag *e;

	if (too_many_problems(d))
		return;
	places_line_col(d->s->places, places_key_offset(d->s->places, first), &line, &col);
	e = diag_error(d->dg, "the key %s is given twice, the first time at %u:%u",
		       decode_quote(d, fr->key, fr->key_len), line, col);
	e->hint = "remove one of the two";
	at_offset(d, e, places_pointer(d->s->places, a, first, NULL), fr->key_off);
	places_mark_bad(d->s->places, first);
}

/*
 * \u escapes that can't become UTF-8 text: U+0000 and halves of surrogate pairs. They are
 * looked for in the token as written. Returns its offset, or 0.
 */
static uint32_t bad_escape(const char *t, uint32_t i, uint32_t end, const char **why)
{
	bool high = false; /* a high surrogate stands right before */
	uint32_t high_at = 0;

	for (; i < end; i++) {
		unsigned u = 0;
		uint32_t at = i;

		if (t[i] == '\\' && t[++i] == 'u') {
			for (unsigned k = 1; k <= 4; k++) {
				unsigned c = (unsigned char)t[i + k];

				u = u * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
			}
			i += 4;
			*why = "\\u0000 is not allowed: no string of the system's can hold a NUL";
			if (u == 0)
				return at;
		}
		*why = "half of a surrogate pair is no character";
		if (high != (u >= 0xdc00 && u <= 0xdfff))
			return high ? high_at : at;
		high = u >= 0xd800 && u <= 0xdbff;
		high_at = at;
	}
	return high ? high_at : 0;
}

/* Does the token's text hold only escapes that a string of ours can hold? */
bool escapes_ok(struct decoder *d, uint32_t place, const char *key, size_t decoded)
{
	const char *why = NULL;
	uint32_t at;
	struct diag *e;

	if (d->end - d->start == decoded + 2)
		return true; /* no escapes at all */
	at = bad_escape(d->s->text, d->start + 1, d->end - 1, &why);
	if (!at)
		return true;
	if (!too_many_problems(d)) {
		e = diag_error(d->dg, "%s", why);
		at_offset(d, e, places_pointer(d->s->places, d->dg->arena, place, key), at);
	}
	if (key)
		places_taint(d->s->places, place);
	else
		places_mark_bad(d->s->places, place);
	return false;
}

uint32_t decode_most_items(const struct frame *fr)
{
	return fr->list && fr->list->max_items ? fr->list->max_items : SPEC_MAX_ITEMS;
}

void report_too_many(struct decoder *d, struct frame *fr, uint32_t place)
{
	const char *noun = fr->list && fr->list->noun ? fr->list->noun : fr->array ? "items" : "members";

	if (places_count(d->s->places) >= SPEC_MAX_VALUES) {
		decode_error(d, place, "more than %d values in the file", SPEC_MAX_VALUES);
		d->stopped = true;
	} else if (!fr->full) {
		decode_error(d, place, "too many %s; at most %u are possible", noun, decode_most_items(fr));
		fr->full = true;
	}
}

static const char *hint_missing(struct decoder *d, const struct frame *fr, const char *name)
{
	const char *const names[] = { name, NULL };

	if (fr->misspelt && suggest(fr->misspelt, names))
		return arena_printf(d->dg->arena, "is it what \"%s\" means?", fr->misspelt);
	if (!strcmp(name, "lowerdirs"))
		return "name at least one directory there, the top layer first; [] says that there is none";
	return NULL;
}

void report_missing(struct decoder *d, const struct frame *fr)
{
	struct place_index *pl = d->s->places;

	for (size_t i = 0; i < fr->table->n; i++) {
		const struct field *f = &fr->table->v[i];
		struct diag *e;

		if (!f->required || fr->seen & UINT64_C(1) << i)
			continue;
		places_taint(pl, fr->place);
		if (too_many_problems(d))
			return;
		e = diag_error(d->dg, "the required field \"%s\" is missing", f->name);
		e->hint = hint_missing(d, fr, f->name);
		at_offset(d, e, places_pointer(pl, d->dg->arena, fr->place, f->name),
			  places_offset(pl, fr->place));
	}
}

int report_encoding(struct decoder *d, size_t at)
{
	const unsigned char *t = (const unsigned char *)d->s->text;
	struct diag *e;

	if (t[at] == 0) {
		e = diag_error(d->dg, "there is a NUL byte in the file");
	} else if (t[at] == '\v' || t[at] == '\f') {
		e = diag_error(d->dg, "a control character (0x%02x), which JSON has nowhere", t[at]);
		e->hint = "white space is blanks, tabs and line breaks; in a string it is written \\f or \\u000b";
	} else {
		e = diag_error(d->dg, "the file is not UTF-8: there is a byte 0x%02x", t[at]);
		e->hint = "JSON is always UTF-8; convert the file, for example with iconv";
	}
	at_offset(d, e, NULL, (uint32_t)at);
	return -1;
}

int report_byte_order_mark(struct decoder *d)
{
	struct diag *e = diag_error(d->dg, "the file begins with a byte order mark");

	e->hint = "save it as UTF-8 without one";
	at_offset(d, e, NULL, 0);
	return -1;
}
