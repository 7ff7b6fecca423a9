/* SPDX-License-Identifier: Apache-2.0 */
/* What each step says: mounts, devices and what else is done to the tree that the sandbox sees. */
#include "plan_text.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

void text_tools(struct text *t, const struct step *s)
{
	text_add(t, "take %s of the host's, read-only%s", text_arg(t, s->s[0]),
		 s->n[0] ? ", by the sandbox's user namespace" : "");
}

void text_bring(struct text *t, const struct step *s)
{
	if (s->n[0])
		text_add(t, "in mounts of its own: make that the root, and show the sandbox's on %s",
			 text_arg(t, s->s[0]));
	else
		text_add(t, "in mounts of its own: put that on %s", text_arg(t, s->s[0]));
}

static const char *propagation_name(uint64_t flag)
{
	return flag & MS_SHARED    ? "shared"
	       : flag & MS_SLAVE   ? "slave"
	       : flag & MS_PRIVATE ? "private"
				   : "unbindable";
}

void text_propagation(struct text *t, const struct step *s)
{
	text_add(t, "make the copies of the host's mounts %s", s->n[0] & MS_SLAVE ? "slaves" : "private");
}

static const struct {
	uint64_t bit;
	const char *set, *clr;
} attr_names[] = {
	{ MOUNT_ATTR_RDONLY, "ro", "rw" },
	{ MOUNT_ATTR_NOSUID, "nosuid", "suid" },
	{ MOUNT_ATTR_NODEV, "nodev", "dev" },
	{ MOUNT_ATTR_NOEXEC, "noexec", "exec" },
	{ MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime" },
	{ 0x00200000 /* MOUNT_ATTR_NOSYMFOLLOW */, "nosymfollow", "symfollow" },
};

static void add_option(struct text *t, size_t *n, const char *prefix, const char *word)
{
	text_add(t, "%s%s%s", (*n)++ ? "," : " (", prefix, word);
}

static void add_attrs(struct text *t, size_t *n, uint64_t set, uint64_t clr, const char *prefix)
{
	for (size_t i = 0; i < sizeof attr_names / sizeof *attr_names; i++) {
		if (set & attr_names[i].bit)
			add_option(t, n, prefix, attr_names[i].set);
		else if (clr & attr_names[i].bit)
			add_option(t, n, prefix, attr_names[i].clr);
	}
	if (clr & MOUNT_ATTR__ATIME)
		add_option(t, n, prefix,
			   (set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME       ? "noatime"
			   : (set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME ? "strictatime"
										 : "relatime");
}

static const struct {
	uint32_t flag;
	const char *word;
} flag_names[] = {
	{ PM_TMPCOPYUP, "tmpcopyup" },       { PM_COPY_SYMLINK, "copy-symlink" },
	{ PM_SRC_NOFOLLOW, "src-nofollow" }, { PM_DEST_NOFOLLOW, "dest-nofollow" },
	{ PM_USERXATTR, "userxattr" },       { PM_VOLATILE, "volatile" },
};

static void add_mount_options(struct text *t, const struct plan_mount *m)
{
	static const struct {
		unsigned long bit;
		const char *word;
	} sb[] = {
		{ MS_SYNCHRONOUS, "sync" },
		{ MS_DIRSYNC, "dirsync" },
		{ MS_MANDLOCK, "mand" },
		{ MS_LAZYTIME, "lazytime" },
	};
	const char *data = text_arg(t, m->data);
	size_t n = 0;

	add_attrs(t, &n, m->attr_set, m->attr_clr, "");
	add_attrs(t, &n, m->rec_set, m->rec_clr, "r");
	for (size_t i = 0; i < sizeof sb / sizeof *sb; i++)
		if (m->sb_set & sb[i].bit)
			add_option(t, &n, "", sb[i].word);
	if (m->propagation)
		add_option(t, &n, m->propagation_rec ? "r" : "", propagation_name(m->propagation));
	for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
		if (m->flags & flag_names[i].flag)
			add_option(t, &n, "", flag_names[i].word);
	if (m->idmap_slot >= 0)
		add_option(t, &n, m->flags & PM_IDMAP_REC ? "r" : "", "idmap");
	for (uint32_t i = 0; i < m->n_data; i++, data += strlen(data) + 1)
		add_option(t, &n, "", data);
	text_add(t, "%s", n ? ")" : "");
}

static void add_layers(struct text *t, const struct plan_mount *m)
{
	const char *path = text_arg(t, m->lowers);

	text_add(t, ", top first:");
	for (uint32_t i = 0; i < m->n_lowers; i++, path += strlen(path) + 1) {
		if (i >= 3 && i + 1 < m->n_lowers && m->n_lowers > 5)
			continue;
		text_add(t, "%s %s", i >= 4 && m->n_lowers > 5 ? " ..." : "", path);
	}
}

static void add_overlay(struct text *t, const struct plan_mount *m, const char *target)
{
	text_add(t, "overlay %u layer%s on %s", m->n_lowers, m->n_lowers == 1 ? "" : "s", target);
	if (m->flags & PM_EPHEMERAL && m->eph_size)
		text_add(t, ", writable on %s tmpfs of %llu bytes",
			 m->flags & PM_EPH_SHARED ? "the shared" : "a", (unsigned long long)m->eph_size);
	else if (m->flags & PM_EPHEMERAL)
		text_add(t, ", writable on %s tmpfs", m->flags & PM_EPH_SHARED ? "the shared" : "a");
	else if (m->upper)
		text_add(t, ", writable in %s", text_arg(t, m->upper));
	add_layers(t, m);
}

static void add_mount(struct text *t, const struct step *s)
{
	const struct plan_mount *m = plan_blob(t->p->plan, s->s[0]);
	const char *target = text_arg(t, m->target);

	if (m->flags & PM_REMOUNT)
		text_add(t, "remount %s", target);
	else if (m->flags & PM_OVERLAY)
		add_overlay(t, m, target);
	else if (m->flags & PM_BIND)
		text_add(t, "%s %s on %s%s", m->flags & PM_REC ? "rbind" : "bind", text_arg(t, m->source),
			 target, m->source_slot >= 0 ? ", opened by the runtime" : "");
	else
		text_add(t, "mount %s on %s", text_arg(t, m->type), target);
	add_mount_options(t, m);
	if (m->alt)
		text_add(t, ", else bind %s%s", text_arg(t, m->alt),
			 m->flags & PM_ALT_RO ? " read-only" : "");
}

void text_root(struct text *t, const struct step *s)
{
	text_add(t, s->n[0] ? "make the shared tmpfs and the root: " : "make the root: ");
	add_mount(t, s);
	if (s->s[1])
		text_add(t, "; until the pivot it is at %s, or on / if the sandbox's ids can't reach that",
			 text_arg(t, s->s[1]));
}

void text_mount(struct text *t, const struct step *s)
{
	add_mount(t, s);
}

void text_device(struct text *t, const struct step *s)
{
	unsigned mode = (unsigned)s->n[0];

	if (s->n[3]) {
		text_add(t, "bind the host's %s", text_arg(t, s->s[0]));
		return;
	}
	if (S_ISFIFO(mode))
		text_add(t, "make fifo %s", text_arg(t, s->s[0]));
	else
		text_add(t, "make device %s %c %u:%u", text_arg(t, s->s[0]), S_ISBLK(mode) ? 'b' : 'c',
			 (unsigned)(s->n[1] >> 32), (unsigned)s->n[1]);
	text_add(t, " mode %04o", mode & 07777);
	if (s->n[2])
		text_add(t, " owner %u:%u", (unsigned)(s->n[2] >> 32), (unsigned)s->n[2]);
	text_add(t, "%s", S_ISFIFO(mode) ? "" : ", else bind the host's");
}

void text_dev_links(struct text *t, const struct step *s)
{
	(void)s;
	text_add(t, "link fd, stdin, stdout, stderr and ptmx in /dev");
}

void text_console(struct text *t, const struct step *s)
{
	text_add(t, "open a terminal");
	if (s->n[0])
		text_add(t, " of %llu rows and %llu columns", (unsigned long long)s->n[0] >> 16,
			 (unsigned long long)s->n[0] & 0xffff);
	text_add(t, " on the sandbox's devpts%s", s->n[1] ? "" : ", bind it on /dev/console");
}

void text_sysctl(struct text *t, const struct step *s)
{
	text_add(t, "set /proc/sys/%s to %s", text_arg(t, s->s[0]), text_arg(t, s->s[1]));
}

void text_readonly_path(struct text *t, const struct step *s)
{
	text_add(t, "make %s read-only", text_arg(t, s->s[0]));
}

void text_mask_path(struct text *t, const struct step *s)
{
	text_add(t, "mask %s", text_arg(t, s->s[0]));
}

void text_root_attrs(struct text *t, const struct step *s)
{
	text_add(t, "make the root %s", s->n[0] ? "read-only" : "");
	if (s->n[1])
		text_add(t, "%s%s%s", s->n[0] ? " and " : "", s->n[1] & MS_REC ? "recursively " : "",
			 propagation_name(s->n[1]));
}

void text_pivot(struct text *t, const struct step *s)
{
	text_add(t,
		 s->n[0] ? "change into the root (--no-pivot)" : "pivot into the root and detach the host's");
}

void text_chroot(struct text *t, const struct step *s)
{
	text_add(t, "chroot to %s", text_arg(t, s->s[0]));
}
