/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a text is no JSON, told at the exact place. The parser has said only that it can't
 * go on; what was read last (the end of the last good token, and what it was) says what
 * must follow, and a short scan from there finds what follows instead.
 */
#include <string.h>

#include "arena.h"
#include "decoder.h"
#include "places.h"

/* The scan: where it is, and the finding. */
struct scan {
	struct decoder *d;
	const char *t;
	size_t i, len;
	const char *what, *hint;
	bool in_value; /* the finding is about the value that was read last */
};

static void skip_space(struct scan *s)
{
	while (s->i < s->len && strchr(" \t\r\n", s->t[s->i]) && s->t[s->i])
		s->i++;
}

static bool at_end(const struct scan *s)
{
	return s->i >= s->len;
}

/* The byte here; 0 at the end (a NUL in the file was refused before). */
static char here(const struct scan *s)
{
	return at_end(s) ? '\0' : s->t[s->i];
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.' || c == '-' || c == '+' || (unsigned char)c >= 0x80;
}

static size_t word_length(const struct scan *s)
{
	size_t n = 0;

	while (s->i + n < s->len && is_word(s->t[s->i + n]))
		n++;
	return n;
}

static bool found(struct scan *s, const char *what, const char *hint)
{
	s->what = what;
	s->hint = hint;
	return true;
}

static bool ends_here(struct scan *s)
{
	const struct decoder *d = s->d;
	const struct frame *fr = d->depth ? &d->stack[d->depth - 1] : NULL;
	unsigned line, col;

	if (!at_end(s))
		return false;
	if (!fr)
		return found(s, d->last == LAST_NONE ? "the file is empty" : "the file ends too early", NULL);
	places_line_col(d->s->places, places_offset(d->s->places, fr->place), &line, &col);
	return found(s,
		     arena_printf(d->dg->arena, "the file ends inside the %s that begins at %u:%u",
				  fr->array ? "array" : "object", line, col),
		     "is it cut off, or a bracket missing?");
}

/* What is never right between two tokens, whatever was expected. */
static bool foreign(struct scan *s)
{
	switch (here(s)) {
	case '/':
		if (s->t[s->i + 1] != '/' && s->t[s->i + 1] != '*')
			return found(s, "a value can't begin with '/'", "write strings in \"double quotes\"");
		/* fall through */
	case '#': return found(s, "JSON has no comments", "remove the comment");
	case '\'':
		return found(s, "single quotes are no quotes in JSON",
			     "write strings and keys in \"double quotes\"");
	case ';': return found(s, "a semicolon has no meaning in JSON", NULL);
	default: return false;
	}
}

/* The string that begins here, looked through for what is wrong in it. */
static bool in_string(struct scan *s)
{
	size_t begin = s->i++;

	for (; !at_end(s) && here(s) != '"'; s->i++) {
		unsigned char c = (unsigned char)here(s);

		if (c == '\n' || c == '\r') {
			s->i = begin;
			return found(s, "the string that begins here has no end on its line",
				     "close it with \", or write a line break as \\n");
		}
		if (c < 0x20)
			return found(
				s,
				arena_printf(s->d->dg->arena, "a control character (0x%02x) in a string", c),
				c == '\t' ? "write a tab as \\t" : "write it as an escape, \\u00NN");
		if (c != '\\')
			continue;
		if (s->i + 1 < s->len && strchr("\"\\/bfnrt", s->t[s->i + 1])) {
			s->i++;
			continue;
		}
		if (s->i + 1 < s->len && s->t[s->i + 1] == 'u' && s->len - s->i > 6 &&
		    strspn(s->t + s->i + 2, "0123456789abcdefABCDEF") >= 4) {
			s->i += 5;
			continue;
		}
		return found(s, "an escape that JSON doesn't have", "write a backslash as \\\\");
	}
	if (at_end(s)) {
		s->i = begin;
		return found(s, "the string that begins here has no end", NULL);
	}
	s->i++;
	return false;
}

/* 0666, 0x1ff: decimal is all there is. */
static bool odd_number(struct scan *s)
{
	size_t n = word_length(s);
	struct arena *a = s->d->dg->arena;
	const char *text = arena_strndup(a, s->t + s->i, n), *hint = "JSON numbers are plain decimal";
	unsigned long octal = 0;

	if (n > 1 && n < 12 && text[0] == '0' && strspn(text, "01234567") == n) {
		for (const char *p = text; *p; p++)
			octal = octal * 8 + (unsigned long)(*p - '0');
		hint = arena_printf(a, "JSON has no octal numbers; %s is %lu in decimal", text, octal);
	}
	return found(s, arena_printf(a, "%s is not a number that JSON has", n > 40 ? "this" : text), hint);
}

/* A literal or bare word that begins here. False when it is a good one. */
static bool bare_word(struct scan *s)
{
	static const char *const literals[] = { "true", "false", "null", NULL };
	struct arena *a = s->d->dg->arena;
	size_t n = word_length(s);
	char *word = arena_strndup(a, s->t + s->i, n);
	const char *close = suggest(word, literals);

	if (close && !strcmp(word, close)) {
		s->i += n;
		return false;
	}
	if (!strcmp(word, "None") || !strcmp(word, "nil") || !strcmp(word, "undefined"))
		close = "null";
	return found(s,
		     arena_printf(a, "%s is neither in quotes nor true, false or null",
				  n > 40 ? "a word that" : word),
		     close ? arena_printf(a, "did you mean %s?", close)
			   : "write strings in \"double quotes\"");
}

/* A value must begin here. */
static bool value_here(struct scan *s)
{
	char c = here(s);

	if (ends_here(s) || foreign(s))
		return true;
	if (c == '"')
		return in_string(s);
	if (c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9'))
		return odd_number(s);
	if (is_word(c))
		return bare_word(s);
	if (c == '}' || c == ']' || c == ',' || c == ':')
		return found(s, arena_printf(s->d->dg->arena, "a value is missing before '%c'", c), NULL);
	if (c != '{' && c != '[')
		return found(s, arena_printf(s->d->dg->arena, "no value begins with '%c'", c), NULL);
	return false;
}

/* A key must begin here. */
static bool key_here(struct scan *s)
{
	char c = here(s);

	if (ends_here(s) || foreign(s))
		return true;
	if (c == '"')
		return in_string(s);
	if (is_word(c))
		return found(s, "a key without quotes", "write keys in \"double quotes\"");
	return found(s, arena_printf(s->d->dg->arena, "a key in double quotes must stand here, not '%c'", c),
		     NULL);
}

static bool after_open(struct scan *s, const struct frame *fr)
{
	if (fr->array ? here(s) == ']' : here(s) == '}')
		return false;
	return fr->array ? value_here(s) : key_here(s);
}

static bool after_key(struct scan *s)
{
	if (ends_here(s) || foreign(s))
		return true;
	if (here(s) != ':')
		return found(s, "a colon is missing between the key and its value",
			     here(s) == '=' ? "write ':' for '='" : NULL);
	s->i++;
	skip_space(s);
	return value_here(s);
}

/* 01 reads as two numbers side by side: look at both as one. */
static bool glued_number(struct scan *s)
{
	const struct decoder *d = s->d;

	if (s->i != d->end || !is_word(here(s)) || !strchr("-0123456789", s->t[d->start]))
		return false;
	s->i = d->start;
	s->in_value = true;
	return odd_number(s);
}

static bool after_value(struct scan *s, const struct frame *fr)
{
	char close = fr->array ? ']' : '}';
	struct arena *a = s->d->dg->arena;

	if (here(s) == ',') {
		size_t comma = s->i++;

		skip_space(s);
		if (here(s) == ']' || here(s) == '}') {
			s->i = comma;
			return found(
				s,
				arena_printf(a, "a comma after the last %s", fr->array ? "item" : "member"),
				"remove it: JSON allows a comma only between two");
		}
		return fr->array ? value_here(s) : key_here(s);
	}
	if (ends_here(s) || foreign(s) || glued_number(s))
		return true;
	if (here(s) == close)
		return false;
	if (here(s) == ']' || here(s) == '}')
		return found(s,
			     arena_printf(a, "'%c' where the %s must be closed with '%c'", here(s),
					  fr->array ? "array" : "object", close),
			     NULL);
	if (here(s) == '"' || here(s) == '{' || here(s) == '[' || is_word(here(s)))
		return found(s, "a comma is missing before this", NULL);
	return found(s, arena_printf(a, "',' or '%c' must stand here", close), NULL);
}

static bool at_top(struct scan *s)
{
	if (s->d->last != LAST_NONE)
		return found(s, "text after the end of the document",
			     "the file must hold one JSON object and no more");
	return value_here(s);
}

static const char *pointer_of(const struct scan *s, const struct frame *fr)
{
	const struct decoder *d = s->d;
	const struct place_index *pl = d->s->places;
	const char *key = NULL;

	if (!fr)
		return NULL;
	if (s->in_value)
		return places_pointer(pl, d->dg->arena, (uint32_t)places_count(pl) - 1, NULL);
	if (d->last == LAST_KEY)
		key = arena_strndup(d->a, fr->key, fr->key_len);
	return places_pointer(pl, d->dg->arena, fr->place, key);
}

void syntax_explain(struct decoder *d)
{
	struct scan s = { .d = d, .t = d->s->text, .i = d->end, .len = d->s->text_len };
	const struct frame *fr = d->depth ? &d->stack[d->depth - 1] : NULL;
	struct diag *e;
	bool known;

	skip_space(&s);
	if (!fr)
		known = at_top(&s);
	else if (d->last == LAST_KEY)
		known = after_key(&s);
	else
		known = d->last == LAST_OPEN ? after_open(&s, fr) : after_value(&s, fr);
	if (!known)
		found(&s, "this is not JSON", NULL);
	e = diag_error(d->dg, "%s", s.what);
	e->hint = s.hint;
	e->file = d->s->file;
	e->pointer = pointer_of(&s, fr);
	places_line_col(d->s->places, (uint32_t)s.i, &e->line, &e->col);
}
