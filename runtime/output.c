/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "../spec/diag.h"
#include "../spec/number.h"
#include "account.h"
#include "fd.h"
#include "hygiene.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { PIPE_SIZE = 1 << 20, CHUNK = 1 << 16 };

/* ---- options ---- */

const char *output_parse_limit(const char *value, uint64_t *limit)
{
	return number_parse_size(value, strlen(value), limit) == NUMBER_OK && *limit
		       ? NULL
		       : "a number of bytes, or one with k, m, g or t, is expected";
}

int output_check(const struct output_opts *o, bool detach, bool terminal, struct diags *dg)
{
	const char *wrong = NULL;

	if ((o->append || o->limit) && !o->out && !o->err)
		wrong = "--append and --output-limit go with --stdout or --stderr";
	else if (o->limit && detach)
		wrong = "--output-limit and --detach exclude each other: nobody would count";
	else if (terminal && (o->out || o->err))
		wrong = "--stdout and --stderr are for a process without a terminal";
	if (!wrong)
		return 0;
	diag_error(dg, "%s", wrong);
	return -1;
}

/* ---- opening ---- */

static int open_file(const char *path, const struct output_opts *opts, struct diags *dg)
{
	mode_t before = umask(sbrun_umask);
	/* splice(2) takes no O_APPEND; without a limit it keeps several openers from overwriting */
	int flags = O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC | (opts->append ? 0 : O_TRUNC) |
		    (opts->limit ? 0 : O_APPEND);
	int fd = open(path, flags, 0666);
	struct stat st;

	umask(before);
	if (fd < 0) {
		diag_errno(dg, errno, "open", path, "can't open the file for the output");
		return -1;
	}
	if (!opts->limit)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_END) >= 0)
		return fd;
	diag_error(dg, "\"%s\" is no regular file, so --output-limit can't count what is in it", path);
	close(fd);
	return -1;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Above the standard ones: they are moved to their numbers in the child. */
static int duplicate(int fd, struct diags *dg)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		diag_errno(dg, errno, "fcntl", NULL, "can't hand over the standard descriptors");
	return copy;
}

/* The file goes behind a pipe, and the pipe's other end takes its place. */
static int put_pipe(struct output_stream *s, int *file, const char *name, uint64_t limit, struct diags *dg)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		diag_errno(dg, errno, "pipe", NULL, "can't carry the output");
		return -1;
	}
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE); /* a small one does as well, only slower */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*s = (struct output_stream){ .name = name, .pipe = ends[0], .file = *file, .left = limit };
	*file = ends[1];
	return 0;
}

static int open_both(struct output *o, const struct output_opts *opts, struct diags *dg)
{
	bool one;

	if (opts->out && (o->stdio[1] = open_file(opts->out, opts, dg)) < 0)
		return -1;
	if (opts->err && (o->stdio[2] = open_file(opts->err, opts, dg)) < 0)
		return -1;
	one = opts->out && opts->err && same_file(o->stdio[1], o->stdio[2]);
	if (one)
		fd_close(&o->stdio[2]);
	if (opts->limit && opts->out &&
	    put_pipe(&o->streams[0], &o->stdio[1], one ? "output" : "stdout", opts->limit, dg) < 0)
		return -1;
	if (opts->limit && opts->err && !one &&
	    put_pipe(&o->streams[1], &o->stdio[2], "stderr", opts->limit, dg) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		if (o->stdio[i] < 0 && (o->stdio[i] = duplicate(i == 2 && one ? o->stdio[1] : i, dg)) < 0)
			return -1;
	return 0;
}

int output_open(struct output *o, const struct output_opts *opts, struct diags *dg)
{
	*o = (struct output)OUTPUT_NONE;
	o->given = opts->out || opts->err;
	if (!o->given || open_both(o, opts, dg) == 0)
		return 0;
	output_close(o);
	return -1;
}

void output_handed_over(struct output *o)
{
	for (int i = 0; i < 3; i++)
		fd_close(&o->stdio[i]);
}

void output_close(struct output *o)
{
	output_handed_over(o);
	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		fd_close(&o->streams[i].pipe);
		fd_close(&o->streams[i].file);
	}
}

/* ---- carrying ---- */

static bool would_wait(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Read, and forget it or write it. Like splice: bytes, 0 at the end, -1. */
static ssize_t carry(struct output_stream *s, size_t most, bool keep)
{
	static char buf[CHUNK];
	ssize_t n = read(s->pipe, buf, most < sizeof buf ? most : sizeof buf);

	for (ssize_t at = 0; keep && at < n;) {
		ssize_t w = write(s->file, buf + at, (size_t)(n - at));

		if (w >= 0) {
			at += w;
		} else if (errno != EINTR) {
			s->err = errno;
			s->dropped += (uint64_t)(n - at);
			return at ? at : -1;
		}
	}
	return n;
}

static ssize_t move(struct output_stream *s)
{
	size_t most = s->left < PIPE_SIZE ? (size_t)s->left : PIPE_SIZE;
	ssize_t n = -1;

	if (!s->copies) {
		n = splice(s->pipe, NULL, s->file, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		s->copies = n < 0 && errno == EINVAL;
	}
	if (s->copies)
		n = carry(s, most, true);
	if (n < 0 && !would_wait() && !s->err)
		s->err = errno; /* a full disk, say: what comes now goes nowhere */
	return n;
}

/* One turn. false: nothing more is there now, or ever. */
static bool turn(struct output_stream *s)
{
	bool keep = s->left && !s->err;
	ssize_t n = keep ? move(s) : carry(s, CHUNK, false);

	if (n == 0)
		fd_close(&s->pipe);
	if (n <= 0)
		return n < 0 && keep && s->err;
	if (keep) {
		s->bytes += (uint64_t)n;
		s->left -= (uint64_t)n;
	} else {
		s->dropped += (uint64_t)n;
	}
	return true;
}

void output_prepare(const struct output *o, struct pollfd fds[OUTPUT_STREAMS])
{
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		fds[i] = (struct pollfd){ .fd = o->streams[i].pipe, .events = POLLIN };
}

void output_serve(struct output *o, const struct pollfd fds[OUTPUT_STREAMS])
{
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		if (fds[i].fd >= 0 && fds[i].revents)
			turn(&o->streams[i]);
}

/* What is in the pipe now, and no more: others that have its end may go on writing for ever. */
static void drain(struct output_stream *s)
{
	uint64_t end = s->bytes + s->dropped;
	int there = 0;

	if (s->pipe >= 0 && ioctl(s->pipe, FIONREAD, &there) == 0)
		end += (unsigned)there;
	while (s->pipe >= 0 && s->bytes + s->dropped < end && turn(s))
		;
}

void output_drain(struct output *o, struct diags *dg)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		struct output_stream *s = &o->streams[i];

		drain(s);
		fd_close(&s->pipe);
		if (s->err)
			diag_warning(dg, "the payload's %s could not be written whole: %s; %llu bytes are lost",
				     s->name, diag_errno_text(s->err), (unsigned long long)s->dropped);
	}
}

void output_tell_dropped(const struct output *o, struct diags *dg)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		const struct output_stream *s = &o->streams[i];

		if (s->dropped && !s->err)
			diag_warning(dg, "%llu bytes of its %s were thrown away: --output-limit",
				     (unsigned long long)s->dropped, s->name);
	}
}

void output_account(const struct output *o, struct account *r)
{
	for (int i = 0; r && i < OUTPUT_STREAMS; i++) {
		const struct output_stream *s = &o->streams[i];

		if (s->name)
			r->streams[i] = (struct account_stream){ s->name, s->bytes, s->dropped };
	}
}
