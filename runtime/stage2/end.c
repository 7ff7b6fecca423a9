/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of the end: a page of the state directory that is mapped here and nowhere else in the sandbox.
 * The payload, a fork of ours, does not get it. The phase is written last, so that whoever sees the end
 * sees all of it.
 */
#include "stage2.h"

#include <linux/mman.h>
#include <linux/signal.h>

enum { RUSAGE_OWN = 0, RUSAGE_REAPED = -1 };

/* struct rusage of getrusage(2), 64 bits */
struct k_rusage {
	int64_t user_sec, user_usec, system_sec, system_usec;
	int64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv;
	int64_t nsignals, nvcsw, nivcsw;
};

int end_map(void)
{
	int fd = g.plan->end_slot < 0 ? -1 : g.plan->slot_base + g.plan->end_slot;
	long p;

	if (fd < 0)
		return 0;
	/* populated for writing: its page is there, whatever becomes of the file system */
	p = SYS(mmap, NEAR_END, END_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | 0x8000 /* MAP_POPULATE */, fd,
		0);
	if (p == -ENODEV || p == -EINVAL) { /* a file system without shared mappings */
		SYS(ftruncate, fd, 0); /* nothing is written down */
		return 0;
	}
	if (p <= 0)
		return about((int)p, "the record of the end");
	/* the descriptor goes with the other slots: its number may be another's by then */
	g.end = (struct end_record *)p;
	return 0;
}

void end_keep_from_payload(void)
{
	if (g.end)
		SYS(madvise, g.end, END_SIZE, MADV_DONTFORK);
}

int end_let_go(int sig, int code, int value)
{
	if (sig != END_LET_GO || code != SI_QUEUE || value != END_MAGIC || !g.end)
		return 0;
	raw6(__NR_munmap, (long)g.end, END_SIZE, 0, 0, 0, 0);
	g.end = NULL;
	return 1;
}

int64_t now(int clock)
{
	struct k_timespec t = { 0, 0 };

	raw6(__NR_clock_gettime, clock, (long)&t, 0, 0, 0, 0);
	return t.sec * 1000000000 + t.nsec;
}

static void usage(int who, struct end_usage *u)
{
	struct k_rusage r;

	if (raw6(__NR_getrusage, who, (long)&r, 0, 0, 0, 0) < 0)
		return;
	u->user_us = (uint64_t)(r.user_sec * 1000000 + r.user_usec);
	u->system_us = (uint64_t)(r.system_sec * 1000000 + r.system_usec);
	u->max_rss_kib = (uint64_t)r.maxrss;
	u->minor_faults = (uint64_t)r.minflt;
	u->major_faults = (uint64_t)r.majflt;
	u->blocks_in = (uint64_t)r.inblock;
	u->blocks_out = (uint64_t)r.oublock;
	u->switches = (uint64_t)r.nvcsw;
	u->preemptions = (uint64_t)r.nivcsw;
}

static void set_phase(enum end_phase phase)
{
	__atomic_store_n(&g.end->phase, phase, __ATOMIC_RELEASE);
}

void end_started(void)
{
	if (!g.end)
		return;
	g.end->started_ns = now(0 /* CLOCK_REALTIME */);
	g.end->started_mono = now(1 /* CLOCK_MONOTONIC */);
	set_phase(END_RUNNING);
}

void end_note(enum end_reason reason, int status, int kept)
{
	if (!g.end)
		return;
	g.end->reason = reason;
	g.end->status = status;
	g.end->kept = (uint32_t)kept;
	g.end->ended_ns = now(0);
	g.end->ended_mono = now(1);
	usage(RUSAGE_REAPED, &g.end->children);
	usage(RUSAGE_OWN, &g.end->own);
	set_phase(END_ENDED);
}
