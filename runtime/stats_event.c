/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures as JSON, in the shape of runc events (types/events.go there). Written as text: the
 * numbers are unsigned 64-bit, "no limit" is 18446744073709551615, which the JSON library can't
 * hold. Every string is a name from the kernel or a sandbox's ID: nothing that needs an escape.
 */
#include "stats.h"

#include "../spec/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_numbers(FILE *f, const char *name, const uint64_t *v, size_t n)
{
	if (!v || !n)
		return;
	fprintf(f, ",\"%s\":[", name);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%" PRIu64, i ? "," : "", v[i]);
	fputc(']', f);
}

static void put_psi_line(FILE *f, const char *name, const struct stats_psi_line *l)
{
	fprintf(f, "\"%s\":{\"avg10\":%.2f,\"avg60\":%.2f,\"avg300\":%.2f,\"total\":%" PRIu64 "}", name,
		l->avg10, l->avg60, l->avg300, l->total);
}

/* `comma`: something stands before it in its object. */
static void put_psi(FILE *f, const struct stats_psi *p, bool comma)
{
	if (!p->there)
		return;
	fprintf(f, "%s\"psi\":{", comma ? "," : "");
	put_psi_line(f, "some", &p->some);
	fputc(',', f);
	put_psi_line(f, "full", &p->full);
	fputc('}', f);
}

static void put_cpu(FILE *f, const struct stats_cpu *c)
{
	fputs("\"cpu\":{\"usage\":{", f);
	if (c->there) {
		fprintf(f, "\"total\":%" PRIu64 ",\"kernel\":%" PRIu64 ",\"user\":%" PRIu64, c->total,
			c->kernel, c->user);
		put_numbers(f, "percpu", c->percpu, c->n_cpus);
		put_numbers(f, "percpu_kernel", c->percpu_kernel, c->n_cpus);
		put_numbers(f, "percpu_user", c->percpu_user, c->n_cpus);
	}
	fputs("},\"throttling\":{", f);
	if (c->has_periods)
		fprintf(f,
			"\"periods\":%" PRIu64 ",\"throttledPeriods\":%" PRIu64 ",\"throttledTime\":%" PRIu64,
			c->periods, c->throttled_periods, c->throttled_time);
	fputc('}', f);
	put_psi(f, &c->psi, true);
	fputc('}', f);
}

/* "0-2,5" as 0,1,2,5 */
static void put_list(FILE *f, const char *name, const char *list)
{
	const char *comma = "";
	char *end;

	fprintf(f, "\"%s\":[", name);
	for (const char *p = list; *p >= '0' && *p <= '9'; p = *end == ',' ? end + 1 : end) {
		unsigned long first = strtoul(p, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last; first++, comma = ",")
			fprintf(f, "%s%lu", comma, first);
	}
	fputc(']', f);
}

static void put_cpuset(FILE *f, const struct stats_cpuset *c)
{
	fputs("\"cpuset\":{", f);
	if (c->there) {
		put_list(f, "cpus", c->cpus);
		fputc(',', f);
		put_list(f, "mems", c->mems);
	}
	fputc('}', f);
}

static void put_level(FILE *f, const char *name, const struct stats_level *l)
{
	fprintf(f,
		"\"%s\":{\"limit\":%" PRIu64 ",\"usage\":%" PRIu64 ",\"max\":%" PRIu64 ",\"failcnt\":%" PRIu64
		"},",
		name, l->limit, l->usage, l->max, l->failcnt);
}

static void put_memory(FILE *f, const struct stats_memory *m)
{
	fputs("\"memory\":{", f);
	if (m->there) {
		fprintf(f, "\"cache\":%" PRIu64 ",", m->cache);
		put_level(f, "usage", &m->usage);
		put_level(f, "swap", &m->swap);
		put_level(f, "kernel", &m->kernel);
		put_level(f, "kernelTCP", &m->kernel_tcp);
		fprintf(f, "\"event_count\":{\"oom\":%" PRIu64 ",\"oom_kill\":%" PRIu64 "},\"raw\":{", m->oom,
			m->oom_kill);
		for (size_t i = 0; i < m->raw.n; i++)
			fprintf(f, "%s\"%s\":%" PRIu64, i ? "," : "", m->raw.v[i].key, m->raw.v[i].value);
		fputc('}', f);
	}
	put_psi(f, &m->psi, m->there);
	fputc('}', f);
}

static void put_pids(FILE *f, const struct stats_pids *p)
{
	fputs("\"pids\":{", f);
	/* here, other than for memory, no limit is 0 */
	if (p->there)
		fprintf(f, "\"current\":%" PRIu64 ",\"limit\":%" PRIu64, p->current,
			p->limit == STATS_NO_LIMIT ? 0 : p->limit);
	fputc('}', f);
}

static void put_io(FILE *f, const struct stats_io *io)
{
	fprintf(f, "{\"major\":%u,\"minor\":%u,", io->major, io->minor);
	if (*io->op)
		fprintf(f, "\"op\":\"%s\",", io->op);
	fprintf(f, "\"value\":%" PRIu64 "}", io->value);
}

static void put_blkio(FILE *f, const struct stats_blkio *b)
{
	static const char *const names[STATS_IO__COUNT] = {
		[STATS_IO_BYTES] = "ioServiceBytesRecursive",
		[STATS_IO_SERVICED] = "ioServicedRecursive",
		[STATS_IO_QUEUED] = "ioQueueRecursive",
		[STATS_IO_SERVICE_TIME] = "ioServiceTimeRecursive",
		[STATS_IO_WAIT_TIME] = "ioWaitTimeRecursive",
		[STATS_IO_MERGED] = "ioMergedRecursive",
		[STATS_IO_TIME] = "ioTimeRecursive",
		[STATS_IO_SECTORS] = "sectorsRecursive",
	};
	bool comma = false;

	fputs("\"blkio\":{", f);
	for (int i = 0; i < STATS_IO__COUNT; i++) {
		if (!b->list[i].n)
			continue;
		fprintf(f, "%s\"%s\":[", comma ? "," : "", names[i]);
		for (size_t k = 0; k < b->list[i].n; k++) {
			fputs(k ? "," : "", f);
			put_io(f, &b->list[i].v[k]);
		}
		fputc(']', f);
		comma = true;
	}
	put_psi(f, &b->psi, comma);
	fputc('}', f);
}

static void put_hugetlb(FILE *f, const struct stats_hugetlbs *l)
{
	fputs("\"hugetlb\":{", f);
	for (size_t i = 0; i < l->n; i++)
		fprintf(f, "%s\"%s\":{\"usage\":%" PRIu64 ",\"max\":%" PRIu64 ",\"failcnt\":%" PRIu64 "}",
			i ? "," : "", l->v[i].size, l->v[i].level.usage, l->v[i].level.max,
			l->v[i].level.failcnt);
	fputc('}', f);
}

/* Not in runc's: there when there is such a device. */
static void put_rdma(FILE *f, const char *name, const struct stats_rdmas *l)
{
	if (!l->n)
		return;
	fprintf(f, "\"%s\":[", name);
	for (size_t i = 0; i < l->n; i++)
		fprintf(f, "%s{\"device\":\"%s\",\"hca_handles\":%" PRIu64 ",\"hca_objects\":%" PRIu64 "}",
			i ? "," : "", l->v[i].device, l->v[i].hca_handles, l->v[i].hca_objects);
	fputs("],", f);
}

char *stats_event(struct arena *a, const char *id, const struct stats *s)
{
	char *text = NULL, *kept;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	fprintf(f, "{\"type\":\"stats\",\"id\":\"%s\",\"data\":{", id);
	put_cpu(f, &s->cpu);
	fputc(',', f);
	put_cpuset(f, &s->cpuset);
	fputc(',', f);
	put_memory(f, &s->memory);
	fputc(',', f);
	put_pids(f, &s->pids);
	fputc(',', f);
	put_blkio(f, &s->blkio);
	fputc(',', f);
	put_hugetlb(f, &s->hugetlb);
	fputc(',', f);
	put_rdma(f, "rdma_current", &s->rdma);
	put_rdma(f, "rdma_limit", &s->rdma_limit);
	fputs("\"intel_rdt\":{},\"network_interfaces\":null}}\n", f);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	kept = arena_strdup(a, text);
	free(text);
	return kept;
}
