/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec/schema.json and the decode tables name the same fields: each has the other's fields,
 * with the same type, the same required fields, and the same words.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "../../spec/decode.h"

enum { MAX_PATHS = 1024 };

static yajl_val schema;
static char *known[MAX_PATHS]; /* what the tables have */
static size_t n_known;
static unsigned tests, failures, problems;

__attribute__((format(printf, 1, 2))) static void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	problems++;
}

static void ok(const char *name)
{
	printf("%sok %u - %s\n", problems ? "not " : "", ++tests, name);
	failures += problems != 0;
	problems = 0;
}

static const char *string(yajl_val v)
{
	return YAJL_IS_STRING(v) ? YAJL_GET_STRING(v) : "";
}

static yajl_val get(yajl_val v, const char *key)
{
	const char *path[] = { key, NULL };

	return v ? yajl_tree_get(v, path, yajl_t_any) : NULL;
}

/* A node with its $ref followed, and the object among the alternatives of an anyOf. */
static yajl_val resolve(yajl_val v)
{
	static const char prefix[] = "#/definitions/";
	const char *ref = YAJL_GET_STRING(get(v, "$ref"));
	yajl_val any = get(v, "anyOf");

	if (ref && !strncmp(ref, prefix, sizeof(prefix) - 1))
		return resolve(get(get(schema, "definitions"), ref + sizeof(prefix) - 1));
	for (size_t i = 0; YAJL_IS_ARRAY(any) && i < YAJL_GET_ARRAY(any)->len; i++)
		if (get(YAJL_GET_ARRAY(any)->values[i], "properties"))
			return YAJL_GET_ARRAY(any)->values[i];
	return v;
}

/* The node at a path of table_walk(). */
static yajl_val find(const char *path, yajl_val *parent)
{
	char copy[256], *rest = copy, *token;
	yajl_val v = schema;

	snprintf(copy, sizeof(copy), "%s", path + 1);
	while ((token = strsep(&rest, "/"))) {
		*parent = v = resolve(v);
		if (!strcmp(token, "[]"))
			v = get(v, "items");
		else if (!strcmp(token, "{}"))
			v = get(v, "additionalProperties");
		else
			v = get(get(v, "properties"), token);
	}
	return v;
}

static const char *type_of(enum kind kind)
{
	switch (kind) {
	case K_IGNORE: return NULL;
	case K_STRING:
	case K_WORD:
	case K_ENUM:
	case K_LETTER: return "string";
	case K_BOOL:
	case K_OPT_BOOL: return "boolean";
	case K_SIZE: return NULL; /* one of two */
	case K_OBJECT:
	case K_STRUCT:
	case K_SWITCH:
	case K_MAP:
	case K_NAMED: return "object";
	case K_LIST: return "array";
	default: return "integer";
	}
}

static void compare_type(const char *path, const struct field *f, yajl_val v)
{
	const char *want = type_of((enum kind)f->kind), *type = YAJL_GET_STRING(get(resolve(v), "type"));
	const char *item = f->kind == K_LIST ? type_of((enum kind)f->item) : NULL;
	const char *got = YAJL_GET_STRING(get(resolve(get(v, "items")), "type"));

	if (want && (!type || strcmp(want, type)))
		complain("%s: %s in the schema, %s in the tables", path, type ? type : "no type", want);
	if (item && (!got || strcmp(item, got)))
		complain("%s: items are %s in the schema, %s in the tables", path, got ? got : "untyped",
			 item);
}

static bool is_required(yajl_val object, const char *name)
{
	yajl_val list = get(object, "required");

	for (size_t i = 0; YAJL_IS_ARRAY(list) && i < YAJL_GET_ARRAY(list)->len; i++)
		if (!strcmp(string(YAJL_GET_ARRAY(list)->values[i]), name))
			return true;
	return false;
}

static void compare_words(const char *path, const struct field *f, yajl_val v)
{
	yajl_val list = get(f->kind == K_LIST ? get(v, "items") : v, "enum");
	size_t n = 0;

	while (f->words && f->words->v[n])
		n++;
	if (n != (YAJL_IS_ARRAY(list) ? YAJL_GET_ARRAY(list)->len : 0)) {
		complain("%s: the tables have %zu words", path, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (strcmp(f->words->v[i], string(YAJL_GET_ARRAY(list)->values[i])))
			complain("%s: word %zu is %s in the tables", path, i, f->words->v[i]);
}

static void in_schema(const char *path, const struct field *f, void *arg)
{
	yajl_val parent = NULL, v = find(path, &parent);

	(void)arg;
	if (n_known < MAX_PATHS)
		known[n_known++] = strdup(path);
	if (!v) {
		complain("%s is not in the schema", path);
		return;
	}
	compare_type(path, f, v);
	compare_words(path, f, v);
	if (is_required(parent, f->name) != f->required)
		complain("%s: required in one of the two only", path);
}

static bool in_tables(const char *path)
{
	for (size_t i = 0; i < n_known; i++)
		if (!strcmp(known[i], path))
			return true;
	return false;
}

/* Every property of the schema, wherever it is. */
static void walk_schema(yajl_val v, const char *path)
{
	yajl_val props;
	char below[256];

	v = resolve(v);
	props = get(v, "properties");
	for (size_t i = 0; YAJL_IS_OBJECT(props) && i < YAJL_GET_OBJECT(props)->len; i++) {
		snprintf(below, sizeof(below), "%s/%s", path, YAJL_GET_OBJECT(props)->keys[i]);
		if (!in_tables(below))
			complain("%s is not in the tables", below);
		walk_schema(YAJL_GET_OBJECT(props)->values[i], below);
	}
	snprintf(below, sizeof(below), "%s/[]", path);
	if (get(v, "items"))
		walk_schema(get(v, "items"), below);
	snprintf(below, sizeof(below), "%s/{}", path);
	if (get(v, "additionalProperties"))
		walk_schema(get(v, "additionalProperties"), below);
}

static void small_enough(const char *path, const struct field *f, void *arg)
{
	(void)arg;
	if (f->sub && f->sub->n > 64)
		complain("%s has more fields than a frame can note", path);
	if (f->len != strlen(f->name))
		complain("%s: the length of the name is wrong", path);
}

int main(int argc, char **argv)
{
	FILE *f = fopen(argc > 1 ? argv[1] : "spec/schema.json", "r");
	static char text[1 << 18];
	char error[256] = "";

	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
		schema = yajl_tree_parse(text, error, sizeof(error));
	}
	if (!schema)
		complain("spec/schema.json: %s", error);
	ok("the schema is JSON");
	if (schema) {
		table_walk(&table_spec, in_schema, NULL);
		ok("every field of the tables is in the schema, and the same");
		walk_schema(schema, "");
		ok("every property of the schema is in the tables");
		table_walk(&table_spec, small_enough, NULL);
		ok("the tables are well formed");
	}
	printf("1..%u\n", tests);
	while (n_known)
		free(known[--n_known]);
	yajl_tree_free(schema);
	return failures != 0;
}
