/* SPDX-License-Identifier: Apache-2.0 */
#include "mountopt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "../spec/arena.h"
#include "args.h"

enum kind {
	ATTR,     /* value: a MOUNT_ATTR_* bit to set, or with `off` to clear */
	REC_ATTR, /* the same for the whole tree */
	ATIME,    /* value: of the field MOUNT_ATTR__ATIME; with `off` the opposite of that one */
	REC_ATIME,
	SB,       /* value: MS_* */
	READONLY, /* attribute and superblock */
	SPREAD,   /* value: MS_* propagation */
	REC_SPREAD,
	DEFAULTS,
	FLAG, /* value: offset of a bool */
	RBIND,
};

struct row {
	const char *name;
	enum kind kind;
	unsigned long value;
	bool off;
};

/* clang-format off */
#define FLAG_ROW(name, field) { name, FLAG, offsetof(struct mount_opts, field), false }

/*
 * In the order in which mount_opts_text prints. A row that is `off` is printed when its bit is
 * cleared; the second name of a fact ("strictatime" off is "relatime") is never reached.
 */
static const struct row rows[] = {
	FLAG_ROW("remount", remount),
	{ "rbind", RBIND, 0, false },
	FLAG_ROW("bind", bind),
	{ "defaults", DEFAULTS, 0, false },
	{ "ro", READONLY, 0, false },
	{ "rw", READONLY, 0, true },
	{ "nosuid", ATTR, MOUNT_ATTR_NOSUID, false },
	{ "suid", ATTR, MOUNT_ATTR_NOSUID, true },
	{ "nodev", ATTR, MOUNT_ATTR_NODEV, false },
	{ "dev", ATTR, MOUNT_ATTR_NODEV, true },
	{ "noexec", ATTR, MOUNT_ATTR_NOEXEC, false },
	{ "exec", ATTR, MOUNT_ATTR_NOEXEC, true },
	{ "nosymfollow", ATTR, MOUNT_ATTR_NOSYMFOLLOW, false },
	{ "symfollow", ATTR, MOUNT_ATTR_NOSYMFOLLOW, true },
	{ "noatime", ATIME, MOUNT_ATTR_NOATIME, false },
	{ "strictatime", ATIME, MOUNT_ATTR_STRICTATIME, false },
	{ "relatime", ATIME, MOUNT_ATTR_RELATIME, false },
	{ "atime", ATIME, MOUNT_ATTR_NOATIME, true },
	{ "nostrictatime", ATIME, MOUNT_ATTR_STRICTATIME, true },
	{ "norelatime", ATIME, MOUNT_ATTR_RELATIME, true },
	{ "nodiratime", ATTR, MOUNT_ATTR_NODIRATIME, false },
	{ "diratime", ATTR, MOUNT_ATTR_NODIRATIME, true },
	{ "rro", REC_ATTR, MOUNT_ATTR_RDONLY, false },
	{ "rrw", REC_ATTR, MOUNT_ATTR_RDONLY, true },
	{ "rnosuid", REC_ATTR, MOUNT_ATTR_NOSUID, false },
	{ "rsuid", REC_ATTR, MOUNT_ATTR_NOSUID, true },
	{ "rnodev", REC_ATTR, MOUNT_ATTR_NODEV, false },
	{ "rdev", REC_ATTR, MOUNT_ATTR_NODEV, true },
	{ "rnoexec", REC_ATTR, MOUNT_ATTR_NOEXEC, false },
	{ "rexec", REC_ATTR, MOUNT_ATTR_NOEXEC, true },
	{ "rnosymfollow", REC_ATTR, MOUNT_ATTR_NOSYMFOLLOW, false },
	{ "rsymfollow", REC_ATTR, MOUNT_ATTR_NOSYMFOLLOW, true },
	{ "rnoatime", REC_ATIME, MOUNT_ATTR_NOATIME, false },
	{ "rstrictatime", REC_ATIME, MOUNT_ATTR_STRICTATIME, false },
	{ "rrelatime", REC_ATIME, MOUNT_ATTR_RELATIME, false },
	{ "ratime", REC_ATIME, MOUNT_ATTR_NOATIME, true },
	{ "rnostrictatime", REC_ATIME, MOUNT_ATTR_STRICTATIME, true },
	{ "rnorelatime", REC_ATIME, MOUNT_ATTR_RELATIME, true },
	{ "rnodiratime", REC_ATTR, MOUNT_ATTR_NODIRATIME, false },
	{ "rdiratime", REC_ATTR, MOUNT_ATTR_NODIRATIME, true },
	{ "sync", SB, MS_SYNCHRONOUS, false },
	{ "async", SB, MS_SYNCHRONOUS, true },
	{ "dirsync", SB, MS_DIRSYNC, false },
	{ "mand", SB, MS_MANDLOCK, false },
	{ "nomand", SB, MS_MANDLOCK, true },
	{ "lazytime", SB, MS_LAZYTIME, false },
	{ "nolazytime", SB, MS_LAZYTIME, true },
	{ "iversion", SB, MS_I_VERSION, false },
	{ "noiversion", SB, MS_I_VERSION, true },
	{ "silent", SB, MS_SILENT, false },
	{ "loud", SB, MS_SILENT, true },
	{ "rshared", REC_SPREAD, MS_SHARED, false },
	{ "rslave", REC_SPREAD, MS_SLAVE, false },
	{ "rprivate", REC_SPREAD, MS_PRIVATE, false },
	{ "runbindable", REC_SPREAD, MS_UNBINDABLE, false },
	{ "shared", SPREAD, MS_SHARED, false },
	{ "slave", SPREAD, MS_SLAVE, false },
	{ "private", SPREAD, MS_PRIVATE, false },
	{ "unbindable", SPREAD, MS_UNBINDABLE, false },
	FLAG_ROW("ridmap", ridmap),
	FLAG_ROW("idmap", idmap),
	FLAG_ROW("tmpcopyup", tmpcopyup),
	FLAG_ROW("copy-symlink", copy_symlink),
	FLAG_ROW("src-nofollow", src_nofollow),
	FLAG_ROW("dest-nofollow", dest_nofollow),
};
/* clang-format on */
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* ----------------------------------------------------------------------------------- parsing */

static void set_bit(uint64_t *set, uint64_t *clr, uint64_t bit, bool off)
{
	*(off ? set : clr) &= ~bit;
	*(off ? clr : set) |= bit;
}

/*
 * "atime" undoes "noatime" and "nostrictatime" undoes "strictatime": both give the kernel's
 * own kind, relatime, unless another one was asked for. "norelatime" only takes "relatime"
 * back, as it doesn't say what else there should be.
 */
static void set_atime(uint64_t *set, uint64_t *clr, uint64_t value, bool off)
{
	bool asked = *clr & MOUNT_ATTR__ATIME;
	uint64_t now = *set & MOUNT_ATTR__ATIME;

	if (off && asked && now != value)
		return;
	*set &= ~(uint64_t)MOUNT_ATTR__ATIME;
	if (off && value == MOUNT_ATTR_RELATIME) {
		*clr &= ~(uint64_t)MOUNT_ATTR__ATIME;
		return;
	}
	*clr |= MOUNT_ATTR__ATIME;
	if (!off)
		*set |= value;
}

static void set_sb(struct mount_opts *o, unsigned long flag, bool off)
{
	*(off ? &o->sb_flags_set : &o->sb_flags_clr) &= ~flag;
	*(off ? &o->sb_flags_clr : &o->sb_flags_set) |= flag;
}

static void apply(struct mount_opts *o, const struct row *row)
{
	switch (row->kind) {
	case ATTR: set_bit(&o->attr_set, &o->attr_clr, row->value, row->off); break;
	case REC_ATTR: set_bit(&o->rec_set, &o->rec_clr, row->value, row->off); break;
	case ATIME: set_atime(&o->attr_set, &o->attr_clr, row->value, row->off); break;
	case REC_ATIME: set_atime(&o->rec_set, &o->rec_clr, row->value, row->off); break;
	case SB: set_sb(o, row->value, row->off); break;
	case READONLY:
		set_bit(&o->attr_set, &o->attr_clr, MOUNT_ATTR_RDONLY, row->off);
		set_sb(o, MS_RDONLY, row->off);
		break;
	case SPREAD:
	case REC_SPREAD:
		o->propagation = row->value;
		o->propagation_rec = row->kind == REC_SPREAD;
		break;
	case DEFAULTS:
		/*
		 * rw, suid, dev, exec and async by not asking for their opposites. Asking to clear
		 * them would fail on a bind mount in a user namespace, where what the host set is locked.
		 */
		o->attr_set &= ~(uint64_t)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					   MOUNT_ATTR_NOEXEC);
		o->sb_flags_set &= ~(unsigned long)(MS_RDONLY | MS_SYNCHRONOUS);
		break;
	case FLAG: *(bool *)((char *)o + row->value) = true; break;
	case RBIND: o->bind = o->rbind = true; break;
	}
}

/* "idmap=MAPS", "ridmap=MAPS": the options that have a value and are not the file system's. */
static bool apply_idmap(struct mount_opts *o, const char *option)
{
	bool rec = *option == 'r';

	if (strncmp(option + rec, "idmap=", 6) != 0)
		return false;
	*(rec ? &o->ridmap : &o->idmap) = true;
	o->idmap_maps = option + rec + 6;
	return true;
}

int mount_opts_parse(struct arena *a, const struct str_list *options, struct mount_opts *out)
{
	*out = (struct mount_opts){ 0 };
	for (size_t i = 0; i < options->n; i++) {
		const char *name = options->v[i];
		size_t k = 0;

		while (k < N_ROWS && strcmp(rows[k].name, name) != 0)
			k++;
		if (k < N_ROWS)
			apply(out, &rows[k]);
		else if (*name && !apply_idmap(out, name))
			str_list_add(a, &out->data, name);
	}
	return 0;
}

/* ----------------------------------------------------------------------------------- printing */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *mount_option_names(void)
{
	static const char *names[N_ROWS + 1];

	if (!names[0]) {
		for (size_t i = 0; i < N_ROWS; i++)
			names[i] = rows[i].name;
		qsort(names, N_ROWS, sizeof(*names), compare_names);
	}
	return names;
}

static bool has_atime(uint64_t set, uint64_t clr, const struct row *row)
{
	return !row->off && (clr & MOUNT_ATTR__ATIME) && (set & MOUNT_ATTR__ATIME) == row->value;
}

static bool holds(const struct mount_opts *o, const struct row *row)
{
	switch (row->kind) {
	case ATTR: return (row->off ? o->attr_clr : o->attr_set) & row->value;
	case REC_ATTR: return (row->off ? o->rec_clr : o->rec_set) & row->value;
	case ATIME: return has_atime(o->attr_set, o->attr_clr, row);
	case REC_ATIME: return has_atime(o->rec_set, o->rec_clr, row);
	case SB: return (row->off ? o->sb_flags_clr : o->sb_flags_set) & row->value;
	case READONLY: return (row->off ? o->attr_clr : o->attr_set) & MOUNT_ATTR_RDONLY;
	case SPREAD:
	case REC_SPREAD:
		return o->propagation == row->value && o->propagation_rec == (row->kind == REC_SPREAD);
	case FLAG:
		if (row->value == offsetof(struct mount_opts, bind) && o->rbind)
			return false;
		return *(const bool *)((const char *)o + row->value);
	case RBIND: return o->rbind;
	case DEFAULTS: break;
	}
	return false;
}

char *mount_opts_text(struct arena *a, const struct mount_opts *o)
{
	size_t size = 1;
	char *text, *p;

	for (size_t i = 0; i < N_ROWS; i++)
		size += strlen(rows[i].name) + 1;
	for (size_t i = 0; i < o->data.n; i++)
		size += strlen(o->data.v[i]) + 1;
	p = text = arena_alloc(a, size);
	for (size_t i = 0; i < N_ROWS; i++)
		if (holds(o, &rows[i])) {
			p = stpcpy(p, rows[i].name);
			*p++ = ',';
		}
	for (size_t i = 0; i < o->data.n; i++) {
		p = stpcpy(p, o->data.v[i]);
		*p++ = ',';
	}
	if (p > text)
		p[-1] = '\0';
	return text;
}
