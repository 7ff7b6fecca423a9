/* SPDX-License-Identifier: Apache-2.0 */
/* Options that checkpoint and restore have in common; the first member of either's structure. */
#ifndef SBRUN_RUNTIME_CRIU_OPTIONS_H
#define SBRUN_RUNTIME_CRIU_OPTIONS_H

#include "command.h"
#include "criu.h"

struct criu_options {
	const char *image_path, *work_path; /* NULL: "checkpoint"; the images' */
	bool tcp_established, ext_unix_sk, shell_job, file_locks, link_remap, auto_dedup, lazy_pages;
	bool tcp_skip_in_flight, tcp_close;
	bool set_cgroups, empty_net;
	int cgroups;         /* CRIU_CG_* when set_cgroups */
	int network_lock;    /* CRIU_LOCK_*; 0: criu's default */
	const char *program; /* found by criu_options_complete */
};

/* clang-format off */
#define CR(field) offsetof(struct criu_options, field)
#define CRIU_ROWS \
	{ "image-path", 0, OPT_TEXT, "DIR", CR(image_path), "the images (default: checkpoint)", 0, NULL }, \
	{ "work-path", 0, OPT_TEXT, "DIR", CR(work_path), "criu's log and statistics (default: with the images)", 0, NULL }, \
	{ "tcp-established", 0, OPT_SWITCH, NULL, CR(tcp_established), "TCP connections stay", 0, NULL }, \
	{ "ext-unix-sk", 0, OPT_SWITCH, NULL, CR(ext_unix_sk), "unix sockets to the outside are let go of", 0, NULL }, \
	{ "shell-job", 0, OPT_SWITCH, NULL, CR(shell_job), "it belongs to a terminal's session", 0, NULL }, \
	{ "file-locks", 0, OPT_SWITCH, NULL, CR(file_locks), "file locks too", 0, NULL }, \
	{ "link-remap", 0, OPT_SWITCH, NULL, CR(link_remap), "files that were unlinked while open too", 0, NULL }, \
	{ "auto-dedup", 0, OPT_SWITCH, NULL, CR(auto_dedup), "pages are kept once in a row of images", 0, NULL }, \
	{ "manage-cgroups-mode", 0, OPT_PARSE, "MODE", 0, "soft, full, strict or ignore", 0, criu_parse_cgroups }, \
	{ "network-lock", 0, OPT_PARSE, "METHOD", 0, "iptables, nftables or skip", 0, criu_parse_lock }, \
	{ "empty-ns", 0, OPT_PARSE, "NAME", 0, "a network namespace is made anew, empty: network", 0, criu_parse_empty }, \
	{ "lazy-pages", 0, OPT_SWITCH, NULL, CR(lazy_pages), "memory comes later, from a page server", 0, NULL }
/* clang-format on */

const char *criu_parse_cgroups(struct arena *a, void *opts, const char *value);
const char *criu_parse_lock(struct arena *a, void *opts, const char *value);
const char *criu_parse_empty(struct arena *a, void *opts, const char *value);

/* The defaults; that this caller may do it, and that criu is there. -1 with an error. */
int criu_options_complete(struct call *c, struct criu_options *o, const char *verb);

/* What both tell criu in the same way; the annotation org.criu.config names a file with more. */
void criu_options_put(const struct criu_options *o, const struct state *st, const struct spec *s,
		      struct wire *w);

/* A directory, made with `make`: fd, or -1 with an error. */
int criu_directory(const char *path, bool make, struct diags *dg);

/* checkpoint.c, restore.c */
struct checkpoint_opts {
	struct criu_options criu; /* first */
	const char *root, *id;
	const char *parent_path, *page_server;
	bool leave_running, pre_dump;
	bool set_status_fd;
	unsigned status_fd;
	struct step_watch watch;
};
int launch_checkpoint(struct arena *a, const struct checkpoint_opts *o, struct diags *dg);

struct restore_opts {
	struct criu_options criu; /* first */
	struct launch_opts launch;
	const char *lsm_profile, *lsm_mount_context;
};
int launch_restore(struct arena *a, const struct restore_opts *o, int *exit_code, struct diags *dg);

#endif
