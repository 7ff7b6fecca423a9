/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a sandbox is not its own and so not in a checkpoint: mounts of the host's files, and the
 * descriptors that it began with. At a checkpoint each gets a name; at a restore something is given for
 * that name. Both sides take it from the configuration, never from what the sandbox has made meanwhile.
 */
#ifndef SBRUN_RUNTIME_EXTERNALS_H
#define SBRUN_RUNTIME_EXTERNALS_H

#include "criu.h"
#include "planner.h"
#include "state.h"

struct external {
	const char *place;  /* as the configuration has it: the name in the images */
	const char *source; /* on the host */
	bool readonly;
};
struct external_list {
	struct external *v;
	size_t n, cap;
};

/* The binds of a plan. -1 with an error for a mount that could not be made again at a restore. */
int externals_of(struct arena *a, const struct spec *s, const struct planned *p, struct external_list *out,
		 struct diags *dg);
/* Restore: where criu finds each. */
void externals_give(struct arena *a, const struct external_list *l, struct wire *opts);
/* Checkpoint: those that are mounted in the sandbox, by the mount points that its mountinfo has. */
int externals_name(struct arena *a, pid_t init, const struct external_list *l, struct wire *opts,
		   struct diags *dg);
/* Restore, before anything runs: those that are to be read-only are. -1 with an error. */
int externals_verify(struct arena *a, pid_t init, const struct external_list *l, struct diags *dg);

/* Which files 0, 1 and 2 of this process are: for the state, so that a checkpoint knows them again. */
void stdio_identify(struct file_id out[3]);

/*
 * Checkpoint: the names of those three ("pipe:[123]", "socket:[123]", "tty[...]", "file[...]", or "" for one
 * that nobody has open) by whoever of the sandbox has them open; criu is told of those that need it.
 */
void stdio_name(struct arena *a, const struct state *st, const char *names[3], struct wire *opts);
#define STDIO_FILE "descriptors.json"
/* IMAGES/STDIO_FILE, an array of the three names: the same as runc's and crun's. */
int stdio_write(struct arena *a, int images, const char *const names[3], struct diags *dg);
int stdio_read(struct arena *a, int images, const char *names[3], struct diags *dg);
/*
 * Restore: 0, 1 and 2 for those names. Where one file was input and output, as /dev/null is, it needs one
 * descriptor that does both: *null, which becomes criu's descriptor `null_fd`; else *null stays as it is.
 */
int stdio_give(struct arena *a, const char *const names[3], int null_fd, int *null, struct wire *opts,
	       struct diags *dg);

#endif
