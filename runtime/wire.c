/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "../spec/arena.h"

#include <string.h>

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static void put(struct wire *w, const void *v, size_t n)
{
	if (!n)
		return;
	w->v = arena_grow(w->a, w->v, &w->cap, w->n + n, 1);
	memcpy(w->v + w->n, v, n);
	w->n += n;
}

/* Seven bits a byte, the lowest first; a negative number takes all ten. */
static void put_varint(struct wire *w, uint64_t v)
{
	unsigned char b[10];
	size_t n = 0;

	do {
		b[n] = (unsigned char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
		n++;
	} while (v);
	put(w, b, n);
}

void wire_number(struct wire *w, unsigned field, int64_t v)
{
	put_varint(w, (uint64_t)field << 3 | WIRE_VARINT);
	put_varint(w, (uint64_t)v);
}

void wire_bytes(struct wire *w, unsigned field, const void *v, size_t n)
{
	put_varint(w, (uint64_t)field << 3 | WIRE_BYTES);
	put_varint(w, n);
	put(w, v, n);
}

void wire_text(struct wire *w, unsigned field, const char *s)
{
	if (s)
		wire_bytes(w, field, s, strlen(s));
}

void wire_message(struct wire *w, unsigned field, const struct wire *inner)
{
	wire_bytes(w, field, inner->v, inner->n);
}

/* ---- reading ---- */

static bool get_varint(struct wire_in *in, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 64 && in->p < in->end; shift += 7) {
		unsigned char b = *in->p++;

		*v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return true;
	}
	return false;
}

static bool get_fixed(struct wire_in *in, size_t n, uint64_t *v)
{
	if ((size_t)(in->end - in->p) < n)
		return false;
	*v = 0;
	for (size_t i = 0; i < n; i++)
		*v |= (uint64_t)in->p[i] << 8 * i;
	in->p += n;
	return true;
}

static bool get_value(struct wire_in *in, unsigned type, struct wire_field *out)
{
	switch (type) {
	case WIRE_VARINT: return get_varint(in, &out->number);
	case WIRE_FIXED64: return get_fixed(in, 8, &out->number);
	case WIRE_FIXED32: return get_fixed(in, 4, &out->number);
	case WIRE_BYTES:
		if (!get_varint(in, &out->number) || out->number > (uint64_t)(in->end - in->p))
			return false;
		out->bytes = in->p;
		out->n = (size_t)out->number;
		in->p += out->n;
		return true;
	default: return false;
	}
}

bool wire_next(struct wire_in *in, struct wire_field *out)
{
	uint64_t key;

	*out = (struct wire_field){ 0 };
	if (in->p < in->end && get_varint(in, &key) && key >> 3 <= 0x1fffffff) {
		out->field = (unsigned)(key >> 3);
		if (get_value(in, (unsigned)key & 7, out))
			return true;
	}
	in->p = in->end;
	return false;
}

char *wire_string(struct arena *a, const struct wire_field *f)
{
	return f->bytes ? arena_strndup(a, (const char *)f->bytes, f->n) : arena_strdup(a, "");
}
