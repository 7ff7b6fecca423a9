/* SPDX-License-Identifier: Apache-2.0 */
/* What a task changed: a line for each, or JSON; or only what it was not to change. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../spec/utf8.h"
#include "command.h"
#include "diff.h"
#include "diff_kept.h"
#include "facts.h"
#include "fd.h"
#include "human.h"
#include "json_text.h"
#include "progress.h"
#include "stored.h"
#include "width.h"

enum { EXIT_UNDECLARED = 1 };

struct diff_opts {
	const char *upper;
	struct str_list lowers, outputs;
	bool json, userxattr;
};

struct printer {
	struct call *c;
	const struct diff_opts *o;
	struct screen screen;
	bool *seen; /* for each of outputs: something matched */
	size_t n;   /* printed so far */
};

static const char letters[] = "ACDRW";
static const char *const words[] = { "added", "changed", "deleted", "replaced", "written" };

/* ---- how an entry is shown ---- */

static char type_letter(mode_t mode)
{
	return S_ISREG(mode) ? '-' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISCHR(mode) ? 'c'
	       : S_ISBLK(mode) ? 'b' : S_ISFIFO(mode) ? 'p' : S_ISSOCK(mode) ? 's' : '?';
}

static const char *type_word(mode_t mode)
{
	return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "symlink"
	       : S_ISCHR(mode) ? "character-device" : S_ISBLK(mode) ? "block-device"
	       : S_ISFIFO(mode) ? "fifo" : "socket";
}

/* One line on any terminal: what isn't printable UTF-8, and the backslash, as \xNN. */
static char *safe(struct arena *a, const char *s)
{
	size_t n = strlen(s), used = 0;
	char *out = arena_alloc(a, 4 * n + 1);

	while (n) {
		size_t len = utf8_sequence((const unsigned char *)s, n);
		unsigned char c = (unsigned char)*s;
		bool c1 = len == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0; /* control characters too */

		if (len && c >= 0x20 && c != 0x7f && c != '\\' && !c1) {
			memcpy(out + used, s, len);
			used += len;
		} else {
			len = 1;
			used += (size_t)snprintf(out + used, 5, "\\x%02x", c);
		}
		s += len;
		n -= len;
	}
	return out;
}

/* The same on a screen, where also nothing is invisible or written from the right. */
static char *shown(const struct printer *p, struct arena *a, const char *s)
{
	return p->screen.eyes ? width_safe(a, safe(a, s), p->screen.utf8) : safe(a, s);
}

static const char *letter(const struct printer *p, struct arena *a, enum diff_kind kind)
{
	static const enum style styles[] = {
		[DIFF_ADDED] = STYLE_GOOD,    [DIFF_CHANGED] = STYLE_CARE, [DIFF_DELETED] = STYLE_BAD,
		[DIFF_REPLACED] = STYLE_CARE, [DIFF_WRITTEN] = STYLE_GOOD,
	};

	return arena_printf(a, "%s%c%s", screen_on(&p->screen, styles[kind]), letters[kind],
			    screen_off(&p->screen, styles[kind]));
}

static char *line(const struct printer *p, struct arena *a, const struct diff_entry *e)
{
	char mode[11] = "----------";
	const char *size = "-", *end = "";

	if (e->kind != DIFF_DELETED) {
		snprintf(mode, sizeof mode, "%c%04o", type_letter(e->st.st_mode), e->st.st_mode & 07777);
		if (S_ISREG(e->st.st_mode))
			size = p->screen.eyes ? human_bytes(a, (uint64_t)e->st.st_size)
					      : arena_printf(a, "%lld", (long long)e->st.st_size);
	} else {
		snprintf(mode, sizeof mode, "-");
	}
	if (e->redirect)
		end = arena_printf(a, " (renamed from %s)", shown(p, a, e->redirect));
	else if (e->metacopy)
		end = " (its owner, mode or times)";
	return arena_printf(a, "%s %-5s %10s %s%s\n", letter(p, a, e->kind), mode, size, shown(p, a, e->path),
			    end);
}

/* "path", and where that isn't UTF-8 also "pathHex". */
static void set_bytes(json_t *o, const char *key, const char *hex_key, const char *s)
{
	json_t *bytes = json_from_bytes(s);

	json_object_set_new(o, key, json_text(s));
	if (json_is_object(bytes))
		json_object_set(o, hex_key, json_object_get(bytes, "hex"));
	json_decref(bytes);
}

static char *object(struct printer *p, struct arena *a, const struct diff_entry *e)
{
	json_t *o = json_pack("{s:s}", "change", words[e->kind]);
	char *text;

	set_bytes(o, "path", "pathHex", e->path);
	if (e->kind != DIFF_DELETED) {
		json_object_set_new(o, "type", json_string(type_word(e->st.st_mode)));
		json_object_set_new(o, "mode", json_integer(e->st.st_mode & 07777));
		json_object_set_new(o, "uid", json_integer(e->st.st_uid));
		json_object_set_new(o, "gid", json_integer(e->st.st_gid));
		if (S_ISREG(e->st.st_mode))
			json_object_set_new(o, "size", json_integer((json_int_t)e->st.st_size));
	}
	if (e->redirect)
		set_bytes(o, "renamedFrom", "renamedFromHex", e->redirect);
	if (e->metacopy)
		json_object_set_new(o, "metadataOnly", json_true());
	text = json_document(a, o, JSON_COMPACT);
	if (text)
		text[strlen(text) - 1] = '\0';
	return text ? arena_printf(a, "%s  %s", p->n ? ",\n" : "", text) : NULL;
}

/* ---- outputs ---- */

/* A directory on the way to what a pattern means is no output of its own, and no surprise either. */
static bool leads_to(const char *pattern, const struct diff_entry *e)
{
	size_t n = strlen(e->path);

	return S_ISDIR(e->st.st_mode) && e->kind != DIFF_DELETED && !strncmp(pattern, e->path, n) &&
	       pattern[n] == '/';
}

static bool is_declared(struct printer *p, const struct diff_entry *e)
{
	const struct str_list *l = &p->o->outputs;
	bool declared = false;

	for (size_t i = 0; i < l->n; i++) {
		/* FNM_LEADING_DIR: what a pattern means, all that is in it belongs to */
		bool match = fnmatch(l->v[i], e->path, FNM_LEADING_DIR | FNM_NOESCAPE) == 0;

		p->seen[i] |= match && e->kind != DIFF_DELETED;
		declared |= match || leads_to(l->v[i], e);
	}
	return declared;
}

static int check_outputs(struct printer *p)
{
	const struct str_list *l = &p->o->outputs;
	bool missing = false;

	for (size_t i = 0; i < l->n; i++)
		if (!p->seen[i]) {
			diag_warning(p->c->dg, "nothing was written that \"%s\" means", l->v[i]);
			missing = true;
		}
	return l->n && (missing || p->n) ? EXIT_UNDECLARED : 0;
}

static int take(void *arg, struct arena *scratch, const struct diff_entry *e)
{
	struct printer *p = arg;
	const char *text;

	if (p->o->outputs.n && is_declared(p, e))
		return 0;
	text = p->o->json ? object(p, scratch, e) : line(p, scratch, e);
	p->n++;
	return command_output(p->c, text) == 0 ? 0 : -1;
}

/* ---- where the layers are ---- */

static const char *from_bundle(struct arena *a, const struct state *st, const char *path)
{
	return *path == '/' ? path : arena_printf(a, "%s/%s", st->bundle, path);
}

struct look {
	struct printer *p;
	const struct state *st;
	bool userxattr;
	size_t uppers;
	unsigned ephemeral; /* seen so far */
};

static int one_overlay(struct look *l, const struct spec_overlay *o, const char *prefix)
{
	struct arena *a = l->p->c->arena;
	struct diff_layers d = { .prefix = prefix, .userxattr = l->userxattr };
	struct diff_sink sink = { take, l->p };
	CLEANUP_FD kept = -1;

	if (o->ephemeral.set && o->lowerdirs.n) {
		kept = diff_kept_open(l->st, l->ephemeral++, *prefix ? prefix : "the root", l->p->c->dg);
		if (kept < 0)
			return -1;
	} else if (!o->upperdir) {
		return 0;
	}
	l->uppers++;
	d.unnamed = kept >= 0;
	d.upper = kept >= 0 ? arena_printf(a, "/proc/self/fd/%d", kept) : from_bundle(a, l->st, o->upperdir);
	for (size_t i = 0; i < o->lowerdirs.n; i++)
		str_list_add(a, &d.lowers, from_bundle(a, l->st, o->lowerdirs.v[i]));
	return diff_walk(a, &d, &sink, l->p->c->dg);
}

static int all_overlays(struct look *l, const struct spec *s)
{
	struct arena *a = l->p->c->arena;
	int r = s->root->overlay ? one_overlay(l, s->root->overlay, "") : 0;

	for (size_t i = 0; i < s->mounts.n && r == 0; i++) {
		const struct spec_mount *m = &s->mounts.v[i];
		struct spec_overlay classic = { 0 };
		struct str_list rest;

		if (m->overlay)
			r = one_overlay(l, m->overlay, m->destination);
		else if (m->type && !strcmp(m->type, "overlay") &&
			 spec_overlay_from_options(a, m, &classic, &rest, NULL) == 0)
			r = one_overlay(l, &classic, m->destination);
	}
	return r;
}

static int of_sandbox(struct printer *p, const char *id)
{
	struct state_dir sd = STATE_DIR_NONE;
	struct look l = { .p = p };
	struct facts facts;
	struct state st;
	const struct spec *s;
	int r;

	if (command_open(p->c, id, &sd, &st) < 0)
		return -1;
	s = stored_config(p->c->arena, &sd, p->c->dg);
	r = s ? facts_get(p->c->arena, 0, &facts, p->c->dg) : -1;
	l.st = &st;
	l.userxattr = st.namespaces >> NS_USER & 1 || (r == 0 && !facts.initial_userns);
	if (r == 0)
		r = all_overlays(&l, s);
	if (r == 0 && !l.uppers) {
		diag_error(p->c->dg, "no overlay of \"%s\" is writable, so there is nothing to tell", id)->hint =
			"what it writes goes to the directories themselves";
		r = -1;
	}
	state_close(&sd);
	return r;
}

static int of_upper(struct printer *p)
{
	const struct diff_opts *o = p->o;
	struct diff_layers d = { .upper = o->upper,
				 .lowers = o->lowers,
				 .prefix = "",
				 .userxattr = o->userxattr || geteuid() != 0 };
	struct diff_sink sink = { take, p };

	return diff_walk(p->c->arena, &d, &sink, p->c->dg);
}

static int run(struct call *c, void *opts)
{
	const struct diff_opts *o = opts;
	int code;
	struct printer p = { .c = c, .o = o, .screen = screen_of(STDOUT_FILENO) };

	p.seen = arena_array(c->arena, o->outputs.n + 1, sizeof(bool));
	if (!o->upper == !c->n_words) {
		diag_error(c->dg, "sbrun diff needs a container ID or --upper, one of the two");
		return EXIT_SBRUN;
	}
	if (o->json && command_output(c, "[\n") != 0)
		return EXIT_SBRUN;
	progress_begin("looking at what was written");
	code = c->n_words ? of_sandbox(&p, c->words[0]) : of_upper(&p);
	progress_end();
	if (code < 0)
		return EXIT_SBRUN;
	if (o->json && command_output(c, p.n ? "\n]\n" : "]\n") != 0)
		return EXIT_SBRUN;
	return check_outputs(&p);
}

/* clang-format off */
#define D(field) offsetof(struct diff_opts, field)
static const struct opt options[] = {
	{ "upper", 0, OPT_TEXT, "DIR", D(upper), "of this upper layer, in place of a sandbox's", 0, NULL },
	{ "lower", 0, OPT_TEXTS, "DIR", D(lowers), "a layer below it; one for each, the top one first", 0, NULL },
	{ "userxattr", 0, OPT_SWITCH, NULL, D(userxattr), "that upper is of a user namespace (always for an ordinary user)", 0, NULL },
	{ "outputs", 'o', OPT_TEXTS, "GLOB", D(outputs), "tell only what this doesn't match, and exit with 1", 0, NULL },
	{ "json", 0, OPT_SWITCH, NULL, D(json), "as JSON", 0, NULL },
	{ 0 },
};
#undef D
/* clang-format on */

const struct command cmd_diff = {
	.name = "diff",
	.usage = "[OPTION]... ID  |  sbrun diff [OPTION]... --upper DIR [--lower DIR]...",
	.summary = "tell what a sandbox changed in its writable overlays",
	.details = "A line for each: A added, C changed, D deleted, R a directory with nothing of its former content,\n"
		   "W written (no --lower was given to tell A from C); type and mode, size, path. Of -o a directory\n"
		   "stands for all that is in it, and \"*\" also matches \"/\"; something undeclared, or nothing that a\n"
		   "GLOB means, makes the exit code 1.\n",
	.options = options,
	.opts_size = sizeof(struct diff_opts),
	.max_words = 1,
	.run = run,
};
