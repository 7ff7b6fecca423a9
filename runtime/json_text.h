/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of any bytes as JSON, which holds UTF-8 only. */
#ifndef SBRUN_RUNTIME_JSON_TEXT_H
#define SBRUN_RUNTIME_JSON_TEXT_H

#include <jansson.h>

struct arena;

/* For people and other programs: bytes that are no UTF-8 become U+FFFD. NULL s gives null. */
json_t *json_text(const char *s);

/* For ourselves: {"hex": "2f74ff"} when s is no UTF-8, so that json_to_bytes gives the same bytes again. */
json_t *json_from_bytes(const char *s);
const char *json_to_bytes(struct arena *a, const json_t *v); /* NULL when it is neither form */

/* The document as text with a newline, in the arena. Takes the reference of doc. */
char *json_document(struct arena *a, json_t *doc, size_t flags);

#endif
