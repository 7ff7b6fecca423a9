/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "decoder.h"
#include "number.h"
#include "words.h"

/* What the value of each kind must be, for messages. */
static const char *const expected[] = {
	[K_STRING] = "a string",
	[K_WORD] = "a string",
	[K_ENUM] = "a string",
	[K_LETTER] = "a string",
	[K_BOOL] = "true or false",
	[K_OPT_BOOL] = "true or false",
	[K_I32] = "a whole number",
	[K_U32] = "a whole number",
	[K_ID] = "a whole number",
	[K_I64] = "a whole number",
	[K_U64] = "a whole number",
	[K_OPT_I64] = "a whole number",
	[K_OPT_U64] = "a whole number",
	[K_OPT_ID] = "a whole number",
	[K_SIZE] = "a number of bytes or a string such as \"1g\"",
	[K_OBJECT] = "an object",
	[K_STRUCT] = "an object",
	[K_MAP] = "an object",
	[K_NAMED] = "an object",
	[K_SWITCH] = "an object or true",
	[K_LIST] = "an array",
};

/* What a number of each kind can hold when its row says nothing else. */
static const struct {
	int64_t min;
	uint64_t max;
} holds[] = {
	[K_I32] = { INT32_MIN, INT32_MAX }, [K_U32] = { 0, UINT32_MAX },
	[K_ID] = { 0, UINT32_MAX - 1 },     [K_I64] = { INT64_MIN, INT64_MAX },
	[K_U64] = { 0, UINT64_MAX },        [K_OPT_I64] = { INT64_MIN, INT64_MAX },
	[K_OPT_U64] = { 0, UINT64_MAX },    [K_OPT_ID] = { 0, UINT32_MAX - 1 },
	[K_SIZE] = { 0, UINT64_MAX },
};

static void mark_set(const struct slot *slot)
{
	if (slot->set)
		*slot->set = true;
}

/* What is an object here, and a word or a list with docker, podman and others. */
static const struct {
	const char *field, *hint;
} objects[] = {
	{ "capabilities", "write {\"bounding\": [...], \"effective\": [...], \"permitted\": [...]}" },
	{ "mounts", "write {\"destination\": \"/out\", \"source\": \"/tmp/out\", \"options\": [\"bind\"]}" },
	{ "rlimits", "write {\"type\": \"RLIMIT_NOFILE\", \"soft\": 1024, \"hard\": 4096}" },
	{ "namespaces", "write {\"type\": \"pid\"}" },
	{ "user", "write {\"uid\": 1000, \"gid\": 1000}" },
};

struct diag *value_wrong_type(struct decoder *d, const struct slot *slot, const char *got)
{
	struct diag *e = decode_error(d, slot->place, "must be %s, not %s", expected[slot->kind], got);

	if (slot->kind == K_LIST && !strcmp(slot->f->name, "env"))
		e->hint = "write [\"NAME=value\", ...]";
	if (slot->kind != K_STRUCT && slot->kind != K_OBJECT)
		return e;
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
		if (!strcmp(slot->f->name, objects[i].field))
			e->hint = objects[i].hint;
	return e;
}

static bool is_number(enum kind kind)
{
	return kind >= K_I32 && kind <= K_SIZE;
}

static void store_string(struct decoder *d, const struct slot *slot, const char *s, size_t n)
{
	char *copy = arena_strndup(d->a, s, n);

	memcpy(slot->dest, &copy, sizeof(copy));
	mark_set(slot);
}

static void store_word(struct decoder *d, const struct slot *slot, const char *s, size_t n)
{
	const struct words *w = slot->f->words;
	int i = words_find(w, s, n);

	if (i < 0) {
		decode_error(d, slot->place, "%s is not a known %s", decode_quote(d, s, n), w->what)->hint =
			decode_hint_words(d, w, s, n);
		return;
	}
	if (slot->kind == K_WORD) {
		store_string(d, slot, s, n);
		return;
	}
	if (slot->kind == K_LETTER)
		*slot->dest = s[0];
	else
		memcpy(slot->dest, &i, sizeof(i));
	mark_set(slot);
}

static void size_out_of_range(struct decoder *d, const struct slot *slot, const char *s, size_t n)
{
	decode_error(d, slot->place, "%.*s is out of range", n < 40 ? (int)n : 40, s)->hint =
		"a size is at least 1 and below 2^64 bytes; leave it out for the kernel's default";
}

static void store_size(struct decoder *d, const struct slot *slot, const char *s, size_t n)
{
	uint64_t bytes;
	enum number_status status = number_parse_size(s, n, &bytes);

	if (status == NUMBER_INVALID) {
		decode_error(d, slot->place, "%s is not a size", decode_quote(d, s, n))->hint =
			"write a whole number of bytes, or one with k, m, g or t behind it, as \"512m\"";
	} else if (status == NUMBER_HUGE || bytes < (uint64_t)slot->f->min) {
		size_out_of_range(d, slot, s, n);
	} else {
		memcpy(slot->dest, &bytes, sizeof(bytes));
		mark_set(slot);
	}
}

/* Does the text say in quotes what must stand without? */
static bool is_quoted_value(enum kind kind, const char *s, size_t n)
{
	struct number v;

	if (is_number(kind))
		return number_parse(s, n, &v) == NUMBER_OK;
	if (kind != K_BOOL && kind != K_OPT_BOOL && kind != K_SWITCH)
		return false;
	return (n == 4 && !memcmp(s, "true", 4)) || (n == 5 && !memcmp(s, "false", 5));
}

/* The list that one string was to be: layers with colons between them, as mount(8) has them, or one item. */
static const char *as_list(struct decoder *d, const struct slot *slot, const char *s, size_t n)
{
	bool layers = !strcmp(slot->f->name, "lowerdirs");
	const char *list = "";

	for (size_t used = 0; layers && used < n;) {
		const char *colon = memchr(s + used, ':', n - used);
		size_t len = colon ? (size_t)(colon - s) - used : n - used;

		if (len)
			list = arena_printf(d->dg->arena, "%s%s%s", list, *list ? ", " : "",
					    decode_quote(d, s + used, len));
		used += len + 1;
	}
	return arena_printf(d->dg->arena, "write [%s]", *list ? list : decode_quote(d, s, n));
}

static void string_of_wrong_type(struct decoder *d, const struct slot *slot, const char *s, size_t n)
{
	struct diag *e = value_wrong_type(d, slot, "a string");
	uint64_t bytes;

	if (is_quoted_value(slot->kind, s, n))
		e->hint = arena_printf(d->dg->arena, "write %.*s without the quotes", (int)n, s);
	else if (is_number(slot->kind) && number_parse_size(s, n, &bytes) == NUMBER_OK)
		e->hint = arena_printf(d->dg->arena, "write %" PRIu64, bytes);
	else if (slot->kind == K_LIST && slot->f->item == K_STRING)
		e->hint = as_list(d, slot, s, n);
}

void value_string(struct decoder *d, const struct slot *slot, const char *s, size_t n)
{
	if (slot->ignore)
		return;
	if (!n && slot->member && (slot->kind == K_STRING || slot->kind == K_WORD)) {
		if (slot->needed || slot->f->filled)
			decode_error(d, slot->place, "must not be empty");
		return;
	}
	switch (slot->kind) {
	case K_STRING: store_string(d, slot, s, n); break;
	case K_WORD:
	case K_ENUM:
	case K_LETTER: store_word(d, slot, s, n); break;
	case K_SIZE: store_size(d, slot, s, n); break;
	case K_IGNORE: break;
	default: string_of_wrong_type(d, slot, s, n);
	}
}

static void out_of_range(struct decoder *d, const struct slot *slot, const char *s, size_t n, int64_t low,
			 uint64_t high)
{
	struct diag *e;
	bool id = slot->kind == K_ID || slot->kind == K_OPT_ID;

	e = decode_error(d, slot->place, "%.*s is out of range (%lld to %llu)", n < 40 ? (int)n : 40, s,
			 (long long)low, (unsigned long long)high);
	if (id && n == 10 && !memcmp(s, "4294967295", 10))
		e->hint = "the kernel takes 4294967295 (-1) for \"leave it as it is\", never for an id";
	else if (low == 0 && n && *s == '-')
		e->hint = "it can't be negative";
}

static void store_number(const struct slot *slot, struct number v)
{
	uint64_t u = v.negative ? -v.magnitude : v.magnitude;
	uint32_t u32 = (uint32_t)u;
	int64_t i = (int64_t)u;

	switch (slot->kind) {
	case K_I32:
	case K_U32:
	case K_ID: memcpy(slot->dest, &u32, sizeof(u32)); break;
	case K_OPT_I64: *(struct opt_i64 *)(void *)slot->dest = (struct opt_i64){ true, i }; break;
	case K_OPT_U64:
	case K_OPT_ID: *(struct opt_u64 *)(void *)slot->dest = (struct opt_u64){ true, u }; break;
	default: /* K_I64, K_U64, K_SIZE: the same bits */ memcpy(slot->dest, &u, sizeof(u));
	}
	mark_set(slot);
}

void value_number(struct decoder *d, const struct slot *slot, const char *s, size_t n)
{
	const struct field *f = slot->f;
	struct number v;
	int64_t low;
	uint64_t high;

	if (slot->ignore || slot->kind == K_IGNORE)
		return;
	if (!is_number(slot->kind)) {
		struct diag *e = value_wrong_type(d, slot, "a number");

		if (slot->kind == K_STRING)
			e->hint = arena_printf(d->dg->arena, "write \"%.*s\"", n < 40 ? (int)n : 40, s);
		return;
	}
	low = f->min || f->max ? f->min : holds[slot->kind].min;
	high = f->min || f->max ? f->max : holds[slot->kind].max;
	switch (number_parse(s, n, &v)) {
	case NUMBER_OK:
		if (number_in_range(v, low, high))
			store_number(slot, v);
		else
			out_of_range(d, slot, s, n, low, high);
		break;
	case NUMBER_HUGE: out_of_range(d, slot, s, n, low, high); break;
	default:
		decode_error(d, slot->place, "must be a whole number, not %.*s", n < 40 ? (int)n : 40, s)
			->hint = "write it without a point and without an exponent";
	}
}

void value_bool(struct decoder *d, const struct slot *slot, bool b)
{
	if (slot->ignore)
		return;
	switch (slot->kind) {
	case K_BOOL:
		*(bool *)slot->dest = b;
		mark_set(slot);
		break;
	case K_OPT_BOOL:
		*(struct opt_bool *)(void *)slot->dest = (struct opt_bool){ true, b };
		mark_set(slot);
		break;
	case K_SWITCH:
		if (b)
			mark_set(slot);
		break;
	case K_IGNORE: break;
	default: value_wrong_type(d, slot, b ? "true" : "false");
	}
}

/* Other runtimes write null for what is absent: so it is read, where absence is allowed. */
void value_null(struct decoder *d, const struct slot *slot)
{
	if (slot->ignore || slot->kind == K_IGNORE)
		return;
	if (slot->needed)
		value_wrong_type(d, slot, "null");
}
