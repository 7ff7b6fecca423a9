/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as state.json, in a state directory on a tmpfs: what is accepted can be shown, and written and
 * read again it says the same. A cgroup without all its parts is none, and no path of one is relative.
 */
#include "fuzz.h"

#include "../../runtime/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char root[64];

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = { .json = true };

	return &shape;
}

static void clean(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/fuzzed/state.json", root);
	unlink(path);
	snprintf(path, sizeof path, "%s/fuzzed", root);
	rmdir(path);
	rmdir(root);
}

static void make_root(struct arena *a, struct state_dir *sd, struct diags *dg)
{
	if (!*root) {
		snprintf(root, sizeof root, "%s/sbrun-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
		MUST(mkdtemp(root));
		atexit(clean);
		MUST(state_reserve(sd, a, root, "fuzzed", dg) == 0);
	} else {
		MUST(state_open(sd, a, root, "fuzzed", dg) == 0);
	}
}

static void write_file(const struct state_dir *sd, const uint8_t *data, size_t size)
{
	int fd = openat(sd->fd, "state.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

static bool equal(const char *a, const char *b)
{
	return a == b || !strcmp(a ? a : "", b ? b : "");
}

/* What a state says is what is written of it. */
static void again(struct arena *a, struct state_dir *sd, const struct state *st, struct diags *dg)
{
	struct state back;

	if (state_write(sd, st, dg) < 0) {
		MUST(dg->errors);
		return;
	}
	MUST(state_read(sd, a, &back, dg) == 0);
	MUST(equal(st->bundle, back.bundle) && equal(st->rootfs, back.rootfs));
	MUST(st->init.pid == back.init.pid && st->init.start_time == back.init.start_time &&
	     st->init.pidfs_ino == back.init.pidfs_ino && st->namespaces == back.namespaces);
	MUST(!memcmp(st->ns_ino, back.ns_ino, sizeof st->ns_ino) && st->annotations.n == back.annotations.n);
	MUST(st->cgroup.n == back.cgroup.n && st->uppers.n == back.uppers.n && st->rdt.n == back.rdt.n);
	for (size_t i = 0; i < st->cgroup.n; i++) {
		const struct cgroup_place *p = &st->cgroup.v[i], *q = &back.cgroup.v[i];

		MUST(p->path[0] == '/' && equal(p->path, q->path) && equal(p->mount, q->mount));
		MUST(equal(p->options, q->options) && p->keep == q->keep);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state_dir sd = STATE_DIR_NONE;
	struct arena *a = arena_create();
	struct state st;
	struct diags dg;
	int r;

	diags_init(&dg, a);
	make_root(a, &sd, &dg);
	write_file(&sd, data, size);
	r = state_read(&sd, a, &st, &dg);
	fuzz_diags(&dg, r < 0, false);
	if (r == 0) {
		MUST(*state_oci_json(a, &st, STATUS_RUNNING, NULL) == '{');
		again(a, &sd, &st, &dg);
	}
	state_close(&sd);
	arena_destroy(a);
	return 0;
}
