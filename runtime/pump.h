/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes between the caller's stdio and a pty's master, both ways, by poll. The caller's
 * descriptors stay as they are (they're shared with the caller, so is O_NONBLOCK): they are
 * read and written only after poll said so, and written at most a pipe's atomic unit at once,
 * which then can't block. The master is ours and doesn't block.
 */
#ifndef SBRUN_RUNTIME_PUMP_H
#define SBRUN_RUNTIME_PUMP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

enum { PUMP_CHUNK = 4096 };

/* One direction. Closed ends are noted, the descriptors stay open. */
struct stream {
	int from, to;
	bool can_read, can_write;
	bool ends_a_terminal; /* at the end of what is read, type the end-of-file character */
	long long again_at;   /* and once more then, by CLOCK_MONOTONIC in ms; 0: there was no end yet */
	unsigned again_ms;    /* after this long */
	char last;            /* byte that was read */
	size_t start, end; /* what waits in buf */
	char buf[PUMP_CHUNK];
};

struct pump {
	struct stream in;  /* standard input to master */
	struct stream out; /* master to standard output */
};

enum { PUMP_STDIN, PUMP_MASTER, PUMP_STDOUT, PUMP_FDS };

void pump_init(struct pump *p, int in, int master, int out);
/* Fill three pollfds; those that nothing is wanted of get fd -1. */
void pump_prepare(const struct pump *p, struct pollfd fds[PUMP_FDS]);
/* How long poll may wait, in ms; -1: for ever. */
int pump_timeout(const struct pump *p);
/* Do what poll found possible, and what it is time for. */
void pump_serve(struct pump *p, const struct pollfd fds[PUMP_FDS]);
/*
 * Carry what the pty still holds, once nobody is to write to it any more: to its end, or to
 * where it would wait. stop_fd becoming readable ends it early (-1: nothing does).
 */
void pump_drain(struct pump *p, int stop_fd);

#endif
