/* SPDX-License-Identifier: Apache-2.0 */
/* The entry points: read the file, decode it (decode.c), check it (check.c). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "check.h"
#include "decode.h"
#include "diag.h"
#include "places.h"
#include "spec.h"

static void too_large(struct diags *dg, const char *name)
{
	diag_error(dg, "the file is larger than %d MiB", SPEC_MAX_BYTES >> 20)->file = name;
}

/* All of the file, with a NUL behind; NULL with an error. */
static char *read_all(struct arena *a, int fd, const char *path, const char *name, size_t *len,
		      struct diags *dg)
{
	size_t cap = 0, n = 0;
	char *text = arena_grow(a, NULL, &cap, 16384, 1);

	for (;;) {
		ssize_t got;

		text = arena_grow(a, text, &cap, n + 4096, 1);
		got = read(fd, text + n, cap - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			diag_errno(dg, errno, "read", path, "can't read the configuration")->file = name;
			return NULL;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > SPEC_MAX_BYTES) {
			too_large(dg, name);
			return NULL;
		}
	}
	text[n] = '\0';
	*len = n;
	return text;
}

static char *read_file(struct arena *a, const char *path, const char *name, size_t *len, struct diags *dg)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0) {
		diag_errno(dg, errno, "open", path, "can't open the configuration")->file = name;
		return NULL;
	}
	text = read_all(a, fd, path, name, len, dg);
	close(fd);
	return text;
}

static struct spec *new_spec(struct arena *a, const char *text, size_t len, const char *name)
{
	struct spec *s = arena_alloc(a, sizeof(*s));

	s->arena = a;
	s->file = name;
	s->text = text;
	s->text_len = len;
	s->resources_at = "/linux/resources";
	return s;
}

/* Decode and check what `top` describes; 0, or -1 with errors. */
static int load(struct arena *a, struct spec *s, const struct table *top, void *base, unsigned flags,
		struct diags *dg)
{
	unsigned before = dg->errors;
	bool whole;

	decode_document(a, s, top, base, flags, dg);
	whole = places_whole(s->places);
	if (!whole && dg->errors == before)
		diag_error(dg, "%s is not a JSON object", s->file);
	if (!s->linux_)
		s->linux_ = arena_alloc(a, sizeof(*s->linux_));
	if (whole && top == &table_spec)
		check_spec(a, s, dg);
	else if (whole && top == &table_process)
		check_process_only(a, s, dg);
	else if (whole)
		check_resources_only(a, s, base, true, dg);
	return dg->errors == before ? 0 : -1;
}

struct spec *spec_load_text(struct arena *a, const char *text, size_t len, const char *name, unsigned flags,
			    struct diags *dg)
{
	struct spec *s;

	name = arena_strdup(a, name);
	if (len > SPEC_MAX_BYTES) {
		too_large(dg, name);
		return NULL;
	}
	s = new_spec(a, arena_strndup(a, text, len), len, name);
	return load(a, s, &table_spec, s, flags, dg) == 0 ? s : NULL;
}

struct spec *spec_load(struct arena *a, const char *path, const char *name, unsigned flags, struct diags *dg)
{
	struct spec *s;
	size_t len;
	char *text;

	name = arena_strdup(a, name);
	text = read_file(a, path, name, &len, dg);
	if (!text)
		return NULL;
	s = new_spec(a, text, len, name);
	return load(a, s, &table_spec, s, flags, dg) == 0 ? s : NULL;
}

struct spec_process *spec_load_process(struct arena *a, const char *path, const char *name, unsigned flags,
				       struct spec **out_file, struct diags *dg)
{
	struct spec *s;
	size_t len;
	char *text;

	*out_file = NULL;
	name = arena_strdup(a, name);
	text = read_file(a, path, name, &len, dg);
	if (!text)
		return NULL;
	s = new_spec(a, text, len, name);
	s->process = arena_alloc(a, sizeof(*s->process));
	*out_file = s;
	return load(a, s, &table_process, s->process, flags, dg) == 0 ? s->process : NULL;
}

struct spec_resources *spec_load_resources(struct arena *a, const char *path, const char *name,
					   unsigned flags, struct spec **out_file, struct diags *dg)
{
	size_t len;
	char *text;

	*out_file = NULL;
	name = arena_strdup(a, name);
	text = strcmp(path, "-") ? read_file(a, path, name, &len, dg)
				 : read_all(a, STDIN_FILENO, NULL, name, &len, dg);
	return text ? spec_load_resources_text(a, text, len, name, flags, out_file, dg) : NULL;
}

struct spec_resources *spec_load_resources_text(struct arena *a, const char *text, size_t len,
						const char *name, unsigned flags, struct spec **out_file,
						struct diags *dg)
{
	struct spec *s = new_spec(a, arena_strndup(a, text, len), len, arena_strdup(a, name));

	s->resources_at = "";
	s->linux_ = arena_alloc(a, sizeof(*s->linux_));
	s->linux_->resources = arena_alloc(a, sizeof(*s->linux_->resources));
	*out_file = s;
	return load(a, s, &table_resources, s->linux_->resources, flags, dg) == 0 ? s->linux_->resources
										  : NULL;
}

int spec_check_resources(struct arena *a, struct spec *file, const struct spec_resources *r, struct diags *dg)
{
	unsigned before = dg->errors;

	if (!file) {
		file = new_spec(a, "", 0, NULL);
		file->linux_ = arena_alloc(a, sizeof(*file->linux_));
	}
	check_resources_only(a, file, r, false, dg);
	return dg->errors == before ? 0 : -1;
}
