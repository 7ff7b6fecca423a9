/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait: until sandboxes have ended, one poll(2) on the pidfds of their inits. How they ended stands in the
 * file that each init has written; it is open before anything is waited for, so that a delete by somebody
 * else takes nothing away.
 */
#include <poll.h>
#include <string.h>

#include "account.h"
#include "command.h"
#include "fd.h"
#include "json_text.h"
#include "progress.h"

struct wait_opts {
	bool json;
	const char *report;
};

struct waited {
	const char *id;
	int init, record; /* -1: gone; none */
	int held;         /* its init may stay: this one tells the payload's end; -1: not so */
	struct state st;
};

/*
 * A sandbox that is still being made has no first process to wait for. One that has stopped by what is
 * written down, with an init that is there, is waited for: whose creator died is about to end, and the
 * payload may own what is written. Only a kept one's stays for good.
 */
static int begin(struct call *c, const char *id, struct waited *w)
{
	struct state_dir sd = STATE_DIR_NONE;
	enum status status;

	*w = (struct waited){ .id = id, .init = -1, .record = -1, .held = -1 };
	if (command_open(c, id, &sd, &w->st) < 0)
		return -1;
	status = state_status(&sd, &w->st);
	w->record = w->st.has_init ? end_open(&sd, c->dg) : -ENOENT;
	if (w->record != -1 && w->st.keeps && status != STATUS_STOPPED)
		w->held = end_open_held(&sd, c->dg);
	if (w->held >= 0) /* it may have ended before we had that open */
		status = state_status(&sd, &w->st);
	w->init = status == STATUS_STOPPED && end_kept(&sd, &w->st) ? -ESRCH : state_init(&w->st, c->dg);
	state_close(&sd);
	if (w->record == -1)
		return -1;
	if (w->init < 0 && w->init != -ESRCH)
		return -1;
	if (status != STATUS_CREATING)
		return 0;
	diag_error(c->dg, "container \"%s\" is still being created", id)->hint =
		"wait for its create or run to return first";
	return -1;
}

enum { PID, HELD, PER_SANDBOX };

/* The init lets go of what it holds in any case. Unless it stays, its own end is to come. */
static bool is_kept(const struct waited *w)
{
	struct ended e;

	end_read(w->record, false, &e);
	return e.kept;
}

static int wait_all(struct call *c, struct waited *w, size_t n)
{
	struct pollfd *p = arena_array(c->arena, n * PER_SANDBOX, sizeof *p);
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		p[i * PER_SANDBOX + PID] = (struct pollfd){ .fd = w[i].init, .events = POLLIN };
		p[i * PER_SANDBOX + HELD] = (struct pollfd){ .fd = w[i].init < 0 ? -1 : w[i].held };
		left += w[i].init >= 0;
	}
	progress_begin("waiting for %s", n == 1 ? w->id : arena_printf(c->arena, "%zu sandboxes", n));
	while (left) {
		if (n == 1)
			progress_note(NULL);
		else
			progress_note("%zu still run", left);
		if (poll(p, n * PER_SANDBOX, progress_timeout(-1)) < 0) {
			if (errno == EINTR)
				continue;
			diag_errno(c->dg, errno, "poll", NULL, "cannot wait");
			return -1;
		}
		for (size_t i = 0; i < n; i++) {
			struct pollfd *s = p + i * PER_SANDBOX;
			bool let_go = s[HELD].fd >= 0 && s[HELD].revents;

			if (let_go)
				s[HELD].fd = -1;
			if (s[PID].fd >= 0 && (s[PID].revents || (let_go && is_kept(&w[i])))) {
				s[PID].fd = s[HELD].fd = -1;
				left--;
			}
		}
	}
	progress_end();
	return 0;
}

static json_t *as_json(const struct waited *w, const struct ended *e)
{
	char started[RFC3339_SIZE] = "", finished[RFC3339_SIZE] = "";
	json_t *doc = json_object();

	json_object_set_new(doc, "id", json_text(w->id));
	json_object_set_new(doc, "exitCode", json_integer(e->code));
	json_object_set_new(doc, "exitReason", json_string(e->reason));
	if (e->signal)
		json_object_set_new(doc, "signal", json_integer(e->signal));
	if (e->started_ns) {
		rfc3339_time(e->started_ns, started);
		json_object_set_new(doc, "startedAt", json_string(started));
	}
	if (e->finished_ns) {
		rfc3339_time(e->finished_ns, finished);
		json_object_set_new(doc, "finishedAt", json_string(finished));
	}
	return doc;
}

/* The cgroup stays until the sandbox is deleted; what the init had not reaped nobody knows any more. */
static int write_report(struct call *c, struct account *r, const struct waited *w)
{
	r->id = w->id;
	end_read(w->record, true, &r->ended);
	account_cgroup(c->arena, r, &w->st.cgroup);
	return account_write(c->arena, r, c->dg);
}

/* The exit code of the last, as with the shell's own. */
static int tell(struct call *c, const struct wait_opts *o, const struct waited *w, size_t n)
{
	int code = EXIT_SBRUN;

	for (size_t i = 0; i < n; i++) {
		struct ended e;
		char *line = NULL;

		end_read(w[i].record, true, &e);
		if (!e.known) {
			diag_error(c->dg, "container \"%s\" has ended, and nobody has written down how", w[i].id)
				->hint = w[i].st.has_init ? "its init never came to run"
							  : "only an init of sbrun's does: \"sbrun\": "
							    "{\"init\": \"always\"}, or --init always";
			continue;
		}
		code = e.code;
		if (o->json)
			line = json_document(c->arena, as_json(&w[i], &e), JSON_COMPACT);
		else if (n > 1)
			line = arena_printf(c->arena, "%s %d\n", w[i].id, e.code);
		if (line && command_output(c, line) != 0)
			return EXIT_SBRUN;
	}
	return code;
}

static int run(struct call *c, void *opts)
{
	const struct wait_opts *o = opts;
	struct waited *w = arena_array(c->arena, c->n_words, sizeof *w);
	struct account account = ACCOUNT_NONE;
	size_t n = 0;
	int code = EXIT_SBRUN;

	if (o->report && c->n_words > 1) {
		diag_error(c->dg, "a report is of one sandbox: --report and several IDs exclude each other");
		return code;
	}
	if (o->report && account_open(&account, o->report, c->dg) < 0)
		return code;
	while (n < c->n_words && begin(c, c->words[n], &w[n]) == 0)
		n++;
	if (n == c->n_words && wait_all(c, w, n) == 0) {
		code = tell(c, o, w, n);
		if (write_report(c, &account, w) < 0)
			code = EXIT_SBRUN;
	}
	fd_close(&account.fd);
	for (size_t i = 0; i < n; i++) {
		fd_close(&w[i].init);
		fd_close(&w[i].record);
		fd_close(&w[i].held);
	}
	return code;
}

/* clang-format off */
static const struct opt options[] = {
	{ "json", 0, OPT_SWITCH, NULL, offsetof(struct wait_opts, json), "a line of JSON for each", 0, NULL },
	{ "report", 0, OPT_TEXT, "FILE", offsetof(struct wait_opts, report), "as run has it; of one sandbox", 0, NULL },
	{ 0 },
};
/* clang-format on */

const struct command cmd_wait = {
	.name = "wait",
	.usage = "[OPTION]... ID...",
	.summary = "wait for the end, and end with the same exit code",
	.details = "Also of sandboxes that have ended already. Of several: a line \"ID CODE\" each, and the last one's code.\n",
	.options = options,
	.opts_size = sizeof(struct wait_opts),
	.min_words = 1,
	.max_words = (size_t)-1,
	.wants = "a container ID",
	.run = run,
};
