/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "hygiene.h"
#include "json_text.h"
#include "log.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- filling it ---- */

static int open_number(const char *number, struct diags *dg)
{
	unsigned long long n = 0;
	size_t digits = strspn(number, "0123456789");
	int fd = -1;

	if (digits && digits < 8 && !number[digits]) {
		for (const char *p = number; *p; p++)
			n = n * 10 + (unsigned)(*p - '0');
		fd = fcntl((int)n, F_DUPFD_CLOEXEC, 3);
	}
	if (fd < 0)
		diag_error(dg, "--report fd:%s: no such descriptor is open", number);
	return fd;
}

static int open_file(const char *path, struct diags *dg)
{
	mode_t before = umask(sbrun_umask);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);

	umask(before);
	if (fd < 0)
		diag_errno(dg, errno, "open", path, "can't write the report");
	return fd;
}

void account_begin(struct account *r)
{
	*r = (struct account)ACCOUNT_NONE;
	r->began = r->marked = now();
}

int account_open(struct account *r, const char *where, struct diags *dg)
{
	account_begin(r);
	r->fd = !strncmp(where, "fd:", 3) ? open_number(where + 3, dg) : open_file(where, dg);
	return r->fd < 0 ? -1 : 0;
}

void account_mark(struct account *r, enum phase phase)
{
	uint64_t t;

	if (!r)
		return;
	t = now();
	r->phases[phase] += t - r->marked;
	r->marked = t;
}

void account_cgroup(struct arena *a, struct account *r, const struct cgroup *g)
{
	if (r && g->n)
		r->has_cgroup = stats_read(a, g, &r->stats) == 0;
}

/* ---- writing it ---- */

static void add_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)(n > INT64_MAX ? INT64_MAX : n)));
}

static bool ended_badly(const struct account *r)
{
	return r->ended.code != 0;
}

/* What the kernel refused or killed for want of something comes before what that made of the payload. */
static const char *class_of(const struct account *r, const struct diags *dg)
{
	if (!r->ended.known)
		return dg->errors ? "setup" : "payload";
	if (strcmp(r->ended.reason, "payload") != 0 && strcmp(r->ended.reason, "killed") != 0)
		return r->ended.reason;
	if (r->has_cgroup && ended_badly(r) && r->stats.memory.oom_kill)
		return "oom";
	if (r->has_cgroup && ended_badly(r) && r->stats.pids.refused)
		return "pids";
	return r->ended.reason;
}

static uint64_t usec(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

static uint64_t without(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

static uint64_t at_least(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The parent's figure has all that died with the init too, but also the init's own share, which is known
 * since it last wrote. What was reaped before that is the least that it can be.
 */
static struct end_usage used(const struct account *r)
{
	const struct end_usage *reaped = &r->ended.usage, *own = &r->ended.own;
	const struct rusage *all = &r->usage;
	struct end_usage u = *reaped;

	if (!r->has_usage)
		return u;
	u.user_us = at_least(without(usec(&all->ru_utime), own->user_us), u.user_us);
	u.system_us = at_least(without(usec(&all->ru_stime), own->system_us), u.system_us);
	u.minor_faults = at_least(without((uint64_t)all->ru_minflt, own->minor_faults), u.minor_faults);
	u.major_faults = at_least(without((uint64_t)all->ru_majflt, own->major_faults), u.major_faults);
	u.blocks_in = at_least(without((uint64_t)all->ru_inblock, own->blocks_in), u.blocks_in);
	u.blocks_out = at_least(without((uint64_t)all->ru_oublock, own->blocks_out), u.blocks_out);
	u.switches = at_least(without((uint64_t)all->ru_nvcsw, own->switches), u.switches);
	u.preemptions = at_least(without((uint64_t)all->ru_nivcsw, own->preemptions), u.preemptions);
	/* without an init: its own peak; that of an init would be of sbrun, as which it began */
	if (!u.max_rss_kib)
		u.max_rss_kib = (uint64_t)all->ru_maxrss;
	return u;
}

static void add_usage(json_t *doc, const struct account *r)
{
	struct end_usage u = used(r);

	add_number(doc, "userUsec", u.user_us);
	add_number(doc, "systemUsec", u.system_us);
	add_number(doc, "maxRssBytes", u.max_rss_kib * 1024);
	add_number(doc, "minorFaults", u.minor_faults);
	add_number(doc, "majorFaults", u.major_faults);
	add_number(doc, "readBytes", u.blocks_in * 512);
	add_number(doc, "writtenBytes", u.blocks_out * 512);
	add_number(doc, "voluntarySwitches", u.switches);
	add_number(doc, "involuntarySwitches", u.preemptions);
}

static void add_cgroup(json_t *doc, const struct stats *s)
{
	json_t *g = json_object();

	if (s->memory.there) {
		add_number(g, "memoryPeakBytes", s->memory.usage.max);
		add_number(g, "oomKills", s->memory.oom_kill);
	}
	if (s->pids.there)
		add_number(g, "forksRefused", s->pids.refused);
	if (s->cpu.there) {
		add_number(g, "cpuUsec", s->cpu.total / 1000);
		add_number(g, "cpuUserUsec", s->cpu.user / 1000);
		add_number(g, "cpuSystemUsec", s->cpu.kernel / 1000);
	}
	if (s->cpu.has_periods) {
		add_number(g, "throttledPeriods", s->cpu.throttled_periods);
		add_number(g, "throttledUsec", s->cpu.throttled_time / 1000);
	}
	if (s->blkio.there) {
		add_number(g, "readBytes", stats_io_sum(s, "Read"));
		add_number(g, "writtenBytes", stats_io_sum(s, "Write"));
	}
	json_object_set_new(doc, "cgroup", g);
}

const char *account_phase_name(enum phase p)
{
	static const char *const names[PHASE__COUNT] = {
		[PHASE_LOAD] = "load",   [PHASE_PLAN] = "plan",   [PHASE_CGROUP] = "cgroup",
		[PHASE_CLONE] = "clone", [PHASE_SETUP] = "setup", [PHASE_PAYLOAD] = "payload",
		[PHASE_REMOVAL] = "removal",
	};

	return names[p];
}

static void add_phases(json_t *doc, const struct account *r)
{
	json_t *o = json_object();

	for (int i = 0; i < PHASE__COUNT; i++)
		if (r->phases[i])
			add_number(o, account_phase_name((enum phase)i), r->phases[i] / 1000);
	json_object_set_new(doc, "phasesUsec", o);
}

static void add_time(json_t *doc, const char *key, int64_t ns)
{
	char text[RFC3339_SIZE];

	if (!ns)
		return;
	rfc3339_time(ns, text);
	json_object_set_new(doc, key, json_string(text));
}

static void add_end(json_t *doc, const struct account *r)
{
	const struct ended *e = &r->ended;

	json_object_set_new(doc, "exitCode", json_integer(e->code));
	if (e->signal)
		json_object_set_new(doc, "signal", json_integer(e->signal));
	add_time(doc, "startedAt", e->started_ns);
	add_time(doc, "finishedAt", e->finished_ns);
	add_number(doc, "wallUsec", (e->wall_ns ? (uint64_t)e->wall_ns : r->phases[PHASE_PAYLOAD]) / 1000);
	add_usage(doc, r);
}

static void add_streams(json_t *doc, const struct account *r)
{
	for (int i = 0; i < 2; i++) {
		const struct account_stream *s = &r->streams[i];
		json_t *o;

		if (!s->name)
			continue;
		o = json_object();
		add_number(o, "bytes", s->bytes);
		json_object_set_new(o, "truncated", json_boolean(s->dropped != 0));
		add_number(o, "droppedBytes", s->dropped);
		json_object_set_new(doc, s->name, o);
	}
}

static void add_error(json_t *doc, struct diags *dg)
{
	const struct diag *d = dg->first;
	json_t *o;

	while (d && d->level != DIAG_ERROR)
		d = d->next;
	if (!d)
		return;
	o = json_object();
	json_object_set_new(o, "msg", json_text(diag_format(dg, d)));
	log_diag_fields(o, d);
	json_object_set_new(doc, "error", o);
}

static char *document(struct arena *a, const struct account *r, struct diags *dg)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "id", json_text(r->id));
	json_object_set_new(doc, "class", json_string(class_of(r, dg)));
	if (r->ended.known)
		add_end(doc, r);
	else
		json_object_set_new(doc, "exitCode", json_integer(diags_exit_code(dg)));
	if (r->has_cgroup)
		add_cgroup(doc, &r->stats);
	add_streams(doc, r);
	add_phases(doc, r);
	if (dg->errors)
		add_error(doc, dg);
	return json_document(a, doc, JSON_INDENT(2));
}

/* A reader that went away is an error of write(2), no reason to die. */
static int write_whole(int fd, const char *text)
{
	sighandler_t before = signal(SIGPIPE, SIG_IGN);
	int r = fd_write_all(fd, text, strlen(text));

	signal(SIGPIPE, before);
	return r;
}

int account_write(struct arena *a, struct account *r, struct diags *dg)
{
	int done;
	char *text;

	if (r->fd < 0)
		return 0;
	text = document(a, r, dg);
	done = text ? write_whole(r->fd, text) : -1;
	if (done < 0)
		diag_errno(dg, text ? errno : ENOMEM, "write", NULL, "can't write the report");
	fd_close(&r->fd);
	return done;
}
