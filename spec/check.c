/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of the checks (see check.h), and the rules for the top of the document. */
#include "check.h"
#include "duration.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "places.h"
#include "words.h"

struct check *check_at(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->pointer = arena_vprintf(c->a, fmt, ap);
	va_end(ap);
	return c;
}

char *check_text(struct check *c, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(c->a, fmt, ap);
	va_end(ap);
	return s;
}

/* The value at c->pointer has had its error, or there have been enough of them. */
static bool silent(struct check *c)
{
	bool exact;
	uint32_t id;

	if (c->flawed) {
		id = places_find(c->s->places, c->pointer, &exact);
		if (exact && places_bad(c->s->places, id))
			return true;
	}
	if (++c->problems == SPEC_MAX_PROBLEMS)
		spec_at(c->s,
			diag_error(c->dg, "more than %d problems; the rest is not told", SPEC_MAX_PROBLEMS),
			"");
	return c->problems >= SPEC_MAX_PROBLEMS;
}

struct diag *check_refuse(struct check *c, const char *fmt, ...)
{
	va_list ap;
	struct diag *d;

	if (silent(c))
		return &c->nowhere;
	va_start(ap, fmt);
	d = diag_error(c->dg, "%s", arena_vprintf(c->a, fmt, ap));
	va_end(ap);
	return spec_at(c->s, d, c->pointer);
}

struct diag *check_warn(struct check *c, const char *fmt, ...)
{
	va_list ap;
	struct diag *d;

	if (silent(c))
		return &c->nowhere;
	va_start(ap, fmt);
	d = diag_warning(c->dg, "%s", arena_vprintf(c->a, fmt, ap));
	va_end(ap);
	return spec_at(c->s, d, c->pointer);
}

bool check_flawed(struct check *c, const char *fmt, ...)
{
	va_list ap;
	bool exact;
	uint32_t id;

	if (!c->flawed)
		return false;
	va_start(ap, fmt);
	id = places_find(c->s->places, arena_vprintf(c->a, fmt, ap), &exact);
	va_end(ap);
	return exact && places_tainted(c->s->places, id);
}

bool check_has_ns(const struct check *c, enum ns_type t)
{
	return !c->ns_sure || spec_namespace(c->s, t);
}

void check_need_ns(struct check *c, enum ns_type t, const char *what)
{
	if (!check_has_ns(c, t))
		check_refuse(c, "%s needs a namespace of type %s", what, ns_type_name(t))->hint =
			check_text(c, "add { \"type\": \"%s\" } to linux.namespaces", ns_type_name(t));
}

void check_absolute(struct check *c, const char *path)
{
	if (path && !*path)
		check_refuse(c, "the path is empty");
	else if (path && *path != '/')
		check_refuse(c, "the path \"%s\" is not absolute", path);
}

bool str_same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

bool str_listed(const struct str_list *list, const char *s)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_same(list->v[i], s))
			return true;
	return false;
}

/* One number of a version; returns what follows, or NULL. */
static const char *version_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && n < 10 && (n == 1 || *s != '0') ? s + n : NULL;
}

static bool is_semver(const char *s)
{
	static const char suffix[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.";

	for (int i = 0; i < 3; i++) {
		s = version_number(s);
		if (!s || (i < 2 && *s++ != '.'))
			return false;
	}
	for (const char *mark = "-+"; *mark; mark++)
		if (*s == *mark && s[1])
			s += 1 + strspn(s + 1, suffix);
	return *s == '\0';
}

static void check_version(struct check *c)
{
	const char *v = c->s->oci_version;

	if (!v)
		return;
	check_at(c, "/ociVersion");
	if (!is_semver(v))
		check_refuse(c, "\"%s\" is not a version", v)->hint = "it has three numbers, as in \"1.3.0\"";
	else if (v[0] != '1' || v[1] != '.')
		check_refuse(c, "version %s of the runtime-spec is not supported", v)->hint =
			"sbrun implements 1.0.0 to 1.3.0";
}

static void check_root(struct check *c)
{
	struct spec_root *r = c->s->root;

	if (!r)
		return;
	if (r->overlay)
		check_overlay(c, r->overlay, "/root/overlay");
	if (!r->path && !r->overlay && !check_flawed(c, "/root"))
		check_refuse(check_at(c, "/root"), "neither path nor overlay is given")->hint =
			"name the directory of the root file system in root.path";
	if (r->path && r->overlay)
		check_refuse(check_at(c, "/root/path"), "path and overlay are both given")->hint =
			"a root is either a directory or an overlay; put the directory among the lowerdirs";
}

static void check_hostname(struct check *c)
{
	static const struct {
		const char *field;
		size_t offset;
	} names[] = {
		{ "hostname", offsetof(struct spec, hostname) },
		{ "domainname", offsetof(struct spec, domainname) },
	};

	for (size_t i = 0; i < 2; i++) {
		const char *name = *(char **)(void *)((char *)c->s + names[i].offset);

		if (!name || !*name)
			continue;
		check_at(c, "/%s", names[i].field);
		check_need_ns(c, NS_UTS, check_text(c, "a %s", names[i].field));
		if (strlen(name) > 64) /* __NEW_UTS_LEN */
			check_refuse(c, "%zu bytes are too long for a %s; Linux takes 64", strlen(name),
				     names[i].field);
	}
}

char *check_clean_path(struct check *c, const char *path)
{
	char *out = arena_alloc(c->a, strlen(path) + 3), *p = out;
	bool absolute = *path == '/';

	while (*path) {
		size_t n = strcspn(path, "/");
		char *slash = strrchr(out, '/'), *last = slash ? slash + 1 : out;

		if (n == 2 && path[0] == '.' && path[1] == '.' &&
		    (absolute || (p > out && strcmp(last, "..")))) {
			p = slash ? slash : out;
		} else if (n && !(n == 1 && *path == '.')) {
			if (absolute || p > out)
				*p++ = '/';
			memcpy(p, path, n);
			p += n;
		}
		*p = '\0';
		path += n + (path[n] == '/');
	}
	if (p == out)
		memcpy(out, absolute ? "/" : ".", 2);
	return out;
}

static int by_name(const void *pa, const void *pb)
{
	const struct named *a = pa, *b = pb;
	int c = strcmp(a->name, b->name);

	return c ? c : (a->order > b->order) - (a->order < b->order);
}

void check_unique(struct check *c, struct named *v, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++)
		v[i].order = i;
	if (n > 1)
		qsort(v, n, sizeof(*v), by_name);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(v[i].name, v[i - 1].name))
			check_refuse(check_at(c, "%s", v[i].pointer), "%s \"%s\" is used twice, also at %s",
				     what, v[i].name, v[i - 1].pointer);
}

static void check_annotations(struct check *c)
{
	struct spec *s = c->s;
	const char *mode = spec_annotation(s, "org.sbrun.init"), *close;
	int i;

	for (size_t k = 0; k < s->annotations.n; k++)
		if (!*s->annotations.v[k].key)
			check_refuse(check_at(c, "/annotations/"), "the key of an annotation can't be empty");
	if (!mode)
		return;
	i = words_find(&words_init, mode, strlen(mode));
	if (i < 0) {
		close = suggest(mode, words_init.v);
		check_refuse(check_at(c, "/annotations/org.sbrun.init"), "\"%s\" is not a known init mode",
			     mode)
			->hint =
			close ? check_text(c, "did you mean \"%s\"? Valid: auto, always, never", close)
			      : "valid: auto, always, never";
	} else if (!s->sbrun.set_init) {
		s->sbrun.set_init = true;
		s->sbrun.init = (enum init_mode)i;
	}
}

static void check_duration(struct check *c, const char *name, const char *text, bool none, uint64_t *ns)
{
	if (!text || (none ? parse_duration_or_none(text, ns) : parse_duration(text, ns)))
		return;
	check_refuse(check_at(c, "/sbrun/%s", name), "\"%s\" is not a length of time", text)->hint =
		"write seconds, \"90\", or numbers with units: \"1h30m\", \"1.5s\", \"200ms\"";
}

static void check_time_limits(struct check *c)
{
	struct spec_sbrun *s = &c->s->sbrun;

	check_duration(c, "timeout", s->timeout, false, &s->limits.timeout);
	check_duration(c, "killAfter", s->kill_after, true, &s->limits.kill_after);
	check_duration(c, "cpuTime", s->cpu_time, false, &s->limits.cpu_time);
	s->limits.set_kill_after = s->kill_after != NULL;
}

static struct check *check_init(struct check *c, struct arena *a, struct spec *s, struct diags *dg)
{
	*c = (struct check){ .a = a, .s = s, .dg = dg, .process = "/process" };
	c->resources = s->resources_at;
	c->flawed = s->places && places_tainted(s->places, 0);
	c->ns_sure = !check_flawed(c, "/linux/namespaces") &&
		     (s->linux_->namespaces.n || !check_flawed(c, "/linux"));
	return c;
}

void check_spec(struct arena *a, struct spec *s, struct diags *dg)
{
	struct check check, *c = check_init(&check, a, s, dg);

	check_network_word(c); /* first: it may add a namespace, which others need */
	check_version(c);
	check_root(c);
	check_hostname(c);
	check_annotations(c);
	check_foreign_annotations(c);
	check_time_limits(c);
	if (s->process)
		check_process(c);
	else if (!check_flawed(c, "/process"))
		check_refuse(check_at(c, "/process"), "process is required to run a sandbox")->hint =
			"add \"process\": { \"args\": [...], \"cwd\": \"/\", ... }";
	check_mounts(c);
	check_namespaces(c);
	check_linux(c);
	check_hooks(c);
}

void check_process_only(struct arena *a, struct spec *s, struct diags *dg)
{
	struct check check, *c = check_init(&check, a, s, dg);

	c->process = "";
	check_process(c);
}

void check_resources_only(struct arena *a, struct spec *s, const struct spec_resources *r, bool partial,
			  struct diags *dg)
{
	struct check check;

	check_resources(check_init(&check, a, s, dg), r, partial);
}
