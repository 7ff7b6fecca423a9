/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of GVariant's text format that annotations for systemd are written in
 * (docs.gtk.org/glib/gvariant-text-format.html): 'text' "text" true false 42 -1 0x1f 2.5, arrays of
 * these, and a type before a value: "uint64 5", "@as []". Tuples, dictionaries, maybes, object
 * paths and control characters are not read.
 */
#ifndef SBRUN_RUNTIME_GVARIANT_H
#define SBRUN_RUNTIME_GVARIANT_H

#include "../spec/number.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

enum gvariant_kind { GV_BOOLEAN, GV_INTEGER, GV_FRACTION, GV_STRING, GV_ARRAY };

struct gvariant {
	enum gvariant_kind kind;
	bool boolean;
	struct number integer;
	const char *text;       /* STRING: decoded; FRACTION: as it is written, "0.5" */
	struct gvariant *items; /* ARRAY */
	size_t n;
};

/* NULL, or what is wrong with the text (static). */
const char *gvariant_parse(struct arena *a, const char *text, struct gvariant *out);

#endif
