/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount options as in mounts[].options (runtime-spec, "Linux mount options"; mount(8)),
 * sorted by the kernel object they belong to. Of options that contradict each other the last
 * one counts. Pure: no system call.
 */
#ifndef SBRUN_RUNTIME_MOUNTOPT_H
#define SBRUN_RUNTIME_MOUNTOPT_H

#include "../spec/spec.h"

struct mount_opts {
	/*
	 * For mount_setattr(2), MOUNT_ATTR_*; rec_* for the whole tree (AT_RECURSIVE). An attribute
	 * is in at most one of set and clr; one that is in neither was not asked about and stays as
	 * it is. Of the access time's kinds, which are one field, MOUNT_ATTR__ATIME is in clr
	 * whenever one was asked for, as the system call wants it, and its value in set
	 * (MOUNT_ATTR_RELATIME is 0).
	 */
	uint64_t attr_set, attr_clr, rec_set, rec_clr;
	uint64_t propagation; /* MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE; 0: not asked for */
	bool propagation_rec;
	bool bind, rbind; /* rbind: bind too */
	bool tmpcopyup, copy_symlink, src_nofollow, dest_nofollow, idmap, ridmap;
	/*
	 * Of the superblock: MS_RDONLY, MS_SYNCHRONOUS, MS_DIRSYNC, MS_MANDLOCK, MS_LAZYTIME,
	 * MS_I_VERSION, MS_SILENT. "ro" and "rw" stand both here and in attr_*: which of them
	 * counts depends on whether a file system is made or a mount of one cloned.
	 */
	unsigned long sb_flags_set, sb_flags_clr;
	bool remount;
	const char *idmap_maps; /* of "idmap=..." or "ridmap=...", else NULL; idmap_option.h */
	struct str_list data; /* everything else, in order: the file system's own */
};

/* Always 0: what isn't known here is the file system's to refuse. The strings of data stay the caller's. */
int mount_opts_parse(struct arena *a, const struct str_list *options, struct mount_opts *out);

/* Every name that mount_opts_parse knows, sorted, NULL-terminated. */
const char *const *mount_option_names(void);

/* In a fixed order, each fact once: "rbind,ro,nosuid,nodev,noatime,rprivate,size=64k"; "" for none. */
char *mount_opts_text(struct arena *a, const struct mount_opts *o);

#endif
