/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream of tokens, straight into struct spec. A stack of frames says which object or
 * array is open; every value gets a slot (which field, where to) from the frame on top.
 *
 * yajl tells the end of each token. A token's start is found by skipping what may stand
 * between two tokens (space, comma, colon) from the end of the one before.
 *
 * A value that can't be used is an error at its place and is left out; decoding goes on,
 * so that one run tells all that is wrong. Items of lists keep their positions for that:
 * a bad item stays as "" or zero, and the checks know (places_bad) not to complain of it.
 */
#include "decode.h"

#include <string.h>

#include "arena.h"
#include "decoder.h"
#include "places.h"
#include "utf8.h"

static uint32_t skip_between(const struct decoder *d, uint32_t i)
{
	const char *t = d->s->text;

	while (i < d->s->text_len &&
	       (t[i] == ' ' || t[i] == '\t' || t[i] == '\n' || t[i] == '\r' || t[i] == ',' || t[i] == ':'))
		i++;
	return i;
}

/* Every callback begins with this: where is the token? */
static void token(struct decoder *d, enum last_token what)
{
	d->start = skip_between(d, d->end);
	d->end = (uint32_t)yajl_get_bytes_consumed(d->yajl);
	d->last = what;
}

static struct frame *top(struct decoder *d)
{
	return d->depth ? &d->stack[d->depth - 1] : NULL;
}

/* One more member or item. False when there is no room for it. */
static bool count_child(struct decoder *d, struct frame *fr)
{
	return fr->count++ < decode_most_items(fr) && places_count(d->s->places) < SPEC_MAX_VALUES;
}

static int on_key(void *arg, const unsigned char *text, size_t len)
{
	struct decoder *d = arg;
	struct frame *fr = top(d);
	const char *key = (const char *)text;
	uint32_t first;

	token(d, LAST_KEY);
	if (!len || key < d->s->text || key >= d->s->text + d->s->text_len)
		key = arena_strndup(d->a, key, len); /* yajl's buffer: the key had escapes */
	fr->key = key;
	fr->key_len = (uint32_t)len;
	fr->key_off = d->start;
	fr->member = NULL;
	first = places_member(d->s->places, fr->place, key, len);
	fr->repeated = first != PLACE_NONE;
	fr->ignore = fr->type == FRAME_SKIP;
	if (!escapes_ok(d, fr->place, "", len)) {
		fr->ignore = true;
	} else if (fr->repeated) {
		report_repeated_key(d, fr, first);
		fr->ignore = true;
	} else if (fr->type == FRAME_OBJECT) {
		fr->member = table_find(fr->table, key, len);
		fr->ignore = !fr->member;
		if (fr->member)
			fr->seen |= UINT64_C(1) << (fr->member - fr->table->v);
		else
			report_unknown_key(d, fr);
	}
	return !d->stopped;
}

/* Slots */

/* The next item of a list, zeroed; strings are never NULL in a list. */
static char *append(struct decoder *d, struct frame *fr)
{
	char *item;

	fr->v = arena_grow(d->a, fr->v, &fr->cap, fr->n + 2, fr->size); /* one more: str_list ends in NULL */
	item = fr->v + fr->n++ * fr->size;
	if (fr->type == FRAME_LIST && (fr->list->item == K_STRING || fr->list->item == K_WORD))
		memcpy(item, &d->empty, sizeof(d->empty));
	return item;
}

static struct slot member_slot(const struct frame *fr)
{
	const struct field *f = fr->member;

	return (struct slot){
		.kind = (enum kind)f->kind,
		.f = f,
		.dest = fr->base + f->offset,
		.member = true,
		.needed = f->required,
		.set = f->set_offset ? (bool *)(fr->base + f->set_offset - 1) : NULL,
	};
}

static struct slot map_slot(struct decoder *d, struct frame *fr)
{
	struct kv *kv = (struct kv *)(void *)append(d, fr);

	kv->key = arena_strndup(d->a, fr->key, fr->key_len);
	kv->value = d->empty;
	return (struct slot){ .kind = K_STRING, .f = fr->list, .dest = (char *)&kv->value, .needed = true };
}

static struct slot named_slot(struct decoder *d, struct frame *fr)
{
	char *item = append(d, fr), *name = arena_strndup(d->a, fr->key, fr->key_len);

	memcpy(item, &name, sizeof(name));
	return (struct slot){ .kind = K_STRUCT, .f = fr->list, .dest = item };
}

static struct slot list_slot(struct decoder *d, struct frame *fr)
{
	return (struct slot){
		.kind = (enum kind)fr->list->item, .f = fr->list, .dest = append(d, fr), .needed = true
	};
}

static struct slot frame_slot(struct decoder *d, struct frame *fr)
{
	switch (fr->type) {
	case FRAME_OBJECT: return member_slot(fr);
	case FRAME_MAP: return map_slot(d, fr);
	case FRAME_NAMED: return named_slot(d, fr);
	case FRAME_LIST: return list_slot(d, fr);
	default: return (struct slot){ .kind = K_IGNORE };
	}
}

static const struct field document = { .name = "", .kind = K_STRUCT, .required = true };

/* The place and the slot of the value that begins at the token at hand. */
static struct slot take_slot(struct decoder *d)
{
	struct frame *fr = top(d);
	struct place_index *pl = d->s->places;
	struct slot slot = { .ignore = true };
	uint32_t place;
	bool room;

	if (!fr)
		return (struct slot){ .kind = K_STRUCT,
				      .f = &document,
				      .dest = d->top_base,
				      .needed = true,
				      .place = places_add_root(pl, d->start) };
	room = count_child(d, fr);
	place = fr->array ? places_add_item(pl, fr->place, fr->count - 1, d->start)
			  : places_add_member(pl, fr->place, fr->key, fr->key_len, fr->key_off, d->start,
					      fr->repeated);
	if (!room)
		report_too_many(d, fr, place);
	else if (!fr->ignore)
		slot = frame_slot(d, fr);
	slot.place = place;
	slot.ignore = !room || fr->ignore || fr->type == FRAME_SKIP;
	return slot;
}

static int on_string(void *arg, const unsigned char *text, size_t len)
{
	struct decoder *d = arg;
	struct slot slot;

	token(d, LAST_VALUE);
	slot = take_slot(d);
	if (escapes_ok(d, slot.place, NULL, len))
		value_string(d, &slot, (const char *)text, len);
	return !d->stopped;
}

static int on_number(void *arg, const char *text, size_t len)
{
	struct decoder *d = arg;
	struct slot slot;

	token(d, LAST_VALUE);
	slot = take_slot(d);
	value_number(d, &slot, text, len);
	return !d->stopped;
}

static int on_boolean(void *arg, int b)
{
	struct decoder *d = arg;
	struct slot slot;

	token(d, LAST_VALUE);
	slot = take_slot(d);
	value_bool(d, &slot, b);
	return !d->stopped;
}

static int on_null(void *arg)
{
	struct decoder *d = arg;
	struct slot slot;

	token(d, LAST_VALUE);
	slot = take_slot(d);
	value_null(d, &slot);
	return !d->stopped;
}

/* Objects and arrays */

static size_t item_size(const struct field *f)
{
	switch ((enum kind)f->item) {
	case K_STRING:
	case K_WORD: return sizeof(char *);
	case K_STRUCT: return f->sub->size;
	default: /* K_U32, K_ID */ return sizeof(uint32_t);
	}
}

/* The frame for an object in this slot; FRAME_SKIP with an error when it can't be one. */
static struct frame object_frame(struct decoder *d, const struct slot *slot)
{
	struct frame fr = { .type = FRAME_SKIP, .place = slot->place };
	const struct field *f = slot->f;

	if (slot->ignore || slot->kind == K_IGNORE)
		return fr;
	fr.base = slot->dest;
	fr.table = f == &document ? d->top : f->sub;
	switch (slot->kind) {
	case K_OBJECT:
		fr.base = arena_alloc(d->a, f->sub->size);
		memcpy(slot->dest, &fr.base, sizeof(fr.base));
		/* fall through */
	case K_STRUCT:
	case K_SWITCH: fr.type = FRAME_OBJECT; break;
	case K_MAP:
		fr.type = FRAME_MAP;
		fr.list = f;
		fr.size = sizeof(struct kv);
		break;
	case K_NAMED:
		fr.type = FRAME_NAMED;
		fr.list = f;
		fr.size = f->sub->size;
		break;
	default: value_wrong_type(d, slot, "an object"); return fr;
	}
	if (slot->set)
		*slot->set = true;
	return fr;
}

static struct frame array_frame(struct decoder *d, const struct slot *slot)
{
	struct frame fr = { .type = FRAME_SKIP, .array = true, .place = slot->place };

	if (slot->ignore || slot->kind == K_IGNORE)
		return fr;
	if (slot->kind != K_LIST) {
		value_wrong_type(d, slot, "an array");
		return fr;
	}
	fr.type = FRAME_LIST;
	fr.base = slot->dest;
	fr.list = slot->f;
	fr.size = item_size(slot->f);
	return fr;
}

static int open_frame(struct decoder *d, bool array)
{
	struct slot slot;

	token(d, LAST_OPEN);
	slot = take_slot(d);
	if (d->depth == SPEC_MAX_DEPTH) {
		decode_error(d, slot.place, "more than %d levels of objects and arrays in each other",
			     SPEC_MAX_DEPTH);
		d->stopped = true;
	} else {
		d->stack[d->depth] = array ? array_frame(d, &slot) : object_frame(d, &slot);
		d->depth++;
	}
	return !d->stopped;
}

static int on_start_map(void *arg)
{
	return open_frame(arg, false);
}

static int on_start_array(void *arg)
{
	return open_frame(arg, true);
}

static int close_frame(struct decoder *d)
{
	struct frame *fr = top(d);

	token(d, LAST_VALUE);
	places_close(d->s->places, fr->place);
	if (fr->type == FRAME_OBJECT) {
		report_missing(d, fr);
	} else if (fr->type != FRAME_SKIP && fr->n) {
		/* every list of spec.h is { T *v; size_t n; } */
		memcpy(fr->base, &fr->v, sizeof(fr->v));
		memcpy(fr->base + sizeof(fr->v), &fr->n, sizeof(fr->n));
	}
	d->depth--;
	return !d->stopped;
}

static int on_end(void *arg)
{
	return close_frame(arg);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

/* yajl's memory is the arena's, so that it needs no freeing and can't run out unnoticed. */

static void *yajl_take(void *a, size_t size)
{
	size_t *p = arena_alloc(a, size + 16);

	*p = size;
	return (char *)p + 16;
}

static void yajl_drop(void *a, void *p)
{
	(void)a;
	(void)p;
}

static void *yajl_resize(void *a, void *p, size_t size)
{
	void *q = yajl_take(a, size);

	if (p) {
		size_t old = *(size_t *)(void *)((char *)p - 16);

		memcpy(q, p, old < size ? old : size);
	}
	return q;
}

static void parse(struct decoder *d)
{
	yajl_alloc_funcs memory = { yajl_take, yajl_resize, yajl_drop, d->a };
	yajl_status status;

	d->yajl = yajl_alloc(&callbacks, &memory, d);
	yajl_config(d->yajl, yajl_dont_validate_strings, 1); /* the whole text was checked before */
	status = yajl_parse(d->yajl, (const unsigned char *)d->s->text, d->s->text_len);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(d->yajl);
	if (status == yajl_status_error)
		syntax_explain(d);
}

int decode_document(struct arena *a, struct spec *s, const struct table *tab, void *base, unsigned flags,
		    struct diags *dg)
{
	struct decoder *d = arena_alloc(a, sizeof(*d));
	unsigned before = dg->errors;
	size_t bad;

	d->a = a;
	d->s = s;
	d->dg = dg;
	d->top = tab;
	d->top_base = base;
	d->flags = flags;
	d->empty = arena_strdup(a, "");
	s->places = places_create(a, s->text, s->text_len);
	if (s->text_len >= 3 && !memcmp(s->text, "\xef\xbb\xbf", 3))
		return report_byte_order_mark(d);
	bad = utf8_check(s->text, s->text_len);
	if (bad < s->text_len)
		return report_encoding(d, bad);
	/* White space to yajl, but not to RFC 8259, nor to skip_between. No valid text has them anywhere. */
	bad = strcspn(s->text, "\v\f");
	if (bad < s->text_len)
		return report_encoding(d, bad);
	parse(d);
	return dg->errors == before ? 0 : -1;
}
