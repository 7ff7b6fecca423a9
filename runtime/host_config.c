/* SPDX-License-Identifier: Apache-2.0 */
#include "host_config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/number.h"
#include "../spec/utf8.h"
#include "args.h"
#include "facts.h"
#include "host_tree.h"
#include "json_text.h"
#include "spec_template.h"
#include "version.h"

struct maker {
	struct arena *a;
	struct diags *dg;
	const struct host_opts *o;
	const struct host_tree *t;
	const struct facts *f;
	struct host_config *out;
	json_t *mounts;
	size_t cap_said;
	bool userns;       /* an ordinary user: a new one, with their own ids in it */
	uint32_t uid, gid; /* who the command is */
};

/* A string, or an error: a document holds no other bytes than UTF-8. */
static json_t *string(struct maker *m, const char *s)
{
	size_t n = strlen(s);

	if (utf8_check(s, n) == n)
		return json_stringn_nocheck(s, n);
	diag_error(m->dg, "\"%s\" is not UTF-8, which a configuration can't hold", s)->hint =
		"give the file or directory another name";
	return json_null();
}

static json_t *strings(struct maker *m, const struct str_list *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(list, string(m, l->v[i]));
	return list;
}

/* ---- mounts ---- */

static void add_mount(struct maker *m, json_t *mount, const char *said)
{
	struct host_config *c = m->out;

	json_array_append_new(m->mounts, mount);
	c->said = arena_grow(m->a, c->said, &m->cap_said, c->n_said + 1, sizeof(*c->said));
	c->said[c->n_said++] = said;
}

static json_t *bind_object(struct maker *m, const char *source, const char *dest, const char *const *options)
{
	json_t *list = json_array();

	for (; *options; options++)
		json_array_append_new(list, json_string(*options));
	return json_pack("{s:o, s:s, s:o, s:o}", "destination", string(m, dest), "type", "bind", "source",
			 string(m, source), "options", list);
}

static void add_bind(struct maker *m, const char *source, const char *dest, bool writable, const char *said)
{
	static const char *const rw[] = { "rbind", NULL }, *const ro[] = { "rbind", "rro", NULL };

	add_mount(m, bind_object(m, source, dest, writable ? rw : ro), said);
}

/* What is written goes to --upper, or to the one tmpfs of all overlays. */
static void add_upper(struct maker *m, json_t *overlay, const char *path)
{
	const struct host_opts *o = m->o;
	const char *upper, *work;
	json_t *eph;

	if (!o->upper) {
		eph = json_pack("{s:b}", "shared", 1);
		if (o->size)
			json_object_set_new(eph, "size", string(m, o->size));
		json_object_set_new(overlay, "ephemeral", eph);
		return;
	}
	upper = arena_printf(m->a, "%s/upper%s", o->upper, strcmp(path, "/") ? path : "");
	work = arena_printf(m->a, "%s/work/%zu", o->upper, m->out->uppers.n);
	json_object_set_new(overlay, "upperdir", string(m, upper));
	json_object_set_new(overlay, "workdir", string(m, work));
	str_list_add(m->a, &m->out->uppers, upper);
	str_list_add(m->a, &m->out->likes, path);
	str_list_add(m->a, &m->out->uppers, work);
	str_list_add(m->a, &m->out->likes, "");
}

static json_t *overlay_object(struct maker *m, const struct str_list *layers)
{
	return json_pack("{s:o}", "lowerdirs", strings(m, layers));
}

static json_t *tmpfs_object(struct maker *m, const char *dest, const char *mode, const char *size)
{
	json_t *options = json_pack("[s, s, s]", "nosuid", "nodev", mode);

	if (size)
		json_array_append_new(options, string(m, arena_printf(m->a, "size=%s", size)));
	return json_pack("{s:o, s:s, s:s, s:o}", "destination", string(m, dest), "type", "tmpfs", "source",
			 "tmpfs", "options", options);
}

static void add_item(struct maker *m, const struct host_item *item)
{
	static const char *const link[] = { "bind", "copy-symlink", NULL };
	char *layer[] = { (char *)item->path, NULL };
	const struct str_list one = { layer, 1 };
	json_t *overlay;

	switch (item->kind) {
	case HOST_EMPTY: add_mount(m, tmpfs_object(m, item->path, "mode=1777", m->o->size), NULL); break;
	case HOST_BIND: add_bind(m, item->path, item->path, false, NULL); break;
	case HOST_LINK: add_mount(m, bind_object(m, item->path, item->path, link), NULL); break;
	case HOST_OVERLAY:
		overlay = overlay_object(m, &one);
		add_upper(m, overlay, item->path);
		add_mount(m,
			  json_pack("{s:o, s:s, s:o}", "destination", string(m, item->path), "type", "overlay",
				    "overlay", overlay),
			  NULL);
		break;
	}
}

static void add_layers(struct maker *m, const struct host_mount *hm)
{
	json_t *overlay = overlay_object(m, &hm->layers);

	if (hm->kind == HOST_LAYERS)
		add_upper(m, overlay, hm->dest);
	add_mount(m,
		  json_pack("{s:o, s:s, s:o}", "destination", string(m, hm->dest), "type", "overlay",
			    "overlay", overlay),
		  hm->said);
}

static void add_asked(struct maker *m, const struct host_mount *hm)
{
	switch (hm->kind) {
	case HOST_RW: add_bind(m, hm->source, hm->dest, true, hm->said); break;
	case HOST_RO: add_bind(m, hm->source, hm->dest, false, hm->said); break;
	case HOST_TMPFS: add_mount(m, tmpfs_object(m, hm->dest, "mode=1777", hm->size), hm->said); break;
	case HOST_LAYERS:
	case HOST_RO_LAYERS: add_layers(m, hm); break;
	}
}

/* /etc/resolv.conf is often a link to what a daemon keeps in /run, of which the sandbox has none. */
static void add_resolv_conf(struct maker *m)
{
	char *path = realpath("/etc/resolv.conf", NULL);

	if (path && !strncmp(path, "/run/", 5))
		add_bind(m, arena_strdup(m->a, path), arena_strdup(m->a, path), false, NULL);
	free(path);
}

static bool shares(const struct maker *m, enum ns_type t)
{
	return m->o->share >> t & 1;
}

static void make_mounts(struct maker *m, bool host_network)
{
	/* a sysfs needs a network namespace of one's own; its mounts below are cgroups' */
	json_t *standard = template_mounts(m->userns || !m->f->initial_userns, m->userns && host_network);
	json_t *mount;
	size_t i;

	for (i = 0; i < m->t->n; i++)
		add_item(m, &m->t->v[i]);
	json_array_foreach(standard, i, mount) {
		const char *type = json_string_value(json_object_get(mount, "type"));

		if (!shares(m, NS_IPC) || strcmp(type, "mqueue") != 0)
			add_mount(m, json_incref(mount), NULL);
	}
	json_decref(standard);
	add_mount(m, tmpfs_object(m, "/run", "mode=755", NULL), NULL);
	if (host_network)
		add_resolv_conf(m);
	for (i = 0; i < m->o->mounts.n; i++)
		add_asked(m, &m->o->mounts.v[i]);
}

static json_t *make_root(struct maker *m)
{
	char *slash[] = { (char *)"/", NULL };
	const struct str_list one = { slash, 1 };
	json_t *overlay;

	if (!m->t->whole) /* a directory of mount points */
		return json_pack("{s:b, s:{s:[], s:{s:s}}}", "readonly", 1, "overlay", "lowerdirs", "ephemeral",
				 "size", "1m");
	overlay = overlay_object(m, &one);
	if (!m->o->read_only) /* without an upper one layer is a read-only bind */
		add_upper(m, overlay, "/");
	return json_pack("{s:o}", "overlay", overlay);
}

/* ---- the process ---- */

static bool is_ours(const char *var)
{
	/* about descriptors and sockets that are the caller's: launch options pass those on */
	static const char *const names[] = { "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "NOTIFY_SOCKET=" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(var, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool is_set(const struct str_list *env, const char *var)
{
	size_t n = strcspn(var, "=") + 1;

	for (size_t i = 0; i < env->n; i++)
		if (!strncmp(env->v[i], var, n))
			return true;
	return false;
}

static json_t *make_env(struct maker *m)
{
	static const char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	struct str_list env = m->o->env;

	for (char **var = m->o->clear_env ? NULL : environ; var && *var; var++)
		if (strchr(*var, '=') > *var && !is_ours(*var) && !is_set(&env, *var))
			str_list_add(m->a, &env, *var);
	if (!is_set(&env, path))
		str_list_add(m->a, &env, path);
	return strings(m, &env);
}

static bool wants_terminal(const struct host_opts *o)
{
	if (o->tty != TTY_AUTO || o->run.launch.detach)
		return o->tty == TTY_YES;
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

static json_t *make_process(struct maker *m, char *const *args)
{
	json_t *words = json_array(), *o;

	for (; *args; args++)
		json_array_append_new(words, string(m, *args));
	o = json_pack("{s:b, s:{s:I, s:I}, s:o, s:o, s:o, s:b}", "terminal", wants_terminal(m->o), "user", "uid",
		      (json_int_t)m->uid, "gid", (json_int_t)m->gid, "args", words, "env", make_env(m), "cwd",
		      string(m, m->o->chdir), "noNewPrivileges", 1);
	if (m->uid == 0)
		json_object_set_new(o, "capabilities",
				    json_pack("{s:o, s:o, s:o}", "bounding", template_capabilities(), "effective",
					      template_capabilities(), "permitted", template_capabilities()));
	return o;
}

/* ---- linux ---- */

static json_t *one_id(uint32_t inside, uint32_t outside)
{
	return json_pack("[{s:I, s:I, s:i}]", "containerID", (json_int_t)inside, "hostID", (json_int_t)outside,
			 "size", 1);
}

static json_t *make_namespaces(struct maker *m)
{
	unsigned types = 1u << NS_PID | 1u << NS_MOUNT | 1u << NS_IPC | 1u << NS_UTS;
	json_t *list = json_array();

	types = (types | m->o->unshare) & ~m->o->share;
	types &= ~(1u << NS_NETWORK); /* sbrun.network says it */
	if (m->userns)
		types |= 1u << NS_USER;
	for (int t = 0; t < NS__COUNT; t++)
		if (types >> t & 1)
			json_array_append_new(list, json_pack("{s:s}", "type", ns_type_name((enum ns_type)t)));
	return list;
}

/* Empty: no limit, no cgroup. */
static json_t *make_resources(struct maker *m)
{
	const struct host_opts *o = m->o;
	json_t *r = json_object();
	uint64_t bytes;

	if (o->memory && number_parse_size(o->memory, strlen(o->memory), &bytes) == NUMBER_OK)
		json_object_set_new(r, "memory", json_pack("{s:I}", "limit", (json_int_t)bytes));
	if (o->pids)
		json_object_set_new(r, "pids", json_pack("{s:i}", "limit", (int)o->pids));
	if (o->cpu_quota)
		json_object_set_new(r, "cpu", json_pack("{s:I, s:i}", "quota", (json_int_t)o->cpu_quota,
							"period", 100000));
	return r;
}

static json_t *make_linux(struct maker *m)
{
	json_t *o = json_pack("{s:o}", "namespaces", make_namespaces(m)), *resources = make_resources(m);

	if (m->userns) {
		json_object_set_new(o, "uidMappings", one_id(m->uid, m->f->uid));
		json_object_set_new(o, "gidMappings", one_id(m->gid, m->f->gid));
	} else { /* the files there are root's, and so is the command */
		json_object_set_new(o, "maskedPaths", template_masked_paths());
		json_object_set_new(o, "readonlyPaths", template_readonly_paths());
	}
	if (json_object_size(resources))
		json_object_set(o, "resources", resources);
	json_decref(resources);
	return o;
}

/* ---- all of it ---- */

static void choose_ids(struct maker *m)
{
	const struct host_opts *o = m->o;

	m->userns = m->f->uid != 0 || o->unshare >> NS_USER & 1;
	m->uid = o->set_user ? o->uid : m->f->uid;
	m->gid = o->set_gid ? o->gid : o->set_user && o->uid == 0 ? 0 : m->f->gid;
}

int host_config_make(struct arena *a, const struct host_opts *o, const struct host_tree *t,
		     const struct facts *f, char *const *args, struct host_config *out, struct diags *dg)
{
	struct maker m = { .a = a, .dg = dg, .o = o, .t = t, .f = f, .out = out, .mounts = json_array() };
	const char *network = o->network ? o->network : "host";
	bool host_network = !strcmp(network, "host");
	unsigned errors = dg->errors;
	json_t *doc, *root;

	*out = (struct host_config){ 0 };
	choose_ids(&m);
	root = make_root(&m);
	make_mounts(&m, host_network);
	doc = json_pack("{s:s, s:o, s:o, s:o, s:o, s:{s:s}}", "ociVersion", OCI_VERSION_MAX, "process",
			make_process(&m, args), "root", root, "mounts", m.mounts, "linux", make_linux(&m),
			"sbrun", "network", network);
	if (o->hostname)
		json_object_set_new(doc, "hostname", string(&m, o->hostname));
	out->text = json_document(a, doc, JSON_INDENT(4));
	if (!out->text)
		diag_error(dg, "out of memory");
	if (dg->errors != errors)
		return -1;
	out->len = strlen(out->text);
	return 0;
}

const char *host_config_said(const struct host_config *c, const char *pointer)
{
	static const struct { const char *pointer, *said; } options[] = {
		{ "/linux/resources/memory", "--memory" },
		{ "/linux/resources/pids", "--pids" },
		{ "/linux/resources/cpu", "--cpus" },
		{ "/linux/resources", "--memory, --pids, --cpus" },
		{ "/root/overlay/ephemeral/size", "--size" },
		{ "/process/user", "--user" },
		{ "/process/env", "--env" },
		{ "/sbrun/network", "--net" },
		{ "/hostname", "--hostname" },
	};
	size_t i;

	if (!strncmp(pointer, "/mounts/", 8)) {
		i = strtoul(pointer + 8, NULL, 10);
		return i < c->n_said && c->said[i] ? c->said[i] : pointer;
	}
	for (i = 0; i < sizeof options / sizeof *options; i++)
		if (!strncmp(pointer, options[i].pointer, strlen(options[i].pointer)))
			return options[i].said;
	return pointer;
}
