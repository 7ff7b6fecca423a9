/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOOKUP: what can be known of the payload before start is found out at create, in the root
 * as the payload will see it: its working directory, its executable (127 not found, 126 not
 * executable), HOME. The root is "/" by now; its files are hostile, so they are only looked at.
 */
#include "stage2.h"

#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/stat.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

enum { SETUP_FAILED = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127, MAX_PASSWD = 1 << 20 };

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* The vectors for execve(2): pointers into the plan, with room for HOME and LISTEN_PID. */
static int build_vectors(void)
{
	const struct plan *p = g.plan;
	size_t size = sizeof(struct room) + (p->n_args + p->n_env + 4) * sizeof(char *);
	long mem = SYS(mmap, NEAR_ROOM, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char *s;
	uint32_t i;

	if (mem < 0 && mem > -4096)
		return (int)mem;
	g.room = (struct room *)mem;
	g.room_size = size;
	g.argv = g.room->vectors;
	g.envp = g.argv + p->n_args + 1;
	for (i = 0, s = str(p->args); i < p->n_args; i++, s = next_str(s))
		g.argv[i] = (char *)s;
	for (i = 0, s = str(p->env); i < p->n_env; i++, s = next_str(s))
		g.envp[i] = (char *)s;
	return 0;
}

static const char *get_env(const char *key)
{
	size_t n = text_len(key);
	char **e;

	for (e = g.envp; *e; e++)
		if (text_starts(*e, key) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

/* The home of uid in one line of passwd(5): "name:x:UID:GID:gecos:HOME:shell". */
static int home_of_line(const char *line, size_t len, uint64_t uid, char *home, size_t size)
{
	size_t field = 0, i, start = 0;
	char id[24] = "", *end;

	text_add_number(id, sizeof id, uid);
	for (i = 0; i <= len; i++) {
		if (i < len && line[i] != ':')
			continue;
		if (field == 2 && (i - start != text_len(id) || memcmp(line + start, id, i - start)))
			return 0;
		if (field == 5) {
			end = home + (i - start < size ? i - start : 0);
			memcpy(home, line + start, (size_t)(end - home));
			*end = 0;
			return home[0] == '/';
		}
		field++;
		start = i + 1;
	}
	return 0;
}

static int is_regular(int fd)
{
	struct statx st;

	return fd >= 0 && SYS(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
	       (st.stx_mode & S_IFMT) == S_IFREG;
}

/*
 * The image's passwd file, if it is a file: no other's, as a magic link to another process' root would have
 * it, and looked at before it is opened, since to open a device is to use it.
 */
static int open_passwd(void)
{
	CLEANUP_FD seen = open_in_root("/etc/passwd", O_PATH | O_NOFOLLOW);
	CLEANUP_FD fd = is_regular(seen) ? open_in_root("/etc/passwd", O_NOFOLLOW | O_NONBLOCK) : -1;

	return is_regular(fd) ? take_fd(&fd) : -1;
}

/* Of bounded size is what is read of it. */
static int find_home(uint64_t uid, char *home, size_t size)
{
	CLEANUP_FD fd = open_passwd();
	char buf[4096];
	size_t used = 0, total = 0;
	long n;

	if (fd < 0)
		return 0;
	while (total < MAX_PASSWD && (n = SYS(read, fd, buf + used, sizeof buf - used)) > 0) {
		size_t i, line = 0;

		total += (size_t)n;
		used += (size_t)n;
		for (i = 0; i < used; i++) {
			if (buf[i] != '\n')
				continue;
			if (home_of_line(buf + line, i - line, uid, home, size))
				return 1;
			line = i + 1;
		}
		used = line || used < sizeof buf ? used - line : 0; /* an overlong line is dropped */
		memmove(buf, buf + line, used);
	}
	return used ? home_of_line(buf, used, uid, home, size) : 0;
}

static void add_home(uint64_t uid)
{
	char *home = g.room->home, **e = g.envp;

	if (get_env("HOME"))
		return;
	memcpy(home, "HOME=", sizeof "HOME=");
	if (!find_home(uid, home + 5, sizeof g.room->home - 5))
		memcpy(home, "HOME=/", 7);
	while (*e)
		e++;
	*e = home;
}

/* 0 with the room's exe set; -EACCES when it is there but can't be run; -ENOENT */
static int try_exe(const char *dir, size_t dir_len, const char *name)
{
	const size_t size = sizeof g.room->exe;
	char *exe = g.room->exe;
	struct statx st;
	int r;

	if (dir_len + text_len(name) + 2 > size)
		return -ENOENT;
	memcpy(exe, dir, dir_len);
	exe[dir_len] = 0;
	if (dir_len)
		text_add(exe, size, "/");
	text_add(exe, size, name);
	r = (int)SYS(statx, AT_FDCWD, exe, 0, STATX_TYPE | STATX_MODE, &st);
	if (r < 0)
		return r;
	return (st.stx_mode & S_IFMT) == S_IFREG && st.stx_mode & 0111 ? 0 : -EACCES;
}

/* 126 and 127 are for a name that is wrong, or whose file is; not for what fails otherwise. */
static int exit_code_of(int r)
{
	switch (-r) {
	case EACCES: return NOT_EXECUTABLE;
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG: return NOT_FOUND;
	default: return SETUP_FAILED;
	}
}

static int search_path(const char *name)
{
	const char *p = get_env("PATH");
	int r = -ENOENT;

	if (!p)
		p = default_path;
	for (;;) {
		size_t n = 0;
		int t;

		while (p[n] && p[n] != ':')
			n++;
		t = n ? try_exe(p, n, name) : try_exe(".", 1, name);
		if (t >= 0)
			return 0;
		if (exit_code_of(t) != NOT_FOUND) /* it may be in the next all the same */
			r = t;
		if (!p[n])
			return r;
		p += n + 1;
	}
}

static int has_slash(const char *s)
{
	while (*s && *s != '/')
		s++;
	return *s == '/';
}

static int find_exe(const char *name)
{
	int r;

	if (!*name)
		r = -ENOENT;
	else if (has_slash(name))
		r = try_exe("", 0, name);
	else
		r = search_path(name);
	if (r < 0)
		g.exit_code = exit_code_of(r);
	return about(r, name);
}

/* As runc and crun do, a missing working directory is made, in the root; not for a hook. */
static int go_to_cwd(void)
{
	const char *cwd = str(g.plan->cwd);
	CLEANUP_FD dir = -1;
	int r = 0;

	if (g.plan->flags & PLAN_HOOK)
		return 0;
	dir = make_target(cwd, (struct target){ .kind = TARGET_DIR });
	if (dir < 0 || (r = (int)SYS(fchdir, dir)) < 0)
		return about(dir < 0 ? dir : r, cwd);
	return 0;
}

int step_lookup(const struct step *s)
{
	int r = build_vectors();

	(void)s;
	if (r >= 0)
		r = go_to_cwd();
	if (r >= 0)
		r = find_exe(str(g.plan->exe ? g.plan->exe : g.plan->args));
	if (r >= 0 && !(g.plan->flags & PLAN_HOOK))
		add_home(step_of(STEP_USER)->n[0]);
	return r;
}
