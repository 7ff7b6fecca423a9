/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint: criu writes the sandbox's processes to a directory of images and ends them. Then the sandbox
 * is taken away as `delete` would; with --leave-running and --pre-dump it goes on. So it does when
 * criu can't: it lets go of all that it had stopped.
 */
#include "criu_options.h"

#include "../spec/arena.h"
#include "cgroup.h"
#include "end.h"
#include "externals.h"
#include "fd.h"
#include "hook_site.h"
#include "hygiene.h"
#include "images.h"
#include "planner.h"
#include "procid.h"
#include "stored.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { END_TIMEOUT_MS = 10 * 1000, PS_ADDRESS = 1, PS_PORT = 2 };

struct checkpoint {
	struct arena *a;
	const struct checkpoint_opts *o;
	struct state_dir sd;
	struct state st;
	const struct spec *s;
	int pidfd, images, work;
	struct wire opts;
};

static int check_status(struct checkpoint *c, struct diags *dg)
{
	enum status status = state_status(&c->sd, &c->st);

	if (status != STATUS_RUNNING && status != STATUS_PAUSED) {
		diag_error(dg, "container not running: \"%s\" is %s", c->sd.id, status_name(status));
		return -1;
	}
	if ((c->pidfd = state_init(&c->st, dg)) >= 0)
		return 0;
	if (c->pidfd == -ESRCH)
		diag_error(dg, "container not running: \"%s\" has just ended", c->sd.id);
	return -1;
}

/*
 * Processes that criu makes in a user namespace read the images with the ids of there, and those would have
 * to be open to them; and into sbrun's init criu can't look from there. Better no images than useless ones.
 */
static int check_namespaces(struct checkpoint *c, struct diags *dg)
{
	if (!(c->st.namespaces & 1u << NS_USER))
		return 0;
	diag_error(dg, "container \"%s\" is in a user namespace of its own: it could not be restored",
		   c->sd.id);
	spec_at(c->s, dg->last, "/linux/namespaces");
	return -1;
}

/* The same plan as at create tells which mounts are the host's. */
static int put_mounts(struct checkpoint *c, struct diags *dg)
{
	struct plan_opts po = { .bundle = c->st.bundle,
				.id = c->sd.id,
				.no_pivot = c->st.no_pivot,
				.umask = sbrun_umask,
				.manager = c->st.cgroup.manager,
				.cgroup_name = c->sd.id, /* nothing is made */
				.set_init = true,
				.init = c->st.has_init ? INIT_ALWAYS : INIT_NEVER };
	struct external_list mounts;
	struct planned planned;
	struct diags quiet;
	struct facts f;

	diags_init(&quiet, c->a);
	if (facts_get(c->a, FACTS_IDS | FACTS_CGROUPS, &f, dg) < 0)
		return -1;
	if (plan_sandbox(c->a, c->s, &f, &po, &planned, &quiet) < 0) {
		diag_error(dg, "the mounts of \"%s\" are not known: %s", c->sd.id,
			   diag_format_message(&quiet, quiet.first));
		return -1;
	}
	if (externals_of(c->a, c->s, &planned, &mounts, dg) < 0)
		return -1;
	return externals_name(c->a, c->st.init.pid, &mounts, &c->opts, dg);
}

/* Namespaces that were joined by path are the caller's to keep: they get a name. */
static int put_namespaces(struct checkpoint *c, struct diags *dg)
{
	for (size_t i = 0; i < IMAGES_NAMESPACES; i++) {
		const struct spec_namespace *ns = spec_namespace(c->s, images_namespaces[i].type);
		const char *path;
		struct stat st;

		if (!ns || !ns->path)
			continue;
		path = arena_printf(c->a, "/proc/%d/ns/%s", (int)c->st.init.pid, images_namespaces[i].file);
		if (stat(path, &st) < 0) {
			diag_errno(dg, errno, "stat", path, "can't tell the sandbox's namespaces");
			return -1;
		}
		wire_text(&c->opts, CRIU_EXTERNAL,
			  arena_printf(c->a, "%s[%lu]:%s", images_namespaces[i].file,
				       (unsigned long)st.st_ino, images_namespaces[i].name));
	}
	return 0;
}

/* Everything in it stops at once, and who is in it without being the sandbox's is noticed. */
static void put_freezer(struct checkpoint *c)
{
	const struct cgroup_place *p = cgroup_v1(&c->st.cgroup, "freezer");

	if (!p)
		p = cgroup_v2(&c->st.cgroup);
	if (p)
		wire_text(
			&c->opts, CRIU_FREEZE_CGROUP,
			arena_printf(c->a, "/sys/fs/cgroup%s%s%s", *p->mount ? "/" : "", p->mount, p->path));
}

/* ADDRESS:PORT */
static int put_page_server(struct checkpoint *c, struct diags *dg)
{
	const char *at = c->o->page_server, *colon = at ? strrchr(at, ':') : NULL;
	struct wire w = { .a = c->a };
	unsigned long long port;

	if (!at && c->o->criu.lazy_pages) {
		diag_error(dg, "--lazy-pages needs a --page-server that gives the pages");
		return -1;
	}
	if (!at)
		return 0;
	if (!colon || !parse_decimal(colon + 1, 65535, &port)) {
		diag_error(dg, "--page-server \"%s\": ADDRESS:PORT is expected", at);
		return -1;
	}
	wire_text(&w, PS_ADDRESS, arena_strndup(c->a, at, (size_t)(colon - at)));
	wire_number(&w, PS_PORT, (int64_t)port);
	wire_message(&c->opts, CRIU_PAGE_SERVER, &w);
	return 0;
}

static int put_options(struct checkpoint *c, struct diags *dg)
{
	const struct checkpoint_opts *o = c->o;

	c->opts = (struct wire){ .a = c->a };
	wire_number(&c->opts, CRIU_PID, c->st.init.pid);
	criu_options_put(&o->criu, &c->st, c->s, &c->opts);
	if (o->leave_running)
		wire_number(&c->opts, CRIU_LEAVE_RUNNING, 1);
	if (o->pre_dump || o->parent_path)
		wire_number(&c->opts, CRIU_TRACK_MEM, 1);
	wire_text(&c->opts, CRIU_PARENT_IMG, o->parent_path);
	put_freezer(c);
	if (put_page_server(c, dg) < 0)
		return -1;
	return put_namespaces(c, dg) < 0 ? -1 : put_mounts(c, dg);
}

/* criu knows a parent by a path from the images' directory alone. */
static int check_parent(struct checkpoint *c, struct diags *dg)
{
	const char *parent = c->o->parent_path;
	struct stat st;

	if (!parent)
		return 0;
	if (*parent != '/' && fstatat(c->images, parent, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return 0;
	diag_error(dg, "--parent-path \"%s\" is no directory as seen from \"%s\"", parent,
		   c->o->criu.image_path)
		->hint = "a relative path is expected, say ../before";
	return -1;
}

static int status_ready(struct criu *criu, const char *script, pid_t pid, int *fd, struct diags *dg)
{
	struct checkpoint *c = criu->owner;

	(void)pid;
	(void)fd;
	if (strcmp(script, "status-ready") != 0 || !c->o->set_status_fd)
		return 0;
	if (write((int)c->o->status_fd, "", 1) == 1)
		return 0;
	diag_errno(dg, errno, "write", NULL, "can't tell --status-fd %u that the pages are ready",
		   c->o->status_fd);
	return -1;
}

static int dump(struct checkpoint *c, struct diags *dg)
{
	const struct checkpoint_opts *o = c->o;
	struct criu criu = { .a = c->a,
			     .program = o->criu.program,
			     .verb = "checkpoint",
			     .id = c->sd.id,
			     .work_fd = c->work,
			     .images = o->criu.image_path,
			     .work = o->criu.work_path,
			     .log = "dump.log",
			     .shell_job = o->criu.shell_job,
			     .notify = status_ready,
			     .owner = c };
	pid_t inside = proc_pid_inside(c->st.init.pid);
	const char *names[3];

	if (put_options(c, dg) < 0)
		return -1;
	stdio_name(c->a, &c->st, names, &c->opts);
	if (!o->pre_dump &&
	    (stdio_write(c->a, c->images, names, dg) < 0 || images_write(c->a, c->images, &c->st, dg) < 0))
		return -1;
	if (criu_call(&criu, o->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP, &c->opts, dg) < 0) {
		if (!o->pre_dump)
			images_forget(c->images);
		return -1;
	}
	return c->st.has_init && !o->pre_dump ? images_mend_exe(c->a, c->images, inside, dg) : 0;
}

/* As after its end; poststop is run once nothing of it is left. */
static int take_away(struct checkpoint *c, struct diags *dg)
{
	struct hook_site site = { .a = c->a, .s = c->s, .st = &c->st, .pidfd = -1, .watch = c->o->watch };

	if (pidfd_wait(c->pidfd, END_TIMEOUT_MS) < 0) {
		diag_error(dg, "criu wrote the images of \"%s\", but its first process %d is still there",
			   c->sd.id, (int)c->st.init.pid)
			->hint = "\"sbrun delete --force\" ends it";
		return -1;
	}
	if (state_remove(&c->sd, &c->st, dg) < 0)
		return -1;
	state_unlock(&c->sd);
	if (c->st.hooks)
		hook_site_poststop(&site, dg);
	return 0;
}

static int with_sandbox(struct checkpoint *c, struct diags *dg)
{
	const struct criu_options *o = &c->o->criu;

	if (state_lock(&c->sd, 10000, dg) < 0 || state_read(&c->sd, c->a, &c->st, dg) < 0 ||
	    check_status(c, dg) < 0 || !(c->s = stored_config(c->a, &c->sd, dg)))
		return -1;
	if (check_namespaces(c, dg) < 0)
		return -1;
	if ((c->images = criu_directory(o->image_path, true, dg)) < 0 ||
	    (c->work = criu_directory(o->work_path, true, dg)) < 0)
		return -1;
	if (check_parent(c, dg) < 0 || end_detach(&c->sd, &c->st, c->pidfd, dg) < 0 || dump(c, dg) < 0)
		return -1;
	return c->o->pre_dump || c->o->leave_running ? 0 : take_away(c, dg);
}

int launch_checkpoint(struct arena *a, const struct checkpoint_opts *o, struct diags *dg)
{
	struct checkpoint c = { .a = a, .o = o, .sd = STATE_DIR_NONE, .pidfd = -1, .images = -1, .work = -1 };
	int r = state_open(&c.sd, a, o->root, o->id, dg);

	if (r == 0)
		r = with_sandbox(&c, dg);
	fd_close(&c.pidfd);
	fd_close(&c.images);
	fd_close(&c.work);
	state_close(&c.sd);
	return r;
}
