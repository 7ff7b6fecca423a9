/* SPDX-License-Identifier: Apache-2.0 */
/* Planning /dev, the terminal, and the masked and read-only paths. */
#include "planner.h"

#include "../spec/arena.h"
#include "mountopt.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

/* config-linux.md, "Default Devices" */
static const struct {
	const char *path;
	uint32_t major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

/* "/dev" in any spelling: "//dev", "/./dev/". */
static bool is_dev(const char *path)
{
	bool dev = false;

	while (*path) {
		size_t n;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 3 && !dev && !strncmp(path, "dev", 3))
			dev = true;
		else if (n && !(n == 1 && *path == '.'))
			return false;
		path += n;
	}
	return dev;
}

/* A /dev that is bound from the host, or a file system of devices, brings its own. */
static bool dev_is_provided(const struct builder *b)
{
	struct mount_opts o;

	for (size_t i = 0; i < b->s->mounts.n; i++) {
		const struct spec_mount *m = &b->s->mounts.v[i];

		if (!is_dev(m->destination))
			continue;
		memset(&o, 0, sizeof o);
		mount_opts_parse(b->a, &m->options, &o);
		if (o.bind || o.rbind ||
		    (m->type && (!strcmp(m->type, "bind") || !strcmp(m->type, "devtmpfs"))))
			return true;
	}
	return false;
}

static struct step *add_device(struct builder *b, const char *pointer, const char *path, uint32_t mode)
{
	struct step *s = add_step(b, STEP_DEVICE, "%s", pointer);

	s->s[0] = put_str(b, path);
	s->n[0] = mode;
	s->n[3] = b->user_new || b->user_joined || !b->f->initial_userns;
	return s;
}

static bool user_has(const struct builder *b, const char *path)
{
	for (size_t i = 0; i < b->s->linux_->devices.n; i++)
		if (!strcmp(b->s->linux_->devices.v[i].path, path))
			return true;
	return false;
}

static void user_device(struct builder *b, size_t i)
{
	const struct spec_device *d = &b->s->linux_->devices.v[i];
	uint32_t type = d->type == 'b' ? S_IFBLK : d->type == 'p' ? S_IFIFO : S_IFCHR;
	struct step *s = add_device(b, arena_printf(b->a, "/linux/devices/%zu", i), d->path,
				    type | (uint32_t)(d->file_mode.set ? d->file_mode.v & 07777 : 0666));

	s->n[1] = (uint64_t)d->major.v << 32 | (uint32_t)d->minor.v;
	s->n[2] = (d->uid.set ? d->uid.v : 0) << 32 | (d->gid.set ? d->gid.v : 0);
	if (d->type == 'p')
		s->n[3] = 0; /* a fifo is nothing that a user namespace forbids */
}

void plan_dev(struct builder *b)
{
	bool provided = dev_is_provided(b);

	for (size_t i = 0; i < sizeof default_devices / sizeof *default_devices && !provided; i++) {
		if (user_has(b, default_devices[i].path))
			continue;
		add_device(b, "/linux/devices", default_devices[i].path, S_IFCHR | 0666)->n[1] =
			(uint64_t)default_devices[i].major << 32 | default_devices[i].minor;
	}
	for (size_t i = 0; i < b->s->linux_->devices.n; i++)
		user_device(b, i);
	if (!provided)
		add_step(b, STEP_DEV_LINKS, "/linux/devices");
}

void plan_console(struct builder *b, const struct spec_process *p, bool exec)
{
	struct step *s = add_step(b, STEP_CONSOLE, "/process/terminal");

	if (p->console_size.set)
		s->n[0] = p->console_size.height << 16 | p->console_size.width;
	s->n[1] = exec;
}

/* "private", "rshared" ... to MS_*; the checks have refused other words. */
static uint64_t root_propagation(const char *p)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} names[] = {
		{ "private", MS_PRIVATE },
		{ "shared", MS_SHARED },
		{ "slave", MS_SLAVE },
		{ "unbindable", MS_UNBINDABLE },
	};

	for (size_t i = 0; p && i < sizeof names / sizeof *names; i++)
		if (!strcmp(p + (*p == 'r'), names[i].name))
			return names[i].flag | (*p == 'r' ? MS_REC : 0);
	return 0;
}

void plan_masks(struct builder *b)
{
	const struct spec_linux *l = b->s->linux_;

	for (size_t i = 0; i < l->readonly_paths.n; i++)
		add_step(b, STEP_READONLY_PATH, "/linux/readonlyPaths/%zu", i)->s[0] =
			put_str(b, l->readonly_paths.v[i]);
	for (size_t i = 0; i < l->masked_paths.n; i++)
		add_step(b, STEP_MASK_PATH, "/linux/maskedPaths/%zu", i)->s[0] =
			put_str(b, l->masked_paths.v[i]);
	if (b->s->root->readonly)
		add_step(b, STEP_ROOT_ATTRS, "/root/readonly")->n[0] = 1;
}

/* After the pivot, which refuses a root whose mount is shared: pivot_root(2). */
void plan_root_propagation(struct builder *b)
{
	uint64_t propagation = root_propagation(b->s->linux_->rootfs_propagation);

	if (propagation)
		add_step(b, STEP_ROOT_ATTRS, "/linux/rootfsPropagation")->n[1] = propagation;
}
