/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command without a bundle: what the options of `try` say, as a config.json that goes the way of
 * every other. Nothing else is known of it afterwards, so that `spec --host` writes all of it.
 */
#ifndef SBRUN_RUNTIME_HOST_CONFIG_H
#define SBRUN_RUNTIME_HOST_CONFIG_H

#include "run_options.h"

#include <stdbool.h>
#include <stdint.h>

struct facts;
struct host_tree;

enum host_mount_kind { HOST_RW, HOST_RO, HOST_TMPFS, HOST_LAYERS, HOST_RO_LAYERS };

/* One of the command line's, in its order. */
struct host_mount {
	enum host_mount_kind kind;
	const char *source, *dest;  /* absolute */
	struct str_list layers;     /* the first is the top one */
	const char *size;           /* of a tmpfs; NULL: the kernel's default */
	const char *said;           /* "--bind /a:/b", for messages */
};
struct host_mounts { struct host_mount *v; size_t n, cap; };

enum host_tty { TTY_AUTO, TTY_YES, TTY_NO };

struct host_opts {
	struct run_opts run;        /* first: the rows of `run` have its offsets */
	struct host_mounts mounts;
	struct str_list env;
	const char *name, *chdir, *hostname, *upper, *size, *memory, *network;
	bool clear_env, read_only, set_user, set_gid;
	enum host_tty tty;
	uint32_t uid, gid;
	unsigned pids;
	unsigned long cpu_quota;    /* microseconds in each 100,000; 0: no limit */
	unsigned share, unshare;    /* 1 << enum ns_type */
};

struct host_config {
	const char *text;
	size_t len;
	const char **said; /* for each of mounts: the option that it comes from, or NULL */
	size_t n_said;
	struct str_list uppers; /* directories to be made, each for what `likes` has at the same place */
	struct str_list likes;  /* "": a workdir */
};

/* args: the command, NULL-terminated. -1 with errors: what JSON can't hold, a lost working directory. */
int host_config_make(struct arena *a, const struct host_opts *o, const struct host_tree *t,
		     const struct facts *f, char *const *args, struct host_config *out, struct diags *dg);

/* In place of a JSON pointer into that text: the option that said it, or the pointer itself. */
const char *host_config_said(const struct host_config *c, const char *pointer);

#endif
