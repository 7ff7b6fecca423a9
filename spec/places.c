/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One flat array in document order. Each entry knows its parent and the number after its
 * own subtree, so the children of an object are found by stepping over subtrees; members
 * are also in a hash table on (parent, key), which is what makes duplicate keys cheap to
 * find while reading. Line starts are collected at the first question about a line.
 */
#include "places.h"

#include <string.h>

#include "arena.h"

enum { PLACE_BAD = 1, PLACE_TAINTED = 2 };

struct place {
	uint32_t parent;
	uint32_t off;
	uint32_t key_off; /* an item's index when key is NULL */
	uint32_t key_len;
	uint32_t next; /* the number after the subtree; 0 while it is open */
	uint32_t flags;
	const char *key;
};

struct place_index {
	struct arena *a;
	const char *text;
	size_t len;
	struct place *v;
	size_t n, cap;
	uint32_t *slots; /* place + 1; 0: free */
	size_t n_slots, n_members;
	uint32_t *line_starts;
	size_t n_lines;
	uint32_t last_parent, last_index, last_item; /* places_item: loops ask in order */
};

struct place_index *places_create(struct arena *a, const char *text, size_t len)
{
	struct place_index *pl = arena_alloc(a, sizeof(*pl));
	size_t guess = len / 16 < 4096 ? len / 16 + 64 : 4096;

	*pl = (struct place_index){ .a = a, .text = text, .len = len, .last_parent = PLACE_NONE };
	pl->v = arena_grow(a, NULL, &pl->cap, guess, sizeof(*pl->v));
	for (pl->n_slots = 256; pl->n_slots < guess; pl->n_slots *= 2)
		;
	pl->slots = arena_array(a, pl->n_slots, sizeof(*pl->slots));
	return pl;
}

static uint32_t add(struct place_index *pl, struct place p)
{
	pl->v = arena_grow(pl->a, pl->v, &pl->cap, pl->n + 1, sizeof(*pl->v));
	pl->v[pl->n] = p;
	return (uint32_t)pl->n++;
}

static size_t hash(uint32_t parent, const char *key, size_t len)
{
	uint64_t h = 14695981039346656037u ^ parent;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)key[i]) * 1099511628211u;
	return (size_t)(h ^ (h >> 32));
}

static void slot_in(uint32_t *slots, size_t n_slots, const struct place *p, uint32_t id)
{
	size_t i = hash(p->parent, p->key, p->key_len) & (n_slots - 1);

	while (slots[i])
		i = (i + 1) & (n_slots - 1);
	slots[i] = id + 1;
}

static void rehash(struct place_index *pl)
{
	size_t n = pl->n_slots * 2;
	uint32_t *slots = arena_array(pl->a, n, sizeof(*slots));

	for (size_t i = 0; i < pl->n_slots; i++)
		if (pl->slots[i])
			slot_in(slots, n, &pl->v[pl->slots[i] - 1], pl->slots[i] - 1);
	pl->slots = slots;
	pl->n_slots = n;
}

uint32_t places_add_root(struct place_index *pl, uint32_t off)
{
	return add(pl, (struct place){ .parent = PLACE_NONE, .off = off, .key_off = off });
}

uint32_t places_add_member(struct place_index *pl, uint32_t parent, const char *key, size_t key_len,
			   uint32_t key_off, uint32_t off, bool repeated)
{
	uint32_t id = add(pl, (struct place){ .parent = parent,
					      .off = off,
					      .key_off = key_off,
					      .key = key,
					      .key_len = (uint32_t)key_len });

	if (repeated)
		return id;
	if (++pl->n_members * 2 > pl->n_slots)
		rehash(pl);
	slot_in(pl->slots, pl->n_slots, &pl->v[id], id);
	return id;
}

uint32_t places_add_item(struct place_index *pl, uint32_t parent, uint32_t index, uint32_t off)
{
	return add(pl, (struct place){ .parent = parent, .off = off, .key_off = index });
}

void places_close(struct place_index *pl, uint32_t id)
{
	pl->v[id].next = (uint32_t)pl->n;
}

size_t places_count(const struct place_index *pl)
{
	return pl->n;
}

bool places_whole(const struct place_index *pl)
{
	return pl->n && pl->v[0].next && pl->text[pl->v[0].off] == '{';
}

uint32_t places_member(const struct place_index *pl, uint32_t parent, const char *key, size_t key_len)
{
	size_t i = hash(parent, key, key_len) & (pl->n_slots - 1);

	for (; pl->slots[i]; i = (i + 1) & (pl->n_slots - 1)) {
		const struct place *p = &pl->v[pl->slots[i] - 1];

		if (p->parent == parent && p->key_len == key_len && !memcmp(p->key, key, key_len))
			return pl->slots[i] - 1;
	}
	return PLACE_NONE;
}

uint32_t places_item(struct place_index *pl, uint32_t parent, uint32_t index)
{
	uint32_t end = pl->v[parent].next ? pl->v[parent].next : (uint32_t)pl->n;
	uint32_t id = parent + 1, i = 0;

	if (pl->last_parent == parent && pl->last_index <= index) {
		id = pl->last_item;
		i = pl->last_index;
	}
	while (id < end && i < index) {
		id = pl->v[id].next ? pl->v[id].next : id + 1;
		i++;
	}
	if (id >= end || pl->v[id].key)
		return PLACE_NONE;
	pl->last_parent = parent;
	pl->last_index = index;
	pl->last_item = id;
	return id;
}

/* One reference token of a pointer, ~1 and ~0 undone. Returns its length. */
static size_t unescape(const char *s, size_t n, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (c == '~' && i + 1 < n && (s[i + 1] == '0' || s[i + 1] == '1'))
			c = s[++i] == '0' ? '~' : '/';
		out[len++] = c;
	}
	return len;
}

static uint32_t child(struct place_index *pl, uint32_t parent, const char *token, size_t n)
{
	char buf[256], *name = n <= sizeof(buf) ? buf : arena_alloc(pl->a, n);
	size_t len = unescape(token, n, name);
	uint32_t id = places_member(pl, parent, name, len), index = 0;

	if (id != PLACE_NONE || len == 0 || len > 9)
		return id;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return PLACE_NONE;
		index = index * 10 + (uint32_t)(name[i] - '0');
	}
	return places_item(pl, parent, index);
}

uint32_t places_find(struct place_index *pl, const char *pointer, bool *exact)
{
	uint32_t id = 0, next;

	*exact = true;
	if (pl->n == 0) {
		*exact = false;
		return PLACE_NONE;
	}
	while (*pointer == '/') {
		size_t n = strcspn(++pointer, "/");

		next = child(pl, id, pointer, n);
		if (next == PLACE_NONE) {
			*exact = false;
			break;
		}
		id = next;
		pointer += n;
	}
	return id;
}

static char *append_token(struct arena *a, const char *head, const char *key, size_t len)
{
	char *out = arena_alloc(a, strlen(head) + 1 + len * 2 + 1), *p = out;

	p += strlen(head);
	memcpy(out, head, (size_t)(p - out));
	*p++ = '/';
	for (size_t i = 0; i < len; i++) {
		if (key[i] == '~' || key[i] == '/') {
			*p++ = '~';
			*p++ = key[i] == '~' ? '0' : '1';
		} else {
			*p++ = key[i];
		}
	}
	return out;
}

char *places_pointer(const struct place_index *pl, struct arena *a, uint32_t id, const char *more)
{
	uint32_t path[128] = { 0 };
	size_t n = 0;
	char *s = arena_strdup(a, "");

	for (; id != PLACE_NONE && pl->v[id].parent != PLACE_NONE && n < 128; id = pl->v[id].parent)
		path[n++] = id;
	while (n--) {
		const struct place *p = &pl->v[path[n]];

		s = p->key ? append_token(a, s, p->key, p->key_len) : arena_printf(a, "%s/%u", s, p->key_off);
	}
	return more ? append_token(a, s, more, strlen(more)) : s;
}

void places_taint(struct place_index *pl, uint32_t id)
{
	for (; id != PLACE_NONE && !(pl->v[id].flags & PLACE_TAINTED); id = pl->v[id].parent)
		pl->v[id].flags |= PLACE_TAINTED;
}

void places_mark_bad(struct place_index *pl, uint32_t id)
{
	if (id == PLACE_NONE)
		return;
	pl->v[id].flags |= PLACE_BAD;
	places_taint(pl, id);
}

bool places_bad(const struct place_index *pl, uint32_t id)
{
	return id != PLACE_NONE && pl->v[id].flags & PLACE_BAD;
}

bool places_tainted(const struct place_index *pl, uint32_t id)
{
	return id != PLACE_NONE && pl->v[id].flags & PLACE_TAINTED;
}

uint32_t places_offset(const struct place_index *pl, uint32_t id)
{
	return pl->v[id].off;
}

uint32_t places_key_offset(const struct place_index *pl, uint32_t id)
{
	return pl->v[id].key ? pl->v[id].key_off : pl->v[id].off;
}

static void find_lines(struct place_index *pl)
{
	size_t cap = 0;
	const char *p = pl->text, *end = pl->text + pl->len;

	pl->line_starts = arena_grow(pl->a, NULL, &cap, 64, sizeof(*pl->line_starts));
	pl->line_starts[pl->n_lines++] = 0;
	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		pl->line_starts =
			arena_grow(pl->a, pl->line_starts, &cap, pl->n_lines + 1, sizeof(*pl->line_starts));
		pl->line_starts[pl->n_lines++] = (uint32_t)(p - pl->text);
	}
}

void places_line_col(struct place_index *pl, uint32_t off, unsigned *line, unsigned *col)
{
	size_t low = 0, high;

	if (!pl->n_lines)
		find_lines(pl);
	for (high = pl->n_lines; high - low > 1;) {
		size_t mid = (low + high) / 2;

		if (pl->line_starts[mid] <= off)
			low = mid;
		else
			high = mid;
	}
	*line = (unsigned)low + 1;
	*col = off - pl->line_starts[low] + 1;
}
