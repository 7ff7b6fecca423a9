/* SPDX-License-Identifier: Apache-2.0 */
#include "own_ids.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "facts.h"
#include "fd.h"
#include "idmap.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* newuidmap(1) takes no more than the kernel does */
enum { MAX_RANGES = 339 };

static bool overlap(const struct id_range *a, const struct id_range *b)
{
	return a->start < (uint64_t)b->start + b->count && b->start < (uint64_t)a->start + a->count;
}

/* The kernel takes no id twice, but /etc/subuid may have it so. */
static bool taken_before(const struct id_ranges *r, size_t i, uint32_t own)
{
	const struct id_range self = { own, 1 };

	if (overlap(&r->v[i], &self))
		return true;
	for (size_t k = 0; k < i; k++)
		if (overlap(&r->v[i], &r->v[k]))
			return true;
	return false;
}

/* The caller is 0, the granted ones follow; `*n` counts their ranges. */
static const char *map_text(struct arena *a, uint32_t own, const struct id_ranges *r, size_t *n)
{
	char *text = arena_printf(a, "0 %u 1\n", own);
	uint32_t next = 1;

	*n = 0;
	for (size_t i = 0; r && i < r->n && *n < MAX_RANGES; i++) {
		if (r->v[i].count == 0 || taken_before(r, i, own) || r->v[i].count > UINT32_MAX - next)
			continue;
		text = arena_printf(a, "%s%u %u %u\n", text, next, r->v[i].start, r->v[i].count);
		next += r->v[i].count;
		++*n;
	}
	return text;
}

static int write_maps(pid_t pid, struct diags *dg)
{
	const char *uid_map, *gid_map;
	size_t uids, gids;
	struct facts f;

	if (facts_get(dg->arena, FACTS_IDS, &f, dg) < 0)
		return -1;
	uid_map = map_text(dg->arena, f.uid, &f.subuid, &uids);
	gid_map = map_text(dg->arena, f.gid, &f.subgid, &gids);
	if (uids && gids && f.newuidmap && f.newgidmap)
		return idmap_write(pid, uid_map, gid_map, true, false, dg);
	uid_map = map_text(dg->arena, f.uid, NULL, &uids);
	gid_map = map_text(dg->arena, f.gid, NULL, &gids);
	return idmap_write(pid, uid_map, gid_map, false, true, dg);
}

/* The end of the pipe: our parent gave up, or was killed. */
static void child(const int go[2], int (*fn)(void *), void *arg)
{
	char byte;

	close(go[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go[0], &byte, 1) != 1)
		_exit(EXIT_SBRUN);
	_exit(fn(arg));
}

static int result(pid_t pid, struct diags *dg)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			diag_errno(dg, errno, "waitpid", NULL, "can't use the granted ids");
			return -1;
		}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	diag_error(dg, "the process with the granted ids was ended by signal %d", WTERMSIG(status));
	return -1;
}

int own_ids_call(int (*fn)(void *), void *arg, struct diags *dg)
{
	int go[2], r;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0) {
		diag_errno(dg, errno, "pipe2", NULL, "can't use the granted ids");
		return -1;
	}
	/* a fork; its arguments' order is not the same everywhere, but only the first is not 0 */
	pid = (pid_t)syscall(SYS_clone, (unsigned long)CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		child(go, fn, arg);
	close(go[0]);
	r = pid < 0 ? -1 : write_maps(pid, dg);
	if (pid < 0)
		diag_errno(dg, errno, "clone", NULL, "can't make a user namespace of the granted ids");
	else if (r == 0 && write(go[1], "", 1) != 1)
		r = -1; /* it was killed, and its end says so */
	close(go[1]);
	if (pid < 0)
		return -1;
	if (r == 0)
		return result(pid, dg);
	result(pid, dg);
	return -1;
}
