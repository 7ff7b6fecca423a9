/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder's own state, shared by decode.c (the stream and its frames), values.c
 * (scalars into their fields) and syntax.c (what is wrong with a text that is no JSON).
 */
#ifndef SBRUN_SPEC_DECODER_H
#define SBRUN_SPEC_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yajl/yajl_parse.h>

#include "decode.h"
#include "diag.h"
#include "spec.h"

enum frame_type {
	FRAME_OBJECT, /* members go to the fields of a struct */
	FRAME_LIST,   /* items are appended */
	FRAME_MAP,    /* members are appended as key and value */
	FRAME_NAMED,  /* members are appended as structs that carry their name */
	FRAME_SKIP,   /* nothing is kept */
};

/* An object or array that is open. */
struct frame {
	enum frame_type type;
	bool array;
	bool full; /* the error about too many items has been made */
	uint32_t place;
	uint32_t count; /* members or items so far */
	char *base;     /* FRAME_OBJECT: the struct; else where the finished list goes */

	const struct table *table; /* FRAME_OBJECT */
	uint64_t seen;             /* bit i: row i of the table was there */
	const char *misspelt;      /* the last unknown key that looks like one of the table's; NULL: none */

	const struct field *list; /* the list's row */
	char *v;                  /* the list in the making */
	size_t n, cap, size;

	const struct field *member; /* the row that the member at hand belongs to */
	const char *key;            /* its key, decoded, not NUL-terminated */
	uint32_t key_len, key_off;
	bool ignore; /* its value is not wanted: unknown or repeated */
	bool repeated;
};

/* What the parser saw last; tells a broken text's explanation what should have come. */
enum last_token { LAST_NONE, LAST_OPEN, LAST_KEY, LAST_VALUE };

struct decoder {
	struct arena *a;
	struct spec *s;
	struct diags *dg;
	const struct table *top;
	char *top_base;
	unsigned flags;
	yajl_handle yajl;
	uint32_t start, end; /* of the token at hand, in s->text */
	enum last_token last;
	bool stopped; /* an error that ends the reading was made */
	unsigned problems;
	unsigned depth;
	struct frame stack[SPEC_MAX_DEPTH];
	char *empty; /* stands in for a string that could not be decoded */
};

/* Where a value goes. */
struct slot {
	enum kind kind;
	const struct field *f; /* never NULL unless ignored */
	char *dest;
	bool *set; /* to be set when the value is there; NULL: nothing */
	uint32_t place;
	bool member; /* of a struct; not an item or a value of a map */
	bool needed; /* null won't do */
	bool ignore;
};

/*
 * An error or warning about a place: pointer, line and column of the value, with the
 * value marked as bad. Never NULL; beyond SPEC_MAX_PROBLEMS the record goes nowhere.
 */
__attribute__((format(printf, 3, 4))) struct diag *decode_error(struct decoder *d, uint32_t place,
								const char *fmt, ...);

/* report.c: what is wrong with keys and with the number of values. */
void report_unknown_key(struct decoder *d, struct frame *fr);
void report_repeated_key(struct decoder *d, const struct frame *fr, uint32_t first);
void report_too_many(struct decoder *d, struct frame *fr, uint32_t place);
void report_missing(struct decoder *d, const struct frame *fr);
/* With the text as such; both return -1. */
int report_encoding(struct decoder *d, size_t at);
int report_byte_order_mark(struct decoder *d);
/*
 * Does the string token at hand hold only escapes that a string of ours can hold? If not,
 * the error is made: at `place`, or at its member `key` when that isn't NULL.
 */
bool escapes_ok(struct decoder *d, uint32_t place, const char *key, size_t decoded);
uint32_t decode_most_items(const struct frame *fr);

/* A piece of the file as it may be shown in a message: in quotes, cut when long. */
const char *decode_quote(struct decoder *d, const char *s, size_t n);
/* "did you mean ...? Valid: a, b, c" */
const char *decode_hint_words(struct decoder *d, const struct words *w, const char *s, size_t n);

/* values.c: a scalar of the file into its slot; wrong types and values are errors at its place. */
void value_string(struct decoder *d, const struct slot *slot, const char *s, size_t n);
void value_number(struct decoder *d, const struct slot *slot, const char *s, size_t n);
void value_bool(struct decoder *d, const struct slot *slot, bool b);
void value_null(struct decoder *d, const struct slot *slot);
/* The value is of type `got` ("an array"), which its field can't be. */
struct diag *value_wrong_type(struct decoder *d, const struct slot *slot, const char *got);

/* syntax.c: add the error that tells where and why d->s->text stops being JSON. */
void syntax_explain(struct decoder *d);

#endif
