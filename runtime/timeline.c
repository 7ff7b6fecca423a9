/* SPDX-License-Identifier: Apache-2.0 */
#include "timeline.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "account.h"
#include "fd.h"
#include "hygiene.h"
#include "json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int timeline_open(struct timeline *t, struct arena *a, const char *path, const char *title, struct diags *dg)
{
	size_t n = path ? strlen(path) : 0;
	mode_t before;

	*t = (struct timeline)TIMELINE_NONE;
	t->a = a;
	t->title = title;
	if (!path)
		return 0;
	t->svg = n > 4 && !strcmp(path + n - 4, ".svg");
	before = umask(sbrun_umask);
	t->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
	umask(before);
	if (t->fd < 0)
		diag_errno(dg, errno, "open", path, "can't write the timeline");
	return t->fd < 0 ? -1 : 0;
}

static void add(struct timeline *t, enum lane lane, const char *name, const char *pointer, uint64_t begin,
		uint64_t end)
{
	t->v = arena_grow(t->a, t->v, &t->cap, t->n + 1, sizeof *t->v);
	t->v[t->n++] = (struct timeline_event){ lane, name, pointer, begin, end };
}

static enum lane lane_of(const char *who)
{
	return !who || !strcmp(who, "runtime") ? LANE_RUNTIME
	       : !strcmp(who, "sandbox")       ? LANE_SANDBOX
					       : LANE_PAYLOAD;
}

/* What has no time of its own, as a hook's line of output, is for the log alone. */
static void step(void *arg, const struct step_note *note)
{
	struct timeline *t = arg;

	if (note->at)
		add(t, lane_of(note->who), note->text, note->pointer, note->at - note->usec, note->at);
	if (t->next.done)
		t->next.done(t->next.arg, note);
}

struct step_watch timeline_begin(struct timeline *t, struct step_watch next, struct account *account,
				 struct account **place)
{
	t->next = next;
	if (t->fd < 0)
		return next;
	if (account && account->fd < 0)
		account_begin(account);
	if (account)
		*place = account;
	return (struct step_watch){ .done = step, .arg = t };
}

static void add_phases(struct timeline *t, const struct account *account)
{
	uint64_t at = account->began, next;

	for (int i = 0; i < PHASE__COUNT; i++, at = next) {
		next = at + account->phases[i];
		if (next > at)
			add(t, i == PHASE_PAYLOAD ? LANE_PAYLOAD : LANE_PHASE,
			    account_phase_name((enum phase)i), NULL, at / 1000, next / 1000);
	}
}

/* ---- the trace ---- */

static const char *const lanes[LANE__COUNT] = { "phases", "runtime", "sandbox", "payload" };

/* A lane's name. */
static json_t *thread_name(enum lane lane)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "ph", "M", "name", "thread_name", "pid", 1, "tid",
			 lane + 1, "args", "name", lanes[lane]);
}

static json_t *complete_event(const struct timeline_event *e)
{
	json_t *event = json_pack("{s:s, s:o, s:s, s:I, s:I, s:i, s:i}", "ph", "X", "name",
				  json_text(e->name), "cat", lanes[e->lane], "ts", (json_int_t)e->begin,
				  "dur", (json_int_t)(e->end - e->begin), "pid", 1, "tid", e->lane + 1);

	if (e->pointer && *e->pointer)
		json_object_set_new(event, "args", json_pack("{s:o}", "pointer", json_text(e->pointer)));
	return event;
}

static char *trace(const struct timeline *t)
{
	json_t *events = json_array();

	for (int lane = 0; lane < LANE__COUNT; lane++)
		json_array_append_new(events, thread_name((enum lane)lane));
	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(events, complete_event(&t->v[i]));
	return json_document(t->a,
			     json_pack("{s:o, s:s, s:{s:o}}", "traceEvents", events, "displayTimeUnit", "ns",
				       "otherData", "title", json_text(t->title)),
			     JSON_INDENT(1));
}

static int by_time(const void *x, const void *y)
{
	const struct timeline_event *a = x, *b = y;

	if (a->lane != b->lane)
		return a->lane < b->lane ? -1 : 1;
	return a->begin < b->begin ? -1 : a->begin > b->begin;
}

int timeline_write(struct timeline *t, const struct account *account, struct diags *dg)
{
	CLEANUP_FD fd = t->fd;
	const char *text;

	t->fd = -1;
	if (fd < 0)
		return 0;
	if (account)
		add_phases(t, account);
	if (t->n)
		qsort(t->v, t->n, sizeof *t->v, by_time);
	text = t->svg ? timeline_svg(t) : trace(t);
	if (text && fd_write_all(fd, text, strlen(text)) == 0)
		return 0;
	diag_errno(dg, errno, "write", NULL, "can't write the timeline");
	return -1;
}
