/* SPDX-License-Identifier: Apache-2.0 */
#include "properties.h"

#include "manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

int lines_read(struct lines *l)
{
	size_t size = 0, cap = 0;
	char *line = NULL, **more;
	ssize_t n;

	*l = (struct lines){ 0 };
	while ((n = getline(&line, &size, stdin)) > 0) {
		if (line[n - 1] != '\n')
			break; /* whoever wrote it is gone */
		line[n - 1] = 0;
		if (n == 1) {
			free(line);
			return 0;
		}
		if (l->n == cap) {
			more = reallocarray(l->v, cap += 32, sizeof *l->v);
			if (!more)
				break;
			l->v = more;
		}
		l->v[l->n++] = line;
		line = NULL;
		size = 0;
	}
	free(line);
	return complain_text("sbrun.Input", "the list of properties ends without an empty line");
}

void lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct lines){ 0 };
}

/* ---- the forms of a value: each appends the content of the variant; -EINVAL: not of this form ---- */

static int put_bool(sd_bus_message *m, const char *v)
{
	int yes = !strcmp(v, "true");

	return yes || !strcmp(v, "false") ? sd_bus_message_append_basic(m, 'b', &yes) : -EINVAL;
}

/* Digits only: what strtoull takes beyond them (blanks, signs) is refused. */
static int read_u64(const char *v, uint64_t max, uint64_t *out)
{
	if (!*v || v[strspn(v, "0123456789")])
		return -EINVAL;
	errno = 0;
	*out = strtoull(v, NULL, 10);
	return errno || *out > max ? -ERANGE : 0;
}

static int put_u32(sd_bus_message *m, const char *v)
{
	uint64_t n;
	int r = read_u64(v, UINT32_MAX, &n);
	uint32_t small = r < 0 ? 0 : (uint32_t)n;

	return r < 0 ? r : sd_bus_message_append_basic(m, 'u', &small);
}

static int put_u64(sd_bus_message *m, const char *v)
{
	uint64_t n;
	int r = read_u64(v, UINT64_MAX, &n);

	return r < 0 ? r : sd_bus_message_append_basic(m, 't', &n);
}

static int read_i64(const char *v, uint64_t max, int64_t *out)
{
	bool negative = *v == '-';
	uint64_t n;
	int r = read_u64(v + negative, max + negative, &n);

	if (r == 0) /* -2^63 has no positive counterpart */
		*out = negative && n ? -(int64_t)(n - 1) - 1 : (int64_t)n;
	return r;
}

static int put_i32(sd_bus_message *m, const char *v)
{
	int64_t n;
	int r = read_i64(v, INT32_MAX, &n);
	int32_t small = r < 0 ? 0 : (int32_t)n;

	return r < 0 ? r : sd_bus_message_append_basic(m, 'i', &small);
}

static int put_i64(sd_bus_message *m, const char *v)
{
	int64_t n;
	int r = read_i64(v, INT64_MAX, &n);

	return r < 0 ? r : sd_bus_message_append_basic(m, 'x', &n);
}

static int put_string(sd_bus_message *m, const char *v)
{
	return sd_bus_message_append_basic(m, 's', v);
}

/* The item that *v begins with, cut off at its tab; *v moves behind it. NULL: none. */
static char *next_item(char **v)
{
	char *item = *v, *tab = strchr(item, '\t');

	if (!tab)
		return NULL;
	*tab = 0;
	*v = tab + 1;
	return item;
}

static int put_strings(sd_bus_message *m, const char *value)
{
	char *v = (char *)value, *item;
	int r = sd_bus_message_open_container(m, 'a', "s");

	while (r >= 0 && (item = next_item(&v)))
		r = sd_bus_message_append_basic(m, 's', item);
	if (r >= 0 && *v)
		return -EINVAL;
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int put_pair(sd_bus_message *m, const char *types, const char *first, const char *second)
{
	int r = sd_bus_message_open_container(m, 'r', types);

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', first);
	if (r >= 0)
		r = types[1] == 't' ? put_u64(m, second) : put_string(m, second);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int put_pairs(sd_bus_message *m, char *v, const char *array, const char *types)
{
	char *first, *second;
	int r = sd_bus_message_open_container(m, 'a', array);

	while (r >= 0 && (first = next_item(&v))) {
		second = next_item(&v);
		r = second ? put_pair(m, types, first, second) : -EINVAL;
	}
	if (r >= 0 && *v)
		return -EINVAL;
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int put_string_pairs(sd_bus_message *m, const char *v)
{
	return put_pairs(m, (char *)v, "(ss)", "ss");
}

static int put_number_pairs(sd_bus_message *m, const char *v)
{
	return put_pairs(m, (char *)v, "(st)", "st");
}

static int put_bytes(sd_bus_message *m, const char *v)
{
	size_t n = strlen(v);
	unsigned char *bytes = malloc(n / 2 + 1);
	int r = 0;

	if (!bytes)
		return -ENOMEM;
	if (n % 2 || v[strspn(v, "0123456789abcdef")])
		r = -EINVAL;
	for (size_t i = 0; r == 0 && i < n / 2; i++) {
		char two[] = { v[2 * i], v[2 * i + 1], 0 };

		bytes[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	if (r == 0)
		r = sd_bus_message_append_array(m, 'y', bytes, n / 2);
	free(bytes);
	return r;
}

static const struct form {
	const char *type;
	int (*put)(sd_bus_message *m, const char *value);
} forms[] = {
	{ "b", put_bool },       { "i", put_i32 },          { "x", put_i64 },
	{ "u", put_u32 },        { "t", put_u64 },          { "s", put_string },
	{ "as", put_strings },   { "a(ss)", put_string_pairs }, { "a(st)", put_number_pairs },
	{ "ay", put_bytes },
};

static const struct form *form_of(const char *type)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (!strcmp(forms[i].type, type))
			return &forms[i];
	return NULL;
}

/* ---- a line ---- */

static bool is_name(const char *s)
{
	return *s >= 'A' && *s <= 'Z' &&
	       !s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")];
}

static int append(sd_bus_message *m, const char *name, const struct form *form, const char *value)
{
	int r = sd_bus_message_open_container(m, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', name);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', form->type);
	if (r >= 0)
		r = form->put(m, value);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_line(sd_bus_message *m, const char *line)
{
	char *name = strdup(line), *type = name ? strchr(name, ' ') : NULL;
	char *value = type ? strchr(type + 1, ' ') : NULL;
	const struct form *form = NULL;
	int r = -EINVAL;

	if (value) {
		*type++ = 0;
		*value++ = 0;
		form = form_of(type);
	}
	if (form && is_name(name))
		r = append(m, name, form, value); /* its copy: items are cut off in it */
	free(name);
	if (r >= 0)
		return 0;
	return complain_text("sbrun.Input", "not a property: \"%s\"%s", line,
			     form ? "" : " (wanted: NAME TYPE VALUE)");
}

int properties_append(sd_bus_message *m, const struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (append_line(m, l->v[i]) < 0)
			return -1;
	return 0;
}
