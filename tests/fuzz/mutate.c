/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutator that knows what config.json looks like: it changes a JSON tree by the field tables of spec/
 * (adds a field that may stand there, takes one away, gives it another value of its kind, repeats an item),
 * so that what is behind the parser is reached too. One time in four, and for whatever is not JSON,
 * libFuzzer's own bytes.
 */
#include "fuzz.h"

#include "../../runtime/mountopt.h"

#include <jansson.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two, size_t two_size,
				 uint8_t *out, size_t max, unsigned seed);

static uint64_t state;

/* xorshift64*: the seed is libFuzzer's, so that a run can be repeated. */
static unsigned dice(unsigned sides)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned)(state * 2685821657736338717ull >> 33) % sides;
}

/* ---- values ---- */

static const char *const texts[] = {
	"", "/", "/a", "a/b", "..", "/a/../b", "/a/./b//c/", "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup",
	"overlay", "bind", "none", "/proc", "/sys", "/dev", "/dev/pts", "/dev/shm", "/sys/fs/cgroup", "/proc/self/ns/net",
	"lowerdir=/a:/b", "lowerdir=a\\:b", "lowerdir+=/c", "upperdir=/u", "workdir=/w", "size=64k", "mode=0755", "gid=5",
	"idmap", "ridmap", "idmap=uids=0-1000-10;gids=@0-1-5", "x-y", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_NONE", "all",
	"0-3,7", "0", "4294967295", "a b\n\x1b[31m", "\xc3\xa4\xc2\x80", "%s%n", "A=B", "=", "PATH=/bin", "rwm", "1.3.0",
	"system.slice:p:n", "a.slice:x:", "::", "'text'", "uint64 5", "['a', 'b']", "@as []", "true", "kernel.msgmax",
	"net.ipv4.ip_forward", "fs/mqueue/a", "read", "openat2", "no_such_call", "SCMP_CMP_EQ", "run.oci.systemd.subgroup",
	"org.sbrun.init", "org.systemd.property.TasksMax", "run.oci.keep_original_groups", "L3:0=f;1=f", "2MB", "eth0",
};

static json_t *text(void)
{
	const char *const *options = mount_option_names();
	unsigned n = 0;

	if (dice(4))
		return json_string(texts[dice(sizeof texts / sizeof *texts)]);
	while (options[n])
		n++;
	return json_string(options[dice(n)]);
}

static json_t *number(const struct field *f)
{
	static const json_int_t edges[] = {
		0, 1, -1, 2, 8, 100, 1000, 65535, 65536, INT32_MAX, INT32_MIN, UINT32_MAX, UINT32_MAX - 1,
		INT64_MAX, INT64_MIN, 1 << 20, 1 << 28,
	};

	if (f && (f->min || f->max) && dice(4))
		return json_integer((json_int_t)(dice(2) ? (uint64_t)f->min - dice(2) : f->max + dice(2)));
	return json_integer(edges[dice(sizeof edges / sizeof *edges)]);
}

static json_t *word(const struct field *f)
{
	unsigned n = 0;

	while (f->words && f->words->v[n])
		n++;
	return n && dice(16) ? json_string(f->words->v[dice(n)]) : text();
}

static json_t *value(const struct field *f, int kind, unsigned depth);

static json_t *object(const struct table *t, unsigned depth)
{
	json_t *o = json_object();

	for (unsigned i = 0; t && i < t->n; i++)
		if ((t->v[i].required && dice(16)) || (depth < 4 && !dice(3)))
			json_object_set_new(o, t->v[i].name, value(&t->v[i], t->v[i].kind, depth + 1));
	return o;
}

static json_t *list(const struct field *f, unsigned depth)
{
	json_t *l = json_array();

	for (unsigned n = dice(4); n; n--)
		json_array_append_new(l, value(f, f->item, depth + 1));
	return l;
}

static json_t *named(const struct field *f, unsigned depth)
{
	json_t *o = json_object();

	for (unsigned n = dice(4); n; n--) {
		json_t *key = text();

		json_object_set_new(o, json_string_value(key),
				    f->kind == K_MAP ? text() : object(f->sub, depth + 1));
		json_decref(key);
	}
	return o;
}

static json_t *value(const struct field *f, int kind, unsigned depth)
{
	if (!dice(64))
		return dice(2) ? json_null() : number(NULL);
	switch (kind) {
	case K_STRING: return text();
	case K_WORD:
	case K_ENUM:
	case K_LETTER: return word(f);
	case K_BOOL:
	case K_OPT_BOOL: return json_boolean(dice(2));
	case K_SIZE: return dice(2) ? json_string("64m") : number(f);
	case K_SWITCH:
		if (dice(2))
			return json_boolean(dice(2));
		return object(f->sub, depth);
	case K_OBJECT:
	case K_STRUCT: return object(f->sub, depth);
	case K_LIST: return list(f, depth);
	case K_MAP:
	case K_NAMED: return named(f, depth);
	case K_IGNORE: return json_object();
	default: return number(f);
	}
}

/* ---- changes ---- */

static json_t *changed_text(const json_t *v)
{
	uint8_t bytes[256];
	size_t n = json_string_length(v);

	if (n > sizeof bytes / 2 || !dice(3))
		return text();
	memcpy(bytes, json_string_value(v), n);
	n = LLVMFuzzerMutate(bytes, n, sizeof bytes);
	return json_stringn((const char *)bytes, n); /* NULL where it is no UTF-8 */
}

/* Another value of its own JSON type. */
static json_t *changed(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING: return changed_text(v);
	case JSON_INTEGER:
		if (dice(2))
			return number(NULL);
		return json_integer((json_int_t)((uint64_t)json_integer_value(v) + dice(3) - 1));
	case JSON_TRUE:
	case JSON_FALSE: return json_boolean(!json_is_true(v));
	case JSON_ARRAY: return json_array();
	case JSON_OBJECT: return json_object();
	default: return dice(2) ? text() : number(NULL);
	}
}

static void change_list(json_t *l, const struct field *f)
{
	size_t n = json_array_size(l), at = n ? dice((unsigned)n) : 0;
	json_t *v = n ? json_array_get(l, at) : NULL;

	switch (dice(5)) {
	case 0: json_array_remove(l, at); break;
	case 1: json_array_insert_new(l, at, v ? json_deep_copy(v) : text()); break;
	case 2:
		if (v)
			json_array_set_new(l, at, changed(v));
		break;
	default: json_array_append_new(l, f ? value(f, f->item, 2) : v ? changed(v) : text());
	}
}

/* The n-th member's key. */
static const char *key_at(json_t *o, size_t n)
{
	void *i = json_object_iter(o);

	while (n--)
		i = json_object_iter_next(o, i);
	return i ? json_object_iter_key(i) : NULL;
}

static void change_object(json_t *o, const struct table *t)
{
	size_t n = json_object_size(o);
	const char *key = n ? key_at(o, dice((unsigned)n)) : NULL;
	const struct field *f = t && key ? table_find(t, key, strlen(key)) : NULL;
	json_t *v = key ? json_object_get(o, key) : NULL;

	if (t && t->n && (!key || dice(2))) {
		f = &t->v[dice(t->n)];
		json_object_set_new(o, f->name, value(f, f->kind, 2));
	} else if (key && !dice(3)) {
		json_object_del(o, key);
	} else if (v) {
		json_object_set_new(o, key, f && dice(2) ? value(f, f->kind, 2) : changed(v));
	}
}

/* Goes down at random, and changes where it stops. A NULL table: nothing is known of this part. */
static void change(json_t *v, const struct table *t, const struct field *f)
{
	if (json_is_array(v)) {
		unsigned n = (unsigned)json_array_size(v);
		json_t *item = n ? json_array_get(v, dice(n)) : NULL;

		if ((json_is_object(item) || json_is_array(item)) && dice(4))
			change(item, f ? f->sub : NULL, NULL);
		else
			change_list(v, f);
	} else if (json_is_object(v)) {
		const char *key = json_object_size(v) ? key_at(v, dice((unsigned)json_object_size(v))) : NULL;
		const struct field *at = t && key ? table_find(t, key, strlen(key)) : NULL;
		json_t *member = key ? json_object_get(v, key) : NULL;

		if ((json_is_object(member) || json_is_array(member)) && dice(4))
			change(member, at && at->kind != K_NAMED && at->kind != K_MAP ? at->sub : NULL,
			       at && at->kind == K_LIST ? at : NULL);
		else
			change_object(v, t);
	}
}

/* ---- what libFuzzer calls ---- */

/* 0: it doesn't fit. */
static size_t dump(json_t *doc, const uint8_t *prefix, size_t n_prefix, uint8_t *out, size_t max)
{
	size_t n = max > n_prefix ? json_dumpb(doc, (char *)out + n_prefix, max - n_prefix,
					       JSON_ENCODE_ANY | (dice(8) ? JSON_COMPACT : JSON_INDENT(1)))
				  : 0;

	memmove(out, prefix, n_prefix);
	return n && n + n_prefix <= max ? n + n_prefix : 0;
}

static json_t *load(const uint8_t *data, size_t size, size_t prefix)
{
	return size > prefix ? json_loadb((const char *)data + prefix, size - prefix, 0, NULL) : NULL;
}

/* Two documents with a NUL byte between them: the first changes places with the second, or gets one. */
static size_t change_pair(uint8_t *data, size_t size, size_t max, size_t prefix)
{
	uint8_t *first = data + prefix, *nul = size > prefix ? memchr(first, 0, size - prefix) : NULL;
	size_t n = nul ? (size_t)(nul - first) : size - prefix, rest = size - prefix - n;
	uint8_t *copy = malloc(2 * (n + rest) + 2);

	memcpy(copy, nul ? nul + 1 : first, nul ? rest - 1 : n);
	rest = nul ? rest - 1 : n;
	copy[rest] = 0;
	memcpy(copy + rest + 1, first, n);
	if (prefix + n + 1 + rest <= max) {
		memcpy(first, copy, n + 1 + rest);
		size = prefix + n + 1 + rest;
	}
	free(copy);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	const struct fuzz_shape *shape = fuzz_shape();
	uint8_t prefix[16], *nul, *rest = NULL;
	json_t *doc = NULL;
	size_t n = 0, n_rest = 0;

	state = seed * 2654435761ull + 88172645463325252ull;
	if (shape->pair && size > shape->prefix && !dice(4))
		size = change_pair(data, size, max, shape->prefix);
	nul = shape->pair && size > shape->prefix
		      ? memchr(data + shape->prefix, 0, size - shape->prefix)
		      : NULL;
	if (shape->json && dice(4))
		doc = load(data, nul ? (size_t)(nul - data) : size, shape->prefix);
	if (!doc)
		return LLVMFuzzerMutate(data, size, max);
	if (nul) {
		n_rest = (size_t)(data + size - nul);
		rest = malloc(n_rest);
		memcpy(rest, nul, n_rest);
	}
	memcpy(prefix, data, shape->prefix);
	if (shape->prefix && !dice(4))
		prefix[dice((unsigned)shape->prefix)] = (uint8_t)dice(256);
	for (unsigned times = 1 + dice(4); times; times--)
		change(doc, shape->table, NULL);
	n = dump(doc, prefix, shape->prefix, data, max);
	if (n && n + n_rest <= max) {
		memcpy(data + n, rest ? rest : data, n_rest);
		n += n_rest;
	}
	json_decref(doc);
	free(rest);
	return n ? n : LLVMFuzzerMutate(data, size < max ? size : max, max);
}

/* A member of the second document's takes its place in the first. */
static void graft(json_t *to, json_t *from)
{
	unsigned n = (unsigned)json_object_size(from);
	const char *key = n ? key_at(from, dice(n)) : NULL;
	json_t *a = key ? json_object_get(to, key) : NULL, *b = key ? json_object_get(from, key) : NULL;

	if (json_is_object(a) && json_is_object(b) && dice(3))
		graft(a, b);
	else if (json_is_array(a) && json_is_array(b) && dice(2))
		json_array_extend(a, b);
	else if (b)
		json_object_set(to, key, b);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two, size_t two_size,
				 uint8_t *out, size_t max, unsigned seed)
{
	const struct fuzz_shape *shape = fuzz_shape();
	json_t *a = shape->json ? load(one, one_size, shape->prefix) : NULL;
	json_t *b = shape->json ? load(two, two_size, shape->prefix) : NULL;
	size_t n = 0;

	state = seed * 2654435761ull + 88172645463325252ull;
	if (json_is_object(a) && json_is_object(b)) {
		graft(a, b);
		n = dump(a, one, shape->prefix, out, max);
	} else { /* the begin of one, the end of the other */
		size_t head = dice((unsigned)one_size + 1), tail = dice((unsigned)two_size + 1);

		head = head < max ? head : max;
		tail = tail < max - head ? tail : max - head;
		memcpy(out, one, head);
		memcpy(out + head, two + two_size - tail, tail);
		n = head + tail;
	}
	json_decref(a);
	json_decref(b);
	return n;
}
