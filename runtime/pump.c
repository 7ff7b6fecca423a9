/* SPDX-License-Identifier: Apache-2.0 */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

void pump_init(struct pump *p, int in, int master, int out)
{
	int flags = fcntl(master, F_GETFL);

	if (flags >= 0)
		fcntl(master, F_SETFL, flags | O_NONBLOCK);
	p->in = (struct stream){ .from = in,
				 .to = master,
				 .can_read = true,
				 .can_write = true,
				 .ends_a_terminal = !isatty(in),
				 .last = '\n' };
	p->out = (struct stream){ .from = master, .to = out, .can_read = true, .can_write = true };
}

static bool is_empty(const struct stream *s)
{
	return s->start == s->end;
}

static bool would_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

enum { CTRL_D = 4 };

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * A file or pipe ended: a reader of the terminal would wait for ever. The character (VEOF, as every
 * new pty has it) ends the input at the start of a line; before that, it only hands the line over.
 */
static void type_end(struct stream *s)
{
	s->buf[s->end++] = CTRL_D;
	if (s->last != '\n')
		s->buf[s->end++] = CTRL_D;
	s->again_ms = 1000;
	s->again_at = now_ms() + s->again_ms;
}

/*
 * Who changes the terminal's mode, as a shell that edits its line does, loses what was typed before; a file
 * at its end says so each time it is read. Less and less often: there may be nobody who reads.
 */
static void type_end_again(struct stream *s)
{
	if (!s->again_at || !s->can_write || !is_empty(s) || now_ms() < s->again_at)
		return;
	s->start = 0;
	s->end = 1;
	s->buf[0] = CTRL_D;
	s->again_ms *= 2;
	s->again_at = now_ms() + s->again_ms;
}

/* The end, or an error such as EIO of a master whose other side is closed: no more from there. */
static void stream_read(struct stream *s)
{
	ssize_t n;

	if (!is_empty(s))
		return;
	n = read(s->from, s->buf, sizeof(s->buf));
	s->start = s->end = 0;
	if (n > 0) {
		s->end = (size_t)n;
		s->last = s->buf[n - 1];
	} else if (n == 0 || !would_wait()) {
		s->can_read = false;
		if (s->ends_a_terminal)
			type_end(s);
	}
	/* Nobody takes it: read on all the same, or whoever writes would wait for ever. */
	if (!s->can_write)
		s->end = 0;
}

static void stream_write(struct stream *s)
{
	ssize_t n;

	if (is_empty(s))
		return;
	n = write(s->to, s->buf + s->start, s->end - s->start);
	if (n >= 0) {
		s->start += (size_t)n;
	} else if (!would_wait()) {
		s->can_write = false;
		s->start = s->end = 0;
	}
}

void pump_prepare(const struct pump *p, struct pollfd fds[PUMP_FDS])
{
	short master = 0;

	if (p->out.can_read && is_empty(&p->out))
		master |= POLLIN;
	if (!is_empty(&p->in))
		master |= POLLOUT;
	fds[PUMP_STDIN] = (struct pollfd){
		.fd = p->in.can_read && p->in.can_write && is_empty(&p->in) ? p->in.from : -1,
		.events = POLLIN,
	};
	fds[PUMP_MASTER] = (struct pollfd){ .fd = master ? p->out.from : -1, .events = master };
	fds[PUMP_STDOUT] = (struct pollfd){ .fd = is_empty(&p->out) ? -1 : p->out.to, .events = POLLOUT };
}

int pump_timeout(const struct pump *p)
{
	long long left = p->in.again_at - now_ms();

	if (!p->in.again_at || !p->in.can_write || !is_empty(&p->in))
		return -1;
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

void pump_serve(struct pump *p, const struct pollfd fds[PUMP_FDS])
{
	const short any = POLLIN | POLLHUP | POLLERR | POLLNVAL;
	short master = fds[PUMP_MASTER].fd >= 0 ? fds[PUMP_MASTER].revents : 0;

	if (fds[PUMP_STDIN].fd >= 0 && fds[PUMP_STDIN].revents & any)
		stream_read(&p->in);
	if (master & POLLOUT)
		stream_write(&p->in);
	if (master & any && fds[PUMP_MASTER].events & POLLIN)
		stream_read(&p->out);
	else if (master & (POLLHUP | POLLERR | POLLNVAL)) /* asked for POLLOUT only: nobody will read it */
		p->in.start = p->in.end = 0;
	if (fds[PUMP_STDOUT].fd >= 0 && fds[PUMP_STDOUT].revents)
		stream_write(&p->out);
	type_end_again(&p->in);
}

/* Wait until standard output takes more; false when stop_fd came first. */
static bool wait_output(const struct pump *p, int stop_fd)
{
	struct pollfd fds[2] = { { .fd = p->out.to, .events = POLLOUT },
				 { .fd = stop_fd, .events = POLLIN } };

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return !fds[1].revents;
}

void pump_drain(struct pump *p, int stop_fd)
{
	for (;;) {
		struct pollfd master = { .fd = p->out.from, .events = POLLIN };

		while (!is_empty(&p->out)) {
			if (!wait_output(p, stop_fd))
				return;
			stream_write(&p->out);
		}
		/* poll pushes on what the terminal has yet to process; read alone could miss it. */
		if (!p->out.can_read || poll(&master, 1, 0) <= 0 || !(master.revents & POLLIN))
			return;
		stream_read(&p->out);
	}
}
