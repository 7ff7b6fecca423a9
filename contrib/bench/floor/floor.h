/* SPDX-License-Identifier: Apache-2.0 */
/* What the floor's parts have of each other: main.c says what it is. */
#ifndef SBRUN_BENCH_FLOOR_H
#define SBRUN_BENCH_FLOOR_H

/* DIR/0 and on, or DIR/1 and on, so many. */
struct many {
	const char *dir;
	int count;
};

/* What the options ask for. */
extern struct want {
	const char *cgroup, *filter, *pid_file, *times;
	struct many binds, layers;
	int rootless, overlay_only;
} want;

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* main.c: exit 125 with errno's words; the same where a result is below zero */
_Noreturn void die(const char *what);
void check(long result, const char *what);
void write_file(const char *path, const char *text, const char *what);

/* root.c: in a mount namespace of its own; make_root ends in the new root */
void mount_layers(const char *rootfs);
void make_root(const char *rootfs);
void protect_paths(void);

/* cgroup.c: nothing, unless one is wanted */
void cgroups_make(void);
void cgroups_join(void);
void cgroups_remove(void);

/* payload.c */
void read_filter(const char *file); /* from outside: the sandbox doesn't see the file */
int be_init(char **command, int begun); /* `begun` is closed once the command runs; its exit code */
int run_command(char **command);        /* its exit code */
int code_of(int status);                /* of a wait status, as a shell has it */

#endif
