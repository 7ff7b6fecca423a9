/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled programs in ROOT/.seccomp/KEY: compiling a long profile takes milliseconds, reading it
 * back microseconds. Nobody but us may write there, and a file is believed only if it is ours,
 * has the length that it says, the digest of what it holds, and the very key that is asked for.
 * Anything else counts as not there, and is replaced.
 */
#include "seccomp.h"

#include "../spec/arena.h"
#include "fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char magic[8] = "sbrbpf4";

/* The file: this, the instructions, the unknown names each with its NUL. */
struct header {
	char magic[8];
	unsigned char key[BLAKE2_SIZE];
	unsigned char digest[BLAKE2_SIZE]; /* of all that follows */
	uint32_t n_insns, n_archs, n_unknown, names_size;
};

enum {
	NAME_SIZE = BLAKE2_SIZE * 2 + 1,
	DIGEST_FROM = offsetof(struct header, n_insns),
	MAX_BYTES = sizeof(struct header) + BPF_MAXINSNS * sizeof(struct sock_filter) + (1 << 20),
};

static void name_of(const unsigned char key[BLAKE2_SIZE], char name[NAME_SIZE])
{
	for (size_t i = 0; i < BLAKE2_SIZE; i++)
		snprintf(name + i * 2, 3, "%02x", key[i]);
}

static void digest_of(const void *file, size_t size, unsigned char digest[BLAKE2_SIZE])
{
	struct blake2 b;

	blake2_init(&b);
	blake2_add(&b, (const char *)file + DIGEST_FROM, size - DIGEST_FROM);
	blake2_end(&b, digest);
}

/* ---- load ---- */

static bool ours(int fd, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid() ||
	    st.st_mode & 077 || st.st_size < (off_t)sizeof(struct header) || st.st_size > MAX_BYTES)
		return false;
	*size = (size_t)st.st_size;
	return true;
}

static bool whole(const struct header *h, size_t size, const unsigned char key[BLAKE2_SIZE])
{
	unsigned char digest[BLAKE2_SIZE];

	if (memcmp(h->magic, magic, sizeof magic) != 0 || memcmp(h->key, key, BLAKE2_SIZE) != 0 ||
	    !h->n_insns || h->n_insns > BPF_MAXINSNS || h->names_size > size)
		return false;
	if (size != sizeof *h + h->n_insns * sizeof(struct sock_filter) + h->names_size ||
	    (h->names_size && ((const char *)h)[size - 1] != 0))
		return false;
	digest_of(h, size, digest);
	return memcmp(digest, h->digest, BLAKE2_SIZE) == 0;
}

static bool take_names(struct arena *a, const struct header *h, struct str_list *out)
{
	char *p = (char *)(h + 1) + h->n_insns * sizeof(struct sock_filter), *end = p + h->names_size;

	if (h->n_unknown > h->names_size)
		return false;
	out->v = arena_array(a, h->n_unknown + 1u, sizeof *out->v);
	for (; p < end && out->n < h->n_unknown; p += strlen(p) + 1)
		out->v[out->n++] = p;
	return p == end && out->n == h->n_unknown;
}

int seccomp_cache_load(struct arena *a, int dir, const unsigned char key[BLAKE2_SIZE],
		       struct seccomp_program *out)
{
	char name[NAME_SIZE];
	CLEANUP_FD fd = -1;
	struct header *h;
	size_t size;

	*out = (struct seccomp_program){ 0 };
	name_of(key, name);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || !ours(fd, &size))
		return -1;
	h = arena_alloc(a, size);
	if (read(fd, h, size) != (ssize_t)size || !whole(h, size, key) || !take_names(a, h, &out->unknown))
		return -1;
	out->insns = (struct sock_filter *)(h + 1);
	out->n_insns = h->n_insns;
	out->n_archs = h->n_archs;
	return 0;
}

/* ---- store ---- */

/* Not of the ones being used most, but that is for a server with more than this many profiles to mind. */
static bool drop_oldest(int dir)
{
	CLEANUP_FD copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct timespec oldest = { 0 };
	char victim[256] = "";
	unsigned n = 0;
	struct dirent *e;

	if (!d)
		return false;
	fd_take(&copy); /* closedir closes it */
	while ((e = readdir(d))) {
		struct stat st;

		if (e->d_name[0] == '.' || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!n++ || st.st_mtim.tv_sec < oldest.tv_sec ||
		    (st.st_mtim.tv_sec == oldest.tv_sec && st.st_mtim.tv_nsec < oldest.tv_nsec)) {
			oldest = st.st_mtim;
			snprintf(victim, sizeof victim, "%s", e->d_name);
		}
	}
	closedir(d);
	return n > SECCOMP_CACHE_MAX && unlinkat(dir, victim, 0) == 0;
}

static struct header *make_file(struct arena *a, const unsigned char key[BLAKE2_SIZE],
				const struct seccomp_program *p, size_t *size)
{
	size_t insns = p->n_insns * sizeof *p->insns, names = 0;
	struct header *h;
	char *to;

	for (size_t i = 0; i < p->unknown.n; i++)
		names += strlen(p->unknown.v[i]) + 1;
	*size = sizeof *h + insns + names;
	h = arena_alloc(a, *size);
	memcpy(h->magic, magic, sizeof magic);
	memcpy(h->key, key, BLAKE2_SIZE);
	h->n_insns = p->n_insns;
	h->n_archs = p->n_archs;
	h->n_unknown = (uint32_t)p->unknown.n;
	h->names_size = (uint32_t)names;
	to = memcpy(h + 1, p->insns, insns);
	to += insns;
	for (size_t i = 0; i < p->unknown.n; i++)
		to = stpcpy(to, p->unknown.v[i]) + 1;
	digest_of(h, *size, h->digest);
	return h;
}

void seccomp_cache_store(struct arena *a, int dir, const unsigned char key[BLAKE2_SIZE],
			 const struct seccomp_program *p)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char name[NAME_SIZE], new_name[NAME_SIZE + 16];
	CLEANUP_FD fd = -1;
	struct header *h;
	size_t size;

	h = make_file(a, key, p, &size);
	if (size > MAX_BYTES)
		return;
	name_of(key, name);
	/* one that was killed here leaves it behind; as the oldest it goes some day */
	snprintf(new_name, sizeof new_name, "%s.%d", name, (int)getpid());
	fd = openat(dir, new_name, flags, 0600);
	if (fd < 0)
		return;
	if (write(fd, h, size) != (ssize_t)size || renameat(dir, new_name, dir, name) < 0) {
		unlinkat(dir, new_name, 0);
		return;
	}
	while (drop_oldest(dir))
		;
}
