/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "utf8.h"

void diags_init(struct diags *dg, struct arena *arena)
{
	*dg = (struct diags){ .arena = arena };
}

static struct diag *append(struct diags *dg, enum diag_level level, const char *what)
{
	struct diag *d = arena_alloc(dg->arena, sizeof(*d));

	d->level = level;
	d->exit_code = EXIT_SBRUN;
	d->what = what;
	if (dg->last)
		dg->last->next = d;
	else
		dg->first = d;
	dg->last = d;
	if (level == DIAG_ERROR)
		dg->errors++;
	else
		dg->warnings++;
	return d;
}

struct diag *diag_error(struct diags *dg, const char *fmt, ...)
{
	va_list ap;
	char *what;

	va_start(ap, fmt);
	what = arena_vprintf(dg->arena, fmt, ap);
	va_end(ap);
	return append(dg, DIAG_ERROR, what);
}

struct diag *diag_warning(struct diags *dg, const char *fmt, ...)
{
	va_list ap;
	char *what;

	va_start(ap, fmt);
	what = arena_vprintf(dg->arena, fmt, ap);
	va_end(ap);
	return append(dg, DIAG_WARNING, what);
}

struct diag *diag_errno(struct diags *dg, int err, const char *call, const char *path, const char *fmt, ...)
{
	va_list ap;
	struct diag *d;
	char *what;

	va_start(ap, fmt);
	what = arena_vprintf(dg->arena, fmt, ap);
	va_end(ap);
	d = append(dg, DIAG_ERROR, what);
	d->err = err;
	d->call = call;
	d->path = path ? arena_strdup(dg->arena, path) : NULL;
	return d;
}

/*
 * The texts of strerror(3) that orchestrators take for a message about the payload's
 * command ("no such file or directory", "permission denied", "operation not permitted",
 * "not a directory"), said otherwise; and those whose usual text misleads here.
 */
static const struct {
	int err;
	const char *text;
} texts[] = {
	{ ENOENT, "does not exist" },
	{ EACCES, "permission is denied" },
	{ EPERM, "the operation is not permitted" },
	{ ENOTDIR, "is no directory, or a part of its path is none" },
	{ ELOOP, "has too many symbolic links, or a link where none is allowed" },
	{ ENOSYS, "is not known to this kernel" },
	{ EXDEV, "leads to another mount or out of the root" },
};

const char *diag_errno_text(int err)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].err == err)
			return texts[i].text;
	return strerror(err);
}

int diags_exit_code(const struct diags *dg)
{
	for (const struct diag *d = dg->first; d; d = d->next)
		if (d->level == DIAG_ERROR)
			return d->exit_code;
	return 0;
}

/* A line that grows in the arena. */
struct line {
	struct arena *a;
	char *v;
	size_t n, cap;
};

static void put(struct line *l, const char *s, size_t n)
{
	l->v = arena_grow(l->a, l->v, &l->cap, l->n + n + 1, 1);
	memcpy(l->v + l->n, s, n);
	l->n += n;
	l->v[l->n] = '\0';
}

static void put_raw(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

/*
 * Text that may come from anywhere. Control characters (C0, DEL, and C1, which some
 * terminals obey too) and bytes that are no UTF-8 become \xNN.
 */
static void put_text(struct line *l, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = strlen(s);
	char hex[5];

	while (left) {
		size_t n = utf8_sequence(p, left);

		if (n == 0 || *p < 0x20 || *p == 0x7f || (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)) {
			n = n ? n : 1;
			for (size_t i = 0; i < n; i++) {
				snprintf(hex, sizeof(hex), "\\x%02x", p[i]);
				put(l, hex, 4);
			}
		} else {
			put(l, (const char *)p, n);
		}
		p += n;
		left -= n;
	}
}

static const struct diag_marks plain = { "", "", "; ", "" };

static void put_place(struct line *l, const struct diag *d, const struct diag_marks *m)
{
	bool pointer = d->pointer && *d->pointer;
	char num[32];

	if (!d->file && !pointer)
		return;
	put_raw(l, m->place);
	if (d->file) {
		put_text(l, d->file);
		if (d->line) {
			snprintf(num, sizeof(num), d->col ? ":%u:%u" : ":%u", d->line, d->col);
			put_raw(l, num);
		}
	}
	if (pointer) {
		if (d->file)
			put_raw(l, " ");
		put_text(l, d->pointer);
	}
	put_raw(l, ":");
	put_raw(l, m->place_end);
	put_raw(l, " ");
}

/* (step: STEP; CALL "PATH": ERRNO TEXT); a sentence that has the step's words already needs no more of them */
static void put_circumstances(struct line *l, const struct diag *d)
{
	bool deed = d->call || d->path || d->err, step = d->step && !strstr(d->what, d->step);

	if (!step && !deed)
		return;
	put_raw(l, " (");
	if (step) {
		put_raw(l, "step: ");
		put_text(l, d->step);
	}
	if (step && deed)
		put_raw(l, "; ");
	if (d->call)
		put_text(l, d->call);
	if (d->path) {
		put_raw(l, d->call ? " \"" : "\"");
		put_text(l, d->path);
		put_raw(l, "\"");
	}
	if (d->err) {
		if (d->call || d->path)
			put_raw(l, ": ");
		put_raw(l, diag_errno_text(d->err));
	}
	put_raw(l, ")");
}

static void put_message(struct line *l, const struct diag *d, const struct diag_marks *m)
{
	put_text(l, d->what);
	put_circumstances(l, d);
	if (d->hint) {
		put_raw(l, m->hint);
		put_text(l, d->hint);
		put_raw(l, m->hint_end);
	}
}

char *diag_format_marked(struct diags *dg, const struct diag *d, const struct diag_marks *m)
{
	struct line l = { .a = dg->arena };

	put_place(&l, d, m);
	put_message(&l, d, m);
	return l.v;
}

char *diag_format(struct diags *dg, const struct diag *d)
{
	return diag_format_marked(dg, d, &plain);
}

char *diag_format_message(struct diags *dg, const struct diag *d)
{
	struct line l = { .a = dg->arena };

	put_raw(&l, "");
	put_message(&l, d, &plain);
	return l.v;
}
