/* SPDX-License-Identifier: Apache-2.0 */
/* The payload's standard input, output and error, which belong to whoever started it. */
#include "externals.h"

#include "../spec/arena.h"
#include "fd.h"
#include "json_text.h"
#include "members.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { INHERIT_KEY = 1, INHERIT_FD = 2, TTY_MAJOR_MIN = 136, TTY_MAJOR_MAX = 143 };

void stdio_identify(struct file_id out[3])
{
	struct stat st;

	for (int i = 0; i < 3; i++) {
		out[i] = (struct file_id){ 0 };
		if (fstat(i, &st) == 0) {
			out[i].dev = st.st_dev;
			out[i].ino = st.st_ino;
		}
	}
}

/* ---- checkpoint ---- */

/* A number of /proc/PID/fdinfo/FD, or -1. */
static long fdinfo(struct arena *a, pid_t pid, const char *fd, const char *key)
{
	FILE *f = fopen(arena_printf(a, "/proc/%d/fdinfo/%s", (int)pid, fd), "re");
	char line[256];
	long v = -1;

	while (f && v < 0 && fgets(line, sizeof line, f))
		if (!strncmp(line, key, strlen(key)))
			v = strtol(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return v;
}

static bool is_terminal(const struct stat *st)
{
	unsigned m = major(st->st_rdev);

	return S_ISCHR(st->st_mode) && (m == 4 || m == 5 || (m >= TTY_MAJOR_MIN && m <= TTY_MAJOR_MAX));
}

/* criu's names for what is not in the images: criu(8), --external and --inherit-fd. */
static const char *name_of(struct arena *a, pid_t pid, const char *fd, const struct stat *st,
			   struct wire *opts)
{
	const char *name;

	if (S_ISFIFO(st->st_mode))
		return arena_printf(a, "pipe:[%lu]", (unsigned long)st->st_ino);
	if (S_ISSOCK(st->st_mode)) {
		wire_text(opts, CRIU_EXTERNAL, arena_printf(a, "unix[%lu]", (unsigned long)st->st_ino));
		return arena_printf(a, "socket:[%lu]", (unsigned long)st->st_ino);
	}
	if (is_terminal(st))
		name = arena_printf(a, "tty[%lx:%lx]", (unsigned long)st->st_rdev, (unsigned long)st->st_dev);
	else
		name = arena_printf(a, "file[%lx:%lx]", (unsigned long)fdinfo(a, pid, fd, "mnt_id:"),
				    (unsigned long)st->st_ino);
	wire_text(opts, CRIU_EXTERNAL, name);
	return name;
}

/*
 * Whether it is reached through a mount of the sandbox's own: a /dev/null that is bound there is the host's
 * too, and criu finds it by itself.
 */
static bool is_inside(struct arena *a, pid_t init, long mount)
{
	FILE *f = fopen(arena_printf(a, "/proc/%d/mountinfo", (int)init), "re");
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (f && !found && getline(&line, &cap, f) > 0)
		found = strtol(line, NULL, 10) == mount;
	free(line);
	if (f)
		fclose(f);
	return found;
}

static void look_at(struct arena *a, const struct state *st, pid_t pid, const char *fd, const char *names[3],
		    struct wire *opts)
{
	struct stat s;
	const char *name = NULL;

	if (stat(arena_printf(a, "/proc/%d/fd/%s", (int)pid, fd), &s) < 0)
		return;
	for (int i = 0; i < 3; i++) {
		if (*names[i] || st->stdio[i].ino != s.st_ino || st->stdio[i].dev != s.st_dev)
			continue;
		if (!S_ISFIFO(s.st_mode) && !S_ISSOCK(s.st_mode) &&
		    is_inside(a, st->init.pid, fdinfo(a, pid, fd, "mnt_id:")))
			return;
		if (!name)
			name = name_of(a, pid, fd, &s, opts);
		names[i] = name;
	}
}

static void look_at_process(struct arena *a, const struct state *st, pid_t pid, const char *names[3],
			    struct wire *opts)
{
	DIR *dir = opendir(arena_printf(a, "/proc/%d/fd", (int)pid));
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			look_at(a, st, pid, e->d_name, names, opts);
	if (dir)
		closedir(dir);
}

void stdio_name(struct arena *a, const struct state *st, const char *names[3], struct wire *opts)
{
	pid_t *pids;
	size_t n = member_pids(st->init.pid, &pids);

	names[0] = names[1] = names[2] = "";
	look_at_process(a, st, st->init.pid, names, opts);
	for (size_t i = 0; i < n; i++)
		look_at_process(a, st, pids[i], names, opts);
	free(pids);
}

/* ---- the file in between ---- */

int stdio_write(struct arena *a, int images, const char *const names[3], struct diags *dg)
{
	char *text = json_document(a, json_pack("[s, s, s]", names[0], names[1], names[2]), JSON_COMPACT);
	CLEANUP_FD fd =
		openat(images, STDIO_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = text ? strlen(text) : 0;

	if (fd >= 0 && len && write(fd, text, len) == (ssize_t)len)
		return 0;
	diag_errno(dg, fd < 0 || len ? errno : ENOMEM, fd < 0 ? "openat" : "write", STDIO_FILE,
		   "can't write to the directory of the images");
	return -1;
}

int stdio_read(struct arena *a, int images, const char *names[3], struct diags *dg)
{
	CLEANUP_FD fd = openat(images, STDIO_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	json_error_t err;
	json_t *doc;

	names[0] = names[1] = names[2] = "";
	if (fd < 0) {
		diag_errno(dg, errno, "openat", STDIO_FILE,
			   "there is no checkpoint in the directory of the images")
			->hint = "--image-path is the directory that \"sbrun checkpoint\" wrote to";
		return -1;
	}
	doc = json_loadfd(fd, JSON_REJECT_DUPLICATES, &err);
	for (size_t i = 0; i < 3; i++) {
		const char *s = json_string_value(json_array_get(doc, i));

		if (s)
			names[i] = arena_strdup(a, s);
	}
	json_decref(doc);
	if (doc)
		return 0;
	diag_error(dg, "the file \"%s\" of the checkpoint can't be read: %s", STDIO_FILE,
		   arena_strdup(a, err.text));
	return -1;
}

/* ---- restore ---- */

static void inherit(struct arena *a, struct wire *opts, const char *name, int fd)
{
	struct wire w = { .a = a };

	wire_text(&w, INHERIT_KEY, name);
	wire_number(&w, INHERIT_FD, fd);
	wire_message(opts, CRIU_INHERIT_FD, &w);
}

static bool one_file(void)
{
	struct file_id id[3];

	stdio_identify(id);
	return id[0].dev == id[1].dev && id[0].ino == id[1].ino && id[1].dev == id[2].dev &&
	       id[1].ino == id[2].ino;
}

int stdio_give(struct arena *a, const char *const names[3], int null_fd, int *null, struct wire *opts,
	       struct diags *dg)
{
	/* /dev/null for all: a name has one descriptor, and here it must be one to read and to write */
	bool both = *names[0] && (!strcmp(names[0], names[1]) || !strcmp(names[0], names[2]));

	if (both && !(one_file() && (fcntl(0, F_GETFL) & O_ACCMODE) == O_RDWR)) {
		*null = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
		if (*null < 0) {
			diag_errno(dg, errno, "open", "/dev/null", "can't give it standard input and output");
			return -1;
		}
		inherit(a, opts, names[0], null_fd);
	}
	for (int i = 0; i < 3; i++) {
		bool again = false;

		for (int k = 0; k < i; k++)
			again |= !strcmp(names[k], names[i]);
		if (*names[i] && !again && !(*null >= 0 && i == 0))
			inherit(a, opts, names[i], i);
	}
	return 0;
}
