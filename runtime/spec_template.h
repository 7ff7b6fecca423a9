/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_SPEC_TEMPLATE_H
#define SBRUN_RUNTIME_SPEC_TEMPLATE_H

#include "../spec/spec.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

struct arena;

/*
 * Parts of it, for others that write a configuration. mounts: /proc, /dev and what is in it, /sys; for a
 * user namespace of one id; host_sys: the host's /sys, bound. The caller's reference.
 */
json_t *template_mounts(bool one_id, bool host_sys);
json_t *template_capabilities(void); /* those of a build's step */
json_t *template_masked_paths(void);
json_t *template_readonly_paths(void);

struct template_opts {
	/*
	 * For an ordinary user: a user namespace in which uid and gid are root, the host's network
	 * and /sys, no resources.
	 */
	bool rootless;
	uid_t uid, gid;
	/*
	 * For a step of a build: no terminal, a writable root, a /tmp of its own, an init, and as
	 * root the capabilities that package managers count on.
	 */
	bool build_task;
	struct str_list lowerdirs; /* an overlay of these as root, writable on a tmpfs; none: "rootfs" */
};

/* A config.json to begin with, as text: a shell in a read-only root, or as asked for. NULL: out of memory. */
char *spec_template(struct arena *a, const struct template_opts *o);

#endif
