/* SPDX-License-Identifier: Apache-2.0 */
#include "device_program.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { PROGRAMS_MAX = 64 }; /* the kernel's limit for one directory and type of program */

static const char rights_hint[] =
	"it takes CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, in the host's user namespace; "
	"replacing a program always takes CAP_SYS_ADMIN";

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof *attr);
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* ---- loading ---- */

static int load(const struct bpf_insn *v, size_t n, char *log, size_t log_size)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = (uint32_t)n,
		.insns = address(v),
		.license = address("Apache-2.0"),
		.log_level = log ? 1 : 0,
		.log_size = (uint32_t)log_size,
		.log_buf = address(log),
		.prog_name = DEVICE_PROGRAM_NAME,
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/*
 * Before 5.11 programs count against RLIMIT_MEMLOCK, all of a user's together, and one too many
 * is EPERM. The limit is raised for the call only: the sandbox gets its own or the caller's.
 */
static int load_unlimited(const struct bpf_insn *v, size_t n)
{
	struct rlimit was, more;
	int fd = load(v, n, NULL, 0), err;

	if (fd >= 0 || errno != EPERM || getrlimit(RLIMIT_MEMLOCK, &was) < 0)
		return fd;
	more = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	if (setrlimit(RLIMIT_MEMLOCK, &more) < 0) {
		more = (struct rlimit){ was.rlim_max, was.rlim_max };
		if (was.rlim_cur == was.rlim_max || setrlimit(RLIMIT_MEMLOCK, &more) < 0) {
			errno = EPERM;
			return -1;
		}
	}
	fd = load(v, n, NULL, 0);
	err = errno;
	setrlimit(RLIMIT_MEMLOCK, &was);
	errno = err;
	return fd;
}

/* What the kernel's verifier says last about a program that it refuses; "": nothing. */
static const char *verdict(struct arena *a, const struct bpf_insn *v, size_t n)
{
	enum { SIZE = 256 * 1024 };
	char *log = arena_alloc(a, SIZE), *last;
	CLEANUP_FD fd = load(v, n, log, SIZE);

	if (fd >= 0)
		return "";
	log[SIZE - 1] = '\0';
	for (size_t len = strlen(log); len > 0 && log[len - 1] == '\n';)
		log[--len] = '\0';
	last = strrchr(log, '\n');
	if (last && !strncmp(last + 1, "processed ", 10)) { /* statistics */
		*last = '\0';
		last = strrchr(log, '\n');
	}
	return last ? last + 1 : log;
}

static int load_or_say(const struct bpf_insn *v, size_t n, struct diags *dg)
{
	int fd = load_unlimited(v, n), err = errno;
	const char *words = "";
	struct diag *d;

	if (fd >= 0)
		return fd;
	d = diag_errno(dg, err, "bpf(BPF_PROG_LOAD)", NULL, "can't load the program that filters devices");
	if (err == EINVAL || err == EACCES)
		words = verdict(dg->arena, v, n);
	if (*words)
		d->hint = arena_printf(dg->arena, "the kernel's verifier says: %s", words);
	else if (err == EPERM)
		d->hint = arena_printf(dg->arena, "%s; before Linux 5.11 RLIMIT_MEMLOCK must have room for it",
				       rights_hint);
	else if (err == E2BIG)
		d->hint = "the kernel finds it too long: use fewer rules in linux.resources.devices";
	else if (err == ENOSYS)
		d->hint = "this kernel is built without CONFIG_BPF_SYSCALL";
	else if (err == EINVAL)
		d->hint = "this kernel may be built without CONFIG_CGROUP_BPF";
	return -1;
}

/* ---- what is attached ---- */

/* The ids of the directory's own programs, at most PROGRAMS_MAX; their number, or -1. */
static int query(int cgroup_fd, uint32_t *ids)
{
	union bpf_attr attr = {
		.query = {
			.target_fd = (uint32_t)cgroup_fd,
			.attach_type = BPF_CGROUP_DEVICE,
			.prog_ids = address(ids),
			.prog_cnt = PROGRAMS_MAX,
		},
	};

	return bpf(BPF_PROG_QUERY, &attr) < 0 ? -1 : (int)attr.query.prog_cnt;
}

/* 1: it has our name; 0: another's; -1. */
static int is_ours(int program)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = {
		.info = { .bpf_fd = (uint32_t)program, .info_len = sizeof info, .info = address(&info) },
	};

	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		return -1;
	return info.type == BPF_PROG_TYPE_CGROUP_DEVICE &&
	       !strncmp(info.name, DEVICE_PROGRAM_NAME, sizeof info.name);
}

struct ours { int fds[PROGRAMS_MAX]; int n; };

static void close_ours(struct ours *o)
{
	while (o->n > 0)
		fd_close(&o->fds[--o->n]);
}

static int look_at(uint32_t id, struct ours *o)
{
	union bpf_attr attr = { .prog_id = id };
	CLEANUP_FD fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	int mine;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1; /* detached since */
	mine = is_ours(fd);
	if (mine > 0)
		o->fds[o->n++] = fd_take(&fd);
	return mine < 0 ? -1 : 0;
}

static int find_ours(int cgroup_fd, struct ours *o, struct diags *dg)
{
	uint32_t ids[PROGRAMS_MAX] = { 0 };
	const char *call = "bpf(BPF_PROG_QUERY)";
	int n = query(cgroup_fd, ids);
	struct diag *d;

	o->n = 0;
	for (int i = 0; i < n; i++) {
		if (look_at(ids[i], o) == 0)
			continue;
		call = "bpf(BPF_PROG_GET_FD_BY_ID)";
		n = -1;
	}
	if (n >= 0)
		return 0;
	d = diag_errno(dg, errno, call, NULL, "can't see which device programs the control group has");
	if (d->err == EPERM)
		d->hint = rights_hint;
	else if (d->err == EINVAL)
		d->hint = "this kernel may be built without CONFIG_CGROUP_BPF";
	else if (d->err == EBADF)
		d->hint = "it must be a directory of a cgroup2 file system";
	close_ours(o);
	return -1;
}

/* ---- attaching ---- */

static int attach(int cgroup_fd, int program, int instead_of)
{
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup_fd,
		.attach_bpf_fd = (uint32_t)program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};

	if (instead_of >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)instead_of;
	}
	return bpf(BPF_PROG_ATTACH, &attr);
}

static int detach(int cgroup_fd, int program)
{
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup_fd,
		.attach_bpf_fd = (uint32_t)program,
		.attach_type = BPF_CGROUP_DEVICE,
	};

	return bpf(BPF_PROG_DETACH, &attr);
}

/* The program takes the place of ours; those of them that are still to be detached stay in `o`. */
static int put_in_place(int cgroup_fd, int program, struct ours *o)
{
	if (o->n == 0)
		return attach(cgroup_fd, program, -1);
	if (attach(cgroup_fd, program, o->fds[o->n - 1]) == 0) {
		fd_close(&o->fds[--o->n]);
		return 0;
	}
	/* a kernel that doesn't know BPF_F_REPLACE */
	return errno == EINVAL ? attach(cgroup_fd, program, -1) : -1;
}

int device_program_set(int cgroup_fd, const struct bpf_insn *v, size_t n, struct diags *dg)
{
	CLEANUP_FD program = load_or_say(v, n, dg);
	struct ours o;
	int result = 0;

	if (program < 0 || find_ours(cgroup_fd, &o, dg) < 0)
		return -1;
	if (put_in_place(cgroup_fd, program, &o) < 0) {
		struct diag *d = diag_errno(dg, errno, "bpf(BPF_PROG_ATTACH)", NULL,
					    "can't attach the program that filters devices");

		if (d->err == EPERM)
			d->hint = arena_printf(dg->arena, "%s; or another program on the control group, or "
					       "above it, was attached as the only one", rights_hint);
		result = -1;
	}
	/* ours of before, of which a runtime that was killed half way may have left two */
	for (int i = 0; i < o.n && result == 0; i++)
		if (detach(cgroup_fd, o.fds[i]) < 0 && errno != ENOENT) {
			diag_errno(dg, errno, "bpf(BPF_PROG_DETACH)", NULL,
				   "can't detach the program that filtered devices before")
				->hint = "the old rules are in force together with the new ones";
			result = -1;
		}
	close_ours(&o);
	return result;
}
