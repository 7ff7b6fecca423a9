/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decode tables: one row a field, saying what the value must be and where it goes
 * in struct spec. The decoder (decode.c) is driven by them, and so is the test that keeps
 * schema.json in step.
 */
#ifndef SBRUN_SPEC_DECODE_H
#define SBRUN_SPEC_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diags;
struct spec;

enum kind {
	K_IGNORE,     /* known, its content is not looked at */
	K_STRING,     /* char * */
	K_WORD,       /* char *, one of `words` */
	K_ENUM,       /* an enum whose values are the positions in `words` */
	K_LETTER,     /* char: the first letter of one of `words` */
	K_BOOL,       /* bool */
	K_OPT_BOOL,   /* struct opt_bool */
	K_I32,
	K_U32,
	K_ID,         /* uint32_t that is a user or group id: 4294967295 is none */
	K_I64,
	K_U64,
	K_OPT_I64,    /* struct opt_i64 */
	K_OPT_U64,    /* struct opt_u64 */
	K_OPT_ID,     /* struct opt_u64, as K_ID */
	K_SIZE,       /* uint64_t: bytes as a number, or a string with k, m, g or t */
	K_OBJECT,     /* pointer to the struct that `sub` describes */
	K_STRUCT,     /* the struct that `sub` describes, in place */
	K_SWITCH,     /* as K_STRUCT; `true` stands for {}, `false` for absent */
	K_LIST,       /* array: { T *v; size_t n; }, each item as `item` says */
	K_MAP,        /* object of strings: struct kv_list */
	K_NAMED,      /* object of objects: list of structs whose first member is the name (char *) */
};

/* What a set of words is called in messages, and the words, NULL-terminated. */
struct words {
	const char *what;
	const char *const *v;
};

struct table;

struct field {
	const char *name;
	uint8_t len;
	uint8_t kind; /* enum kind; uint8_t keeps the rows small */
	uint8_t item; /* K_LIST: the kind of an item */
	bool required;
	bool filled; /* "" won't do; in other optional fields it means absent, as in Go's encoding */
	uint16_t offset;
	uint16_t set_offset; /* 1 + offset of a bool to set when the field is there; 0: none */
	const struct table *sub;
	const struct words *words;
	int64_t min; /* of numbers; min == max == 0: what the type holds */
	uint64_t max;
	uint32_t max_items; /* of a list or object; 0: SPEC_MAX_ITEMS */
	const char *noun;   /* what the items are called when there are too many */
};

struct table {
	const struct field *v;
	uint8_t n;
	uint16_t size; /* of the struct */
};

extern const struct table table_spec;    /* struct spec */
extern const struct table table_process; /* struct spec_process */
extern const struct table table_resources; /* struct spec_resources */

/* The row called `name`, or NULL. */
const struct field *table_find(const struct table *t, const char *name, size_t len);

/*
 * Visit every field below a table, depth first. `path` is a pattern: "/mounts/[]/type" for a
 * member of a list's items, "/linux/netDevices/{}/name" for one of named objects.
 */
typedef void table_visitor(const char *path, const struct field *f, void *arg);
void table_walk(const struct table *t, table_visitor *visit, void *arg);

/* Decode s->text into s as `top` says; s->places is made. Returns 0, or -1 with errors in dg. */
int decode_document(struct arena *a, struct spec *s, const struct table *top, void *base, unsigned flags,
		    struct diags *dg);

#endif
