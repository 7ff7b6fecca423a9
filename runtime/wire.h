/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol buffers as far as criu's images/rpc.proto needs them: numbers and bools (varints), texts
 * and messages within messages. https://protobuf.dev/programming-guides/encoding/
 */
#ifndef SBRUN_RUNTIME_WIRE_H
#define SBRUN_RUNTIME_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A message being written, in the arena. */
struct wire {
	struct arena *a;
	unsigned char *v;
	size_t n, cap;
};

void wire_number(struct wire *w, unsigned field, int64_t v);
void wire_bytes(struct wire *w, unsigned field, const void *v, size_t n);
/* NULL writes nothing: the field is optional. */
void wire_text(struct wire *w, unsigned field, const char *s);
void wire_message(struct wire *w, unsigned field, const struct wire *inner);

/* A message being read; the bytes are the caller's and stay. */
struct wire_in {
	const unsigned char *p, *end;
};
struct wire_field {
	unsigned field;
	uint64_t number;            /* a varint, or a fixed one of 4 or 8 bytes */
	const unsigned char *bytes; /* NULL: it is a number */
	size_t n;
};
/* The next field; false at the end, and for what is no message (*in is then at its end too). */
bool wire_next(struct wire_in *in, struct wire_field *out);
/* A text in the arena, cut at the first NUL. */
char *wire_string(struct arena *a, const struct wire_field *f);

#endif
