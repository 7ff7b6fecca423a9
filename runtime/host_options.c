/* SPDX-License-Identifier: Apache-2.0 */
#include "host_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../spec/number.h"
#include "../spec/words.h"
#include "facts.h"
#include "host_tree.h"
#include "launch_options.h"

/* ---- paths ---- */

/* Absolute and without symlinks where it is there; else as given, behind the working directory. */
static const char *absolute(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL), *cwd;
	const char *out;

	if (real) {
		out = arena_strdup(a, real);
	} else if (*path == '/') {
		out = arena_strdup(a, path);
	} else {
		cwd = getcwd(NULL, 0);
		out = arena_printf(a, "%s/%s", cwd ? cwd : "", path);
		free(cwd);
	}
	free(real);
	return out;
}

static struct host_mount *add_mount(struct arena *a, struct host_opts *o, enum host_mount_kind kind,
				    const char *said)
{
	struct host_mounts *l = &o->mounts;

	l->v = arena_grow(a, l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n] = (struct host_mount){ .kind = kind, .said = said };
	return &l->v[l->n++];
}

/* SRC[:DST]; without DST the same place inside. */
static const char *add_bind(struct arena *a, struct host_opts *o, enum host_mount_kind kind,
			    const char *option, const char *value)
{
	struct str_list parts = { 0 };
	struct host_mount *m;

	if (!split_colons(a, value, &parts) || parts.n > 2)
		return "SOURCE or SOURCE:DESTINATION is expected; a \":\" in a name is written \"\\:\"";
	if (parts.n == 2 && *parts.v[1] != '/')
		return "the destination must be absolute";
	m = add_mount(a, o, kind, arena_printf(a, "%s %s", option, value));
	m->source = absolute(a, parts.v[0]);
	m->dest = parts.n == 2 ? parts.v[1] : m->source;
	return NULL;
}

static const char *parse_write(struct arena *a, void *opts, const char *value)
{
	return add_bind(a, opts, HOST_RW, "--write", value);
}

static const char *parse_bind(struct arena *a, void *opts, const char *value)
{
	return add_bind(a, opts, HOST_RW, "--bind", value);
}

static const char *parse_ro_bind(struct arena *a, void *opts, const char *value)
{
	return add_bind(a, opts, HOST_RO, "--ro-bind", value);
}

static const char *parse_dev(struct arena *a, void *opts, const char *value)
{
	if (strncmp(value, "/dev/", 5) != 0)
		return "a device as in /dev/kvm is expected";
	return add_bind(a, opts, HOST_RW, "--dev", value);
}

static bool is_size(const char *s)
{
	uint64_t bytes;

	return number_parse_size(s, strlen(s), &bytes) == NUMBER_OK && bytes && bytes <= INT64_MAX;
}

static const char *parse_tmpfs(struct arena *a, void *opts, const char *value)
{
	struct str_list parts = { 0 };
	struct host_mount *m;

	if (!split_colons(a, value, &parts) || parts.n > 2 || *parts.v[0] != '/' ||
	    (parts.n == 2 && !is_size(parts.v[1])))
		return "DIRECTORY or DIRECTORY:SIZE is expected, as in /tmp:512m";
	m = add_mount(a, opts, HOST_TMPFS, arena_printf(a, "--tmpfs %s", value));
	m->dest = parts.v[0];
	m->size = parts.n == 2 ? parts.v[1] : NULL;
	return NULL;
}

/* DST=TOP[:BASE]... */
static const char *add_layers(struct arena *a, void *opts, enum host_mount_kind kind, const char *option,
			      const char *value)
{
	const char *eq = strchr(value, '=');
	struct str_list layers = { 0 };
	struct host_mount *m;

	if (*value != '/' || !eq || !split_colons(a, eq + 1, &layers))
		return "DIRECTORY=LAYER[:LAYER]... is expected, the top one first";
	m = add_mount(a, opts, kind, arena_printf(a, "%s %s", option, value));
	m->dest = arena_strndup(a, value, (size_t)(eq - value));
	for (size_t i = 0; i < layers.n; i++)
		str_list_add(a, &m->layers, absolute(a, layers.v[i]));
	return NULL;
}

static const char *parse_overlay(struct arena *a, void *opts, const char *value)
{
	return add_layers(a, opts, HOST_LAYERS, "--overlay", value);
}

static const char *parse_ro_overlay(struct arena *a, void *opts, const char *value)
{
	return add_layers(a, opts, HOST_RO_LAYERS, "--ro-overlay", value);
}

static const char *parse_upper(struct arena *a, void *opts, const char *value)
{
	((struct host_opts *)opts)->upper = absolute(a, value);
	return NULL;
}

static const char *parse_chdir(struct arena *a, void *opts, const char *value)
{
	((struct host_opts *)opts)->chdir = *value == '/' ? value : absolute(a, value);
	return NULL;
}

/* ---- words and numbers ---- */

static const char *parse_network(struct arena *a, void *opts, const char *value)
{
	(void)a;
	((struct host_opts *)opts)->network = value;
	return words_find(&words_network, value, strlen(value)) < 0 ? "none, loopback or host is expected" : NULL;
}

/* Namespaces by name, with commas. */
static const char *add_namespaces(struct arena *a, unsigned *out, unsigned allowed, const char *value)
{
	char *list = arena_strdup(a, value), *save = NULL;

	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int t = words_find(&words_ns_type, word, strlen(word));

		if (t < 0 || !(allowed >> t & 1))
			return "the name of a namespace is expected, or several with commas (network: see --net)";
		*out |= 1u << t;
	}
	return NULL;
}

static const char *parse_share(struct arena *a, void *opts, const char *value)
{
	return add_namespaces(a, &((struct host_opts *)opts)->share,
			      1u << NS_PID | 1u << NS_IPC | 1u << NS_UTS, value);
}

static const char *parse_unshare(struct arena *a, void *opts, const char *value)
{
	return add_namespaces(a, &((struct host_opts *)opts)->unshare,
			      1u << NS_USER | 1u << NS_CGROUP | 1u << NS_TIME, value);
}

static const char *parse_size(struct arena *a, void *opts, const char *value)
{
	(void)a;
	((struct host_opts *)opts)->size = value;
	return is_size(value) ? NULL : "a size is expected, as in 512m or 2g";
}

static const char *parse_memory(struct arena *a, void *opts, const char *value)
{
	(void)a;
	((struct host_opts *)opts)->memory = value;
	return is_size(value) ? NULL : "a size is expected, as in 512m or 2g";
}

/* "2", "0.5": in thousandths, which are 100 us of a period of 100 ms. */
static const char *parse_cpus(struct arena *a, void *opts, const char *value)
{
	static const char wrong[] = "a number of processors from 0.01 to 10000 is expected, as in 1.5";
	size_t whole = strcspn(value, ".");
	const char *rest = value[whole] ? value + whole + 1 : "0";
	unsigned long long n, part = 0;
	size_t digits = strlen(rest);

	if (!parse_decimal(arena_strndup(a, value, whole), 10000, &n) || !digits || digits > 3 ||
	    strspn(rest, "0123456789") != digits)
		return wrong;
	for (size_t i = 0; i < 3; i++)
		part = part * 10 + (i < digits ? (unsigned)(rest[i] - '0') : 0);
	n = n * 1000 + part;
	((struct host_opts *)opts)->cpu_quota = (unsigned long)n * 100;
	return n >= 10 ? NULL : wrong; /* the kernel takes 1 ms and more */
}

static const char *parse_tty(struct arena *a, void *opts, const char *value)
{
	(void)a;
	((struct host_opts *)opts)->tty = !strcmp(value, "true") ? TTY_YES : TTY_NO;
	return strcmp(value, "true") != 0 && strcmp(value, "false") != 0 ? "true or false is expected" : NULL;
}

static const char *parse_env(struct arena *a, void *opts, const char *value)
{
	const char *eq = strchr(value, '='), *own = eq ? NULL : getenv(value);

	if (eq == value || !*value)
		return "NAME=VALUE is expected, or the NAME of a variable of yours";
	if (!eq && !own)
		return "there is no such variable in your environment, and no value is given";
	str_list_add(a, &((struct host_opts *)opts)->env, eq ? value : arena_printf(a, "%s=%s", value, own));
	return NULL;
}

static const char *parse_ids(struct arena *a, void *opts, const char *value)
{
	struct host_opts *o = opts;
	size_t n = strcspn(value, ":");
	unsigned long long uid, gid = 0;

	if (!parse_decimal(arena_strndup(a, value, n), UINT32_MAX - 1, &uid) ||
	    (value[n] && !parse_decimal(value + n + 1, UINT32_MAX - 1, &gid)))
		return "UID or UID:GID is expected, in numbers";
	o->set_user = true;
	o->set_gid = value[n] != '\0';
	o->uid = (uint32_t)uid;
	o->gid = (uint32_t)gid;
	return NULL;
}

/* clang-format off */
#define H(field) offsetof(struct host_opts, field)
const struct opt host_options[] = {
	{ "write", 'w', OPT_PARSE, "DIR[:DST]", 0, "what is written there stays (without this nothing does)", 0, parse_write },
	{ "bind", 'b', OPT_PARSE, "SRC[:DST]", 0, "the same, as others call it", 0, parse_bind },
	{ "ro-bind", 'r', OPT_PARSE, "SRC[:DST]", 0, "SRC at DST, read-only", 0, parse_ro_bind },
	{ "read-only", 'R', OPT_SWITCH, NULL, H(read_only), "no overlay: what isn't -w or --tmpfs can't be written", 0, NULL },
	{ "tmpfs", 'T', OPT_PARSE, "DIR[:SIZE]", 0, "an empty directory in memory", 0, parse_tmpfs },
	{ "overlay", 0, OPT_PARSE, "DST=TOP:..", 0, "layers; what is written is thrown away", 0, parse_overlay },
	{ "ro-overlay", 0, OPT_PARSE, "DST=TOP:..", 0, "the same, read-only", 0, parse_ro_overlay },
	{ "dev", 0, OPT_PARSE, "/dev/NAME", 0, "a device of the machine's", 0, parse_dev },
	{ "upper", 'U', OPT_PARSE, "DIR", 0, "keep all that is written, in DIR/upper (see \"sbrun diff\")", 0, parse_upper },
	{ "size", 's', OPT_PARSE, "SIZE", 0, "no more can be written than this, as 512m", 0, parse_size },
	{ "net", 'n', OPT_PARSE, "WHICH", 0, "none, loopback or host (the default)", 0, parse_network },
	{ "memory", 'm', OPT_PARSE, "SIZE", 0, "limit, as 2g", 0, parse_memory },
	{ "pids", 'p', OPT_NUMBER, "N", H(pids), "limit of processes and threads", INT32_MAX, NULL },
	{ "cpus", 0, OPT_PARSE, "N", 0, "limit, as 1.5", 0, parse_cpus },
	{ "env", 'e', OPT_PARSE, "NAME[=VALUE]", 0, "set a variable, or take over one of yours", 0, parse_env },
	{ "clear-env", 'E', OPT_SWITCH, NULL, H(clear_env), "none of your environment but what --env says", 0, NULL },
	{ "chdir", 'C', OPT_PARSE, "DIR", 0, "the working directory (default: yours)", 0, parse_chdir },
	{ "user", 'u', OPT_PARSE, "UID[:GID]", 0, "who to be; 0 for an ordinary user: root inside", 0, parse_ids },
	{ "hostname", 0, OPT_TEXT, "NAME", H(hostname), "of the sandbox (default: the machine's)", 0, NULL },
	{ "share", 0, OPT_PARSE, "NS[,NS]", 0, "the machine's own of pid, ipc, uts", 0, parse_share },
	{ "unshare", 0, OPT_PARSE, "NS[,NS]", 0, "also one's own of user, cgroup, time", 0, parse_unshare },
	{ "tty", 't', OPT_PARSE, NULL, 0, "a terminal (default: if all three are one)", 0, parse_tty },
	{ "name", 0, OPT_TEXT, "ID", H(name), "for \"sbrun exec\" and others (default: made up)", 0, NULL },
	{ 0 },
};
#undef H
/* clang-format on */

/* ---- from options to a configuration ---- */

static int find_cwd(struct call *c, struct host_opts *o)
{
	char *cwd;

	if (o->chdir)
		return 0;
	cwd = getcwd(NULL, 0);
	if (cwd && *cwd == '/')
		o->chdir = arena_strdup(c->arena, cwd);
	else
		diag_errno(c->dg, errno, "getcwd", NULL, "the working directory is not to be found")->hint =
			"give one with --chdir";
	free(cwd);
	return o->chdir ? 0 : -1;
}

/* One that is there, and that the command won't see though it begins in it: an empty one is made. */
static void look_for_cwd(struct call *c, const struct host_opts *o, const struct host_tree *t, bool asked)
{
	const char *over = host_tree_own(t, o->chdir), *by = NULL, *within = NULL;
	struct stat st;

	if (over)
		by = arena_printf(c->arena, "the sandbox's own %s", over);
	for (size_t i = 0; i < o->mounts.n; i++) {
		const struct host_mount *m = &o->mounts.v[i];

		if (host_path_in(o->chdir, m->dest)) {
			by = m->kind == HOST_TMPFS ? m->said : NULL;
			over = m->dest;
			within = NULL;
		} else if (host_path_in(m->dest, o->chdir)) {
			within = m->said;
		}
	}
	if (!by || (asked && !strcmp(over, o->chdir)) || stat(o->chdir, &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	diag_warning(c->dg, "the working directory %s is hidden by %s: the command begins in %s", o->chdir, by,
		     within ? arena_printf(c->arena, "one that has only %s", within) : "an empty one")->hint = "-w . after that shows it and keeps what is written, -r . shows it read-only; "
				 "-C DIR begins elsewhere";
}

/* Options are done in their order: what is mounted where a later one covers it was in vain. */
static void look_for_covered(struct call *c, const struct host_opts *o)
{
	for (size_t i = 0; i < o->mounts.n; i++)
		for (size_t k = i + 1; k < o->mounts.n; k++) {
			const struct host_mount *m = &o->mounts.v[i], *over = &o->mounts.v[k];

			if (!strcmp(m->dest, over->dest) || !host_path_in(m->dest, over->dest))
				continue;
			diag_warning(c->dg, "%s is hidden by %s, which comes after it", m->said, over->said)->hint =
				"give the directory before what is in it";
			break;
		}
}

int host_prepare(struct call *c, struct host_opts *o, struct host_config *out)
{
	struct host_tree tree;
	struct facts facts;
	bool whole, asked = o->chdir;

	if (o->upper && (o->size || o->read_only)) {
		diag_error(c->dg, "--upper and %s exclude each other", o->size ? "--size" : "--read-only");
		return -1;
	}
	if (facts_get(c->arena, 0, &facts, c->dg) < 0 || find_cwd(c, o) < 0)
		return -1;
	whole = facts.uid == 0 && facts.initial_userns && !(o->unshare >> NS_USER & 1);
	if (host_tree_read(c->arena, whole, o->read_only, o->chdir, &tree, c->dg) < 0 ||
	    host_config_make(c->arena, o, &tree, &facts, c->words, out, c->dg) < 0)
		return -1;
	look_for_covered(c, o);
	look_for_cwd(c, o, &tree, asked);
	o->run.launch.text = out->text;
	o->run.launch.text_len = out->len;
	o->run.launch.bundle = "/";
	return 0;
}

/* Each part of the path; what is there already may be anything that leads on. */
static int make_dirs(struct diags *dg, const char *path)
{
	char part[4096];

	for (size_t n = 1; n <= strlen(path); n++) {
		if ((path[n] && path[n] != '/') || n >= sizeof(part))
			continue;
		memcpy(part, path, n);
		part[n] = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST) {
			diag_errno(dg, errno, "mkdir", part, "can't make a directory for --upper");
			return -1;
		}
	}
	return 0;
}

/* The upper becomes the merged directory itself, so it has the owner and mode of what it stands for. */
int host_uppers(const struct host_config *cfg, struct diags *dg)
{
	for (size_t i = 0; i < cfg->uppers.n; i++) {
		const char *upper = cfg->uppers.v[i], *like = cfg->likes.v[i];
		struct stat st;

		if (make_dirs(dg, upper) < 0)
			return -1;
		if (!*like || stat(like, &st) < 0)
			continue;
		/* an ordinary user can't give it away, and then it is theirs */
		if ((geteuid() == 0 && chown(upper, st.st_uid, st.st_gid) < 0) ||
		    chmod(upper, st.st_mode & 07777) < 0) {
			diag_errno(dg, errno, "chmod", upper, "can't prepare a directory for --upper");
			return -1;
		}
	}
	return 0;
}
