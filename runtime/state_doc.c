/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.json and the OCI state document. state.json is read by sbrun of the same version or a
 * later one; a field that is missing has its zero. It's written beside and renamed, so a reader
 * sees the old one or the new one. There is no fsync: the usual root is a tmpfs, and on a disk
 * what it describes doesn't survive a crash of the machine either.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "end.h"
#include "fd.h"
#include "json_text.h"
#include "log.h"
#include "state_files.h"
#include "version.h"

enum { BOOT_ID_LEN = 36 };

/*
 * A root that outlives the machine's run could name a process of an earlier boot, and pids, times
 * and pidfs inodes all begin again at a boot. Only there the boot's ID is kept with the state.
 */
static bool boot_id(const struct state_dir *sd, char id[BOOT_ID_LEN + 1])
{
	struct statfs fs;
	CLEANUP_FD fd = -1;

	if (fstatfs(sd->fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC))
		return false;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || read(fd, id, BOOT_ID_LEN) != BOOT_ID_LEN)
		return false;
	id[BOOT_ID_LEN] = '\0';
	return true;
}

/* ---------------------------------------------------------------------------------- writing */

static int file_error(struct state_dir *sd, const char *name, int err, const char *call, struct diags *dg)
{
	diag_errno(dg, err, call, arena_printf(dg->arena, "%s/%s/%s", sd->root, sd->id, name),
		   "cannot write the state of container \"%s\"", sd->id);
	return -1;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int replace_file(struct state_dir *sd, const char *name, const char *new_name, const char *text,
			size_t len, struct diags *dg)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	CLEANUP_FD fd = openat(sd->fd, new_name, flags, 0600);
	int r;

	if (fd < 0 && errno == EEXIST) { /* left by one that was killed here */
		unlinkat(sd->fd, new_name, 0);
		fd = openat(sd->fd, new_name, flags, 0600);
	}
	if (fd < 0)
		return file_error(sd, new_name, errno, "openat", dg);
	if (write_all(fd, text, len) < 0)
		r = file_error(sd, new_name, errno, "write", dg);
	else if (renameat(sd->fd, new_name, sd->fd, name) < 0)
		r = file_error(sd, name, errno, "renameat", dg);
	else
		return 0;
	unlinkat(sd->fd, new_name, 0);
	return r;
}

int state_write_config(struct state_dir *sd, const char *text, size_t len, struct diags *dg)
{
	/* No rename: nobody reads it before state.json, which comes last, is there. */
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	CLEANUP_FD fd = openat(sd->fd, CONFIG_FILE, flags, 0600);

	if (fd < 0 || write_all(fd, text, len) < 0)
		return file_error(sd, CONFIG_FILE, errno, fd < 0 ? "openat" : "write", dg);
	return 0;
}

int state_write_resources(struct state_dir *sd, const char *text, size_t len, struct diags *dg)
{
	return replace_file(sd, RESOURCES_FILE, RESOURCES_NEW, text, len, dg);
}

static json_t *annotations_json(const struct kv_list *l)
{
	json_t *o = json_object();

	for (size_t i = 0; i < l->n; i++)
		json_object_set_new(o, l->v[i].key, json_text(l->v[i].value));
	return o;
}

static json_t *inodes_json(const uint64_t ino[NS__COUNT])
{
	json_t *o = json_object();

	for (int t = 0; t < NS__COUNT; t++)
		if (ino[t])
			json_object_set_new(o, ns_type_name((enum ns_type)t),
					    json_integer((json_int_t)ino[t]));
	return o;
}

static void read_inodes(const json_t *o, uint64_t ino[NS__COUNT])
{
	for (int t = 0; t < NS__COUNT; t++)
		ino[t] = (uint64_t)json_integer_value(json_object_get(o, ns_type_name((enum ns_type)t)));
}

static json_t *namespaces_json(unsigned bits)
{
	json_t *names = json_array();

	for (int t = 0; t < NS__COUNT; t++)
		if (bits & 1u << t)
			json_array_append_new(names, json_string(ns_type_name(t)));
	return names;
}

static json_t *cgroup_json(const struct cgroup *g)
{
	json_t *places = json_array();

	for (size_t i = 0; i < g->n; i++)
		json_array_append_new(places,
				      json_pack("{s:s, s:s?, s:o, s:i}", "mount", g->v[i].mount, "options",
						g->v[i].options, "path", json_from_bytes(g->v[i].path),
						"keep", (int)g->v[i].keep));
	return json_pack("{s:b, s:s?, s:b, s:o}", "systemd", g->manager == CGROUP_SYSTEMD, "unit", g->unit,
			 "user", g->user, "places", places);
}

static json_t *strings_json(const struct str_list *l)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(keys, json_string(l->v[i]));
	return keys;
}

static json_t *stdio_json(const struct file_id id[3])
{
	json_t *files = json_array();

	for (int i = 0; i < 3; i++)
		json_array_append_new(files, json_pack("[I, I]", (json_int_t)id[i].dev, (json_int_t)id[i].ino));
	return files;
}

static void read_stdio(const json_t *array, struct file_id id[3])
{
	for (size_t i = 0; i < 3; i++) {
		const json_t *f = json_array_get(array, i);

		id[i].dev = (dev_t)json_integer_value(json_array_get(f, 0));
		id[i].ino = (ino_t)json_integer_value(json_array_get(f, 1));
	}
}

int state_write(struct state_dir *sd, const struct state *st, struct diags *dg)
{
	char boot[BOOT_ID_LEN + 1];
	json_t *doc = json_object();
	size_t len;
	char *text;

	json_object_set_new(doc, "id", json_text(sd->id));
	json_object_set_new(doc, "ociVersion", json_text(st->oci_version));
	json_object_set_new(doc, "bundle", json_from_bytes(st->bundle));
	json_object_set_new(doc, "rootfs", json_from_bytes(st->rootfs));
	json_object_set_new(doc, "owner", json_text(st->owner));
	json_object_set_new(doc, "created", json_text(st->created));
	json_object_set_new(doc, "annotations", annotations_json(&st->annotations));
	json_object_set_new(doc, "init",
			    json_pack("{s:i, s:I, s:I}", "pid", (int)st->init.pid, "startTime",
				      (json_int_t)st->init.start_time, "pidfsInode",
				      (json_int_t)st->init.pidfs_ino));
	json_object_set_new(doc, "namespaces", namespaces_json(st->namespaces));
	json_object_set_new(doc, "namespaceInodes", inodes_json(st->ns_ino));
	json_object_set_new(doc, "hasInit", json_boolean(st->has_init));
	json_object_set_new(doc, "noPivot", json_boolean(st->no_pivot));
	json_object_set_new(doc, "hooks", json_boolean(st->hooks));
	if (st->keeps)
		json_object_set_new(doc, "keeps", json_true());
	json_object_set_new(doc, "uppers", strings_json(&st->uppers));
	if (st->stdio[0].ino)
		json_object_set_new(doc, "stdio", stdio_json(st->stdio));
	if (st->cgroup.n)
		json_object_set_new(doc, "cgroup", cgroup_json(&st->cgroup));
	if (st->rdt.n)
		json_object_set_new(doc, "rdt", strings_json(&st->rdt));
	if (boot_id(sd, boot))
		json_object_set_new(doc, "bootId", json_string(boot));
	text = json_document(dg->arena, doc, JSON_COMPACT);
	if (!text)
		return file_error(sd, STATE_FILE, ENOMEM, "malloc", dg);
	len = strlen(text);
	if (len > STATE_MAX_BYTES) {
		diag_error(dg,
			   "the annotations are too large: the state would have %zu bytes, %d are allowed",
			   len, STATE_MAX_BYTES)
			->pointer = "/annotations";
		return -1;
	}
	return replace_file(sd, STATE_FILE, STATE_FILE_NEW, text, len, dg);
}

/* ---------------------------------------------------------------------------------- reading */

static int bad_file(struct state_dir *sd, const char *name, const char *why, struct diags *dg)
{
	diag_error(dg, "the file \"%s/%s/%s\" is not what sbrun wrote: %s", sd->root, sd->id, name, why)
		->hint = "\"sbrun delete --force\" removes what is left of the container";
	return -1;
}

/* fd, -ENOENT without an error, or -1 with one. *size is the file's. */
int state_open_file(struct state_dir *sd, const char *name, size_t *size, struct diags *dg)
{
	for (;;) {
		/* A FIFO or a device in its place must not make us wait. */
		CLEANUP_FD fd =
			openat(sd->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		struct stat st;

		if (fd < 0 && errno == ENOENT)
			return -ENOENT;
		if (fd < 0 || fstat(fd, &st) < 0) {
			diag_errno(dg, errno, "openat",
				   arena_printf(dg->arena, "%s/%s/%s", sd->root, sd->id, name),
				   "cannot read the state of container \"%s\"", sd->id);
			return -1;
		}
		if (st.st_nlink == 0)
			continue; /* replaced between open and fstat: the new one is there, or none */
		if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
			return bad_file(sd, name, "it is no regular file with one name", dg);
		if (st.st_uid != geteuid())
			return bad_file(sd, name, "it belongs to another user", dg);
		*size = (size_t)st.st_size;
		return fd_take(&fd);
	}
}

int state_open_config(struct state_dir *sd, struct diags *dg)
{
	size_t size;
	int fd = state_open_file(sd, CONFIG_FILE, &size, dg);

	if (fd == -ENOENT) {
		if (state_gone(sd))
			state_missing(sd, dg);
		else
			diag_error(dg, "container \"%s\" was never completely created", sd->id)->hint =
				"\"sbrun delete --force\" removes what is left of it";
	}
	return fd < 0 ? -1 : fd;
}

static const char *text_field(struct arena *a, const json_t *doc, const char *key)
{
	const json_t *v = json_object_get(doc, key);

	return v && !json_is_null(v) ? json_to_bytes(a, v) : NULL;
}

static void read_annotations(struct arena *a, json_t *o, struct kv_list *out)
{
	const char *key;
	json_t *v;

	out->v = arena_array(a, json_object_size(o), sizeof(*out->v));
	/* clang-format off */
	json_object_foreach(o, key, v)
		if (json_is_string(v))
			out->v[out->n++] = (struct kv){
				arena_strdup(a, key), arena_strdup(a, json_string_value(v))
			};
	/* clang-format on */
}

static void read_strings(struct arena *a, const json_t *array, struct str_list *out)
{
	size_t n = json_array_size(array);

	out->v = arena_array(a, n + 1, sizeof(*out->v));
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(array, i));

		if (s)
			out->v[out->n++] = arena_strdup(a, s);
	}
}

/* A place that lacks anything is none: nothing is ever removed or killed by half a path. */
static void read_cgroup(struct arena *a, const json_t *o, struct cgroup *g)
{
	const json_t *places = json_object_get(o, "places"), *p;
	size_t i;

	*g = (struct cgroup){ .v = arena_array(a, json_array_size(places) + 1, sizeof *g->v) };
	g->manager = json_is_true(json_object_get(o, "systemd")) ? CGROUP_SYSTEMD : CGROUP_FS;
	g->unit = text_field(a, o, "unit");
	g->user = json_is_true(json_object_get(o, "user"));
	json_array_foreach(places, i, p)
	{
		struct cgroup_place at = { .mount = text_field(a, p, "mount"),
					   .options = text_field(a, p, "options"),
					   .path = text_field(a, p, "path"),
					   .keep = (unsigned)json_integer_value(json_object_get(p, "keep")) };

		if (at.mount && at.path && at.path[0] == '/' && at.path[1])
			g->v[g->n++] = at;
	}
}

static unsigned read_namespaces(const json_t *array)
{
	unsigned bits = 0;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *name = json_string_value(json_array_get(array, i));

		for (int t = 0; name && t < NS__COUNT; t++)
			if (strcmp(name, ns_type_name(t)) == 0)
				bits |= 1u << t;
	}
	return bits;
}

static bool earlier_boot(const struct state_dir *sd, const json_t *doc)
{
	const char *then = json_string_value(json_object_get(doc, "bootId"));
	char now[BOOT_ID_LEN + 1];

	return then && boot_id(sd, now) && strcmp(then, now) != 0;
}

static void read_init(const json_t *doc, struct proc_id *id)
{
	const json_t *o = json_object_get(doc, "init");

	id->pid = (pid_t)json_integer_value(json_object_get(o, "pid"));
	id->start_time = (uint64_t)json_integer_value(json_object_get(o, "startTime"));
	id->pidfs_ino = (uint64_t)json_integer_value(json_object_get(o, "pidfsInode"));
}

static int decode(struct state_dir *sd, struct arena *a, const json_t *doc, struct state *st,
		  struct diags *dg)
{
	const char *id = text_field(a, doc, "id");

	if (!id || strcmp(id, sd->id) != 0)
		return bad_file(sd, STATE_FILE, "it is of another container", dg);
	st->oci_version = text_field(a, doc, "ociVersion");
	st->bundle = text_field(a, doc, "bundle");
	st->rootfs = text_field(a, doc, "rootfs");
	st->owner = text_field(a, doc, "owner");
	st->created = text_field(a, doc, "created");
	read_annotations(a, json_object_get(doc, "annotations"), &st->annotations);
	read_init(doc, &st->init);
	st->namespaces = read_namespaces(json_object_get(doc, "namespaces"));
	read_inodes(json_object_get(doc, "namespaceInodes"), st->ns_ino);
	st->has_init = json_is_true(json_object_get(doc, "hasInit"));
	st->no_pivot = json_is_true(json_object_get(doc, "noPivot"));
	st->hooks = json_is_true(json_object_get(doc, "hooks"));
	st->keeps = json_is_true(json_object_get(doc, "keeps"));
	read_strings(a, json_object_get(doc, "uppers"), &st->uppers);
	read_strings(a, json_object_get(doc, "rdt"), &st->rdt);
	read_stdio(json_object_get(doc, "stdio"), st->stdio);
	read_cgroup(a, json_object_get(doc, "cgroup"), &st->cgroup);
	if (earlier_boot(sd, doc)) {
		if (st->init.pid) /* there was a process, and it is no process of now */
			st->init = (struct proc_id){ .pid = -1 };
		/* what has those names now is another's */
		st->cgroup = (struct cgroup){ 0 };
		st->rdt = (struct str_list){ 0 };
	}
	return 0;
}

/* Whole, in the arena. 0, -ENOENT without an error, or -1 with one. */
static int read_file(struct state_dir *sd, struct arena *a, const char *name, char **text, struct diags *dg)
{
	size_t size;
	CLEANUP_FD fd = state_open_file(sd, name, &size, dg);
	ssize_t n;

	if (fd < 0)
		return fd;
	if (size > STATE_MAX_BYTES)
		return bad_file(sd, name, "it is too large", dg);
	*text = arena_alloc(a, size + 1);
	do
		n = read(fd, *text, size); /* a regular file that nobody writes to any more */
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		diag_errno(dg, errno, "read", arena_printf(dg->arena, "%s/%s/%s", sd->root, sd->id, name),
			   "cannot read the state of container \"%s\"", sd->id);
		return -1;
	}
	if ((size_t)n != size)
		return bad_file(sd, name, "it cannot be read to its end", dg);
	(*text)[size] = 0;
	return 0;
}

int state_read_resources(struct state_dir *sd, struct arena *a, char **text, struct diags *dg)
{
	int r = read_file(sd, a, RESOURCES_FILE, text, dg);

	if (r == -ENOENT)
		*text = NULL;
	return r == -ENOENT ? 0 : r;
}

int state_read(struct state_dir *sd, struct arena *a, struct state *st, struct diags *dg)
{
	json_error_t err;
	json_t *doc;
	char *text;
	int r;

	*st = (struct state){ .id = sd->id };
	r = read_file(sd, a, STATE_FILE, &text, dg);
	if (r == -ENOENT && !state_gone(sd))
		return 0;
	if (r == -ENOENT)
		state_missing(sd, dg);
	if (r < 0)
		return -1;
	doc = json_loadb(text, strlen(text), JSON_REJECT_DUPLICATES, &err);
	if (!doc)
		return bad_file(sd, STATE_FILE, arena_strdup(a, err.text), dg);
	r = decode(sd, a, doc, st, dg);
	json_decref(doc);
	return r;
}

/* ------------------------------------------------------------------- the OCI state document */

static void add_end(json_t *doc, const struct ended *e)
{
	char at[RFC3339_SIZE];

	if (!e || !e->known)
		return;
	json_object_set_new(doc, "exitCode", json_integer(e->code));
	json_object_set_new(doc, "exitReason", json_string(e->reason));
	if (e->kept)
		json_object_set_new(doc, "kept", json_true());
	if (!e->finished_ns)
		return;
	rfc3339_time(e->finished_ns, at);
	json_object_set_new(doc, "finishedAt", json_string(at));
}

char *state_oci_json(struct arena *a, const struct state *st, enum status status, const struct ended *ended)
{
	pid_t pid = status == STATUS_STOPPED || st->init.pid < 0 ? 0 : st->init.pid;
	json_t *doc = json_object();

	json_object_set_new(doc, "ociVersion",
			    json_text(st->oci_version ? st->oci_version : OCI_VERSION_MAX));
	json_object_set_new(doc, "id", json_text(st->id));
	json_object_set_new(doc, "pid", json_integer(pid));
	json_object_set_new(doc, "status", json_string(status_name(status)));
	json_object_set_new(doc, "bundle", json_text(st->bundle ? st->bundle : ""));
	json_object_set_new(doc, "rootfs", json_text(st->rootfs ? st->rootfs : ""));
	json_object_set_new(doc, "created", json_text(st->created ? st->created : ""));
	json_object_set_new(doc, "owner", json_text(st->owner ? st->owner : ""));
	if (st->annotations.n)
		json_object_set_new(doc, "annotations", annotations_json(&st->annotations));
	add_end(doc, ended);
	return json_document(a, doc, JSON_INDENT(2));
}
