/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in the file each value stands. The index is filled while the file is read and
 * consulted only when a message is made: pointer -> offset -> line and column.
 *
 * A place is a number, handed out in the order of the file; 0 is the document itself.
 */
#ifndef SBRUN_SPEC_PLACES_H
#define SBRUN_SPEC_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct place_index;

enum { PLACE_NONE = UINT32_MAX };

/* The text stays the caller's and must outlive the index. */
struct place_index *places_create(struct arena *a, const char *text, size_t len);

/*
 * Note a value that begins at `off`: a member of an object (`key` decoded, in memory that
 * outlives the index; its token begins at `key_off`), or item `index` of an array. A
 * member that repeats an earlier one has a place, but is never found by its name.
 */
uint32_t places_add_root(struct place_index *pl, uint32_t off);
uint32_t places_add_member(struct place_index *pl, uint32_t parent, const char *key, size_t key_len,
			   uint32_t key_off, uint32_t off, bool repeated);
uint32_t places_add_item(struct place_index *pl, uint32_t parent, uint32_t index, uint32_t off);
/* The last value inside `id` has been added. */
void places_close(struct place_index *pl, uint32_t id);
size_t places_count(const struct place_index *pl);
/* The document is an object and its end was reached. */
bool places_whole(const struct place_index *pl);

/* The member of that name, or PLACE_NONE. */
uint32_t places_member(const struct place_index *pl, uint32_t parent, const char *key, size_t key_len);
uint32_t places_item(struct place_index *pl, uint32_t parent, uint32_t index);

/*
 * The value at an RFC 6901 pointer. When it is absent, the nearest ancestor that is there,
 * and *exact is false. PLACE_NONE only when the index is empty.
 */
uint32_t places_find(struct place_index *pl, const char *pointer, bool *exact);
/* The pointer to a place; `more` (NULL: none) is a further member name to append. In the arena. */
char *places_pointer(const struct place_index *pl, struct arena *a, uint32_t id, const char *more);

/* An error was found in this value: it is bad, and so is something in all that contain it. */
void places_mark_bad(struct place_index *pl, uint32_t id);
/* Only the second half of that: something in it is bad, or missing. */
void places_taint(struct place_index *pl, uint32_t id);
bool places_bad(const struct place_index *pl, uint32_t id);     /* the value itself */
bool places_tainted(const struct place_index *pl, uint32_t id); /* it or something in it */

uint32_t places_offset(const struct place_index *pl, uint32_t id); /* of the value */
uint32_t places_key_offset(const struct place_index *pl,
			   uint32_t id); /* of its key; of the value in an array */
/* 1-based; the column counts bytes. */
void places_line_col(struct place_index *pl, uint32_t off, unsigned *line, unsigned *col);

#endif
