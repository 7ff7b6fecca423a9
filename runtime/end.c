/* SPDX-License-Identifier: Apache-2.0 */
#include "end.h"

#include "fd.h"
#include "state_files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { DETACH_MS = 1000 };

/* What is written has its space, or the write says that there is none; fallocate(2) costs a disk more. */
static int allocate(int fd)
{
	static const union {
		struct end_record r;
		char page[END_SIZE];
	} empty = { .r = { .magic = END_MAGIC, .phase = END_WAITING } };

	return pwrite(fd, &empty, END_SIZE, 0) == END_SIZE ? 0 : -1;
}

int end_make(struct state_dir *sd, struct diags *dg)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	CLEANUP_FD fd = openat(sd->fd, END_FILE, flags, 0600);

	if (fd >= 0 && allocate(fd) == 0)
		return fd_take(&fd);
	diag_errno(dg, errno, fd < 0 ? "openat" : "pwrite",
		   arena_printf(dg->arena, "%s/%s/" END_FILE, sd->root, sd->id),
		   "cannot write the state of container \"%s\"", sd->id);
	return -1;
}

bool end_can_tell(int fd)
{
	void *p = mmap(NULL, END_SIZE, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return false;
	munmap(p, END_SIZE);
	return true;
}

int end_open(struct state_dir *sd, struct diags *dg)
{
	size_t size;

	return state_open_file(sd, END_FILE, &size, dg);
}

/* What can be shown as a time: 63 bits of nanoseconds end in the year 2262. */
static int64_t time_of(int64_t ns)
{
	return ns > 0 ? ns : 0;
}

static int status_code(int status, int *signal)
{
	*signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return *signal ? 128 + *signal : WEXITSTATUS(status);
}

/* Whether the process still maps that file, proc_pid_maps(5): address, rights, offset, device, inode. */
static bool maps(pid_t pid, ino_t file)
{
	char path[48], line[512];
	unsigned long inode;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof line, f))
		found = sscanf(line, "%*s %*s %*s %*s %lu", &inode) == 1 && inode == file;
	if (f)
		fclose(f);
	return found;
}

int end_detach(struct state_dir *sd, const struct state *st, int pidfd, struct diags *dg)
{
	siginfo_t word = { .si_signo = END_LET_GO, .si_code = SI_QUEUE };
	const struct timespec moment = { 0, 1000000 };
	struct stat file;

	if (fstatat(sd->fd, END_FILE, &file, AT_SYMLINK_NOFOLLOW) < 0 || !maps(st->init.pid, file.st_ino))
		return 0;
	word.si_int = END_MAGIC;
	if (syscall(SYS_pidfd_send_signal, pidfd, END_LET_GO, &word, 0) < 0) {
		diag_errno(dg, errno, "pidfd_send_signal", NULL, "can't reach the init of \"%s\"", sd->id);
		return -1;
	}
	for (int i = 0; i < DETACH_MS; i++) {
		if (!maps(st->init.pid, file.st_ino))
			return 0;
		nanosleep(&moment, NULL);
	}
	diag_error(dg, "the init of \"%s\" does not let go of the record of its end", sd->id)->hint =
		"a paused sandbox has to be resumed before";
	return -1;
}

static const char *reason_name(uint32_t reason)
{
	static const char *const names[END_REASON__COUNT] = {
		[END_BY_ITSELF] = "payload",
		[END_TIMEOUT] = "timeout",
		[END_CPU_TIME] = "cpu-time",
		[END_UNSTARTED] = "killed",
	};

	return reason < END_REASON__COUNT ? names[reason] : "payload";
}

static void by_record(const struct end_record *r, struct ended *e)
{
	e->known = true;
	e->reason = reason_name(r->reason);
	e->code = status_code(r->status, &e->signal);
	if (r->reason == END_TIMEOUT || r->reason == END_CPU_TIME)
		e->code = EXIT_TIMEOUT;
	e->kept = r->kept == 1;
	e->finished_ns = time_of(r->ended_ns);
	if (r->started_mono > 0 && r->ended_mono > r->started_mono)
		e->wall_ns = r->ended_mono - r->started_mono;
}

void end_read(int fd, bool gone, struct ended *e)
{
	struct end_record r;

	*e = (struct ended){ 0 };
	if (fd < 0 || pread(fd, &r, sizeof r, 0) != sizeof r || r.magic != END_MAGIC)
		return;
	e->started_ns = time_of(r.started_ns);
	e->usage = r.children;
	e->own = r.own;
	if (r.phase == END_ENDED) {
		by_record(&r, e);
	} else if (gone) {
		e->known = true;
		e->reason = "killed";
		e->signal = SIGKILL;
		e->code = 128 + SIGKILL;
	}
}

static void read_now(struct state_dir *sd, bool gone, struct ended *e)
{
	CLEANUP_FD fd = openat(sd->fd, END_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	end_read(fd, gone, e);
}

bool end_unstarted(struct state_dir *sd)
{
	CLEANUP_FD fd = openat(sd->fd, END_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint32_t head[2]; /* magic, phase */

	return fd >= 0 && pread(fd, head, sizeof head, 0) == sizeof head && head[0] == END_MAGIC &&
	       head[1] == END_WAITING;
}

bool end_kept(struct state_dir *sd, const struct state *st)
{
	CLEANUP_FD init = -1;
	struct ended e;

	if (!st->keeps)
		return false;
	read_now(sd, false, &e);
	if (e.kept)
		init = proc_id_open(&st->init);
	return init >= 0 && !pidfd_ended(init);
}

static int held_error(struct state_dir *sd, const char *call, struct diags *dg)
{
	diag_errno(dg, errno, call, arena_printf(dg->arena, "%s/%s/" HELD_FILE, sd->root, sd->id),
		   "cannot tell the end of the payload of container \"%s\"", sd->id);
	return -1;
}

int end_hold(struct state_dir *sd, int *held, struct diags *dg)
{
	CLEANUP_FD seen = -1;

	if (mkfifoat(sd->fd, HELD_FILE, 0600) < 0)
		return held_error(sd, "mkfifoat", dg);
	if ((seen = end_open_held(sd, dg)) < 0)
		return -1;
	*held = openat(sd->fd, HELD_FILE, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	return *held < 0 ? held_error(sd, "openat", dg) : fd_take(&seen);
}

int end_open_held(struct state_dir *sd, struct diags *dg)
{
	int fd = openat(sd->fd, HELD_FILE, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? held_error(sd, "openat", dg) : fd;
}

void end_of(struct state_dir *sd, const struct state *st, enum status status, struct ended *e)
{
	*e = (struct ended){ 0 };
	if (!st->has_init || status != STATUS_STOPPED)
		return;
	read_now(sd, true, e);
	e->kept = end_kept(sd, st);
}
