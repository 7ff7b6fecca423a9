/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The init's program is a sealed memfd. criu writes and restores it where it is mapped, but as /proc/PID/exe
 * it knows regular files only ("No entry for reg-file-ID" at the restore). So in the images that link gets
 * the payload's program, which is one of the sandbox's own files. What the init runs stays the memfd.
 *
 * mm-PID.img: two magic numbers, the size of one message, mm_entry of images/mm.proto.
 */
#include "images.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "wire.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD = 12, EXE_FILE_ID = 12, MM_MAX = 64 << 20 };
#define IMG_COMMON_MAGIC 0x54564319u

struct mm {
	unsigned char *v;
	size_t n;
	uint32_t exe;           /* its exe_file_id */
	size_t exe_at, exe_end; /* that field in v */
};

static uint32_t le32_at(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return le32toh(v);
}

static int find_exe(struct mm *m)
{
	struct wire_in in = { m->v + HEAD, m->v + m->n };
	struct wire_field f;

	for (const unsigned char *at = in.p; wire_next(&in, &f); at = in.p)
		if (f.field == EXE_FILE_ID && !f.bytes) {
			m->exe = (uint32_t)f.number;
			m->exe_at = (size_t)(at - m->v);
			m->exe_end = (size_t)(in.p - m->v);
			return 0;
		}
	return -1;
}

static int read_mm(struct arena *a, int images, const char *name, struct mm *out)
{
	CLEANUP_FD fd = openat(images, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < HEAD || st.st_size > MM_MAX)
		return -1;
	out->n = (size_t)st.st_size;
	out->v = arena_alloc(a, out->n);
	if (read(fd, out->v, out->n) != (ssize_t)out->n || le32_at(out->v) != IMG_COMMON_MAGIC ||
	    le32_at(out->v + 8) != out->n - HEAD)
		return -1;
	return find_exe(out);
}

/* The process after the init, by pid: the payload, or whoever is left of what it has started. */
static int next_mm(struct arena *a, int images, pid_t init, struct mm *out)
{
	CLEANUP_FD copy = openat(images, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const char *name = NULL;
	struct dirent *e;
	int least = 0, pid;

	if (dir)
		(void)fd_take(&copy); /* the stream's now */
	while (dir && (e = readdir(dir)))
		if (sscanf(e->d_name, "mm-%d.img", &pid) == 1 && pid != init && (!name || pid < least)) {
			least = pid;
			name = arena_strdup(a, e->d_name);
		}
	if (dir)
		closedir(dir);
	return name ? read_mm(a, images, name, out) : -1;
}

static int write_mm(struct arena *a, int images, const char *name, const struct mm *m, uint32_t exe)
{
	const char *new = arena_printf(a, "%s.new", name);
	CLEANUP_FD fd = openat(images, new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct wire w = { .a = a };
	uint32_t size;

	wire_number(&w, EXE_FILE_ID, exe);
	size = htole32((uint32_t)(m->n - HEAD - (m->exe_end - m->exe_at) + w.n));
	if (fd < 0 || write(fd, m->v, HEAD - 4) != HEAD - 4 || write(fd, &size, 4) != 4 ||
	    write(fd, m->v + HEAD, m->exe_at - HEAD) != (ssize_t)(m->exe_at - HEAD) ||
	    write(fd, w.v, w.n) != (ssize_t)w.n ||
	    write(fd, m->v + m->exe_end, m->n - m->exe_end) != (ssize_t)(m->n - m->exe_end))
		return -1;
	return renameat(images, new, images, name);
}

int images_mend_exe(struct arena *a, int images, pid_t init, struct diags *dg)
{
	const char *name = arena_printf(a, "mm-%d.img", (int)init);
	struct mm mm, payload;

	if (read_mm(a, images, name, &mm) < 0 || next_mm(a, images, init, &payload) < 0) {
		diag_error(dg, "the images that criu wrote are of a kind that sbrun doesn't know (%s)", name);
		return -1;
	}
	if (write_mm(a, images, name, &mm, payload.exe) == 0)
		return 0;
	diag_errno(dg, errno, "write", name, "can't write to the directory of the images");
	return -1;
}
