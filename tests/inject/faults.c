/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fault at every system call of a command, one after the other.
 *
 *   faults [OPTION]... kill|fail SCENARIO runtime|thread|sandbox
 *
 *   --runtime PROGRAM   --root DIR   --bundles DIR   --id ID   --cgroup NAME   what is tested, see
 * scenarios.h
 *   --peer              the program isn't sbrun: it is looked at for hangs, crashes and leftovers only
 *   --stride N          every Nth call
 *   --one               fail: one of its errnos for each call, in turn; kill: before the call only
 *   --from N            begin with the Nth call
 *   --log FILE          a line a case
 *
 * kill: SIGKILL before or after the call. Then list, state and delete --force work, and the host is as
 * it was.
 * fail: the call says an errno. Then the command either succeeds and its result is right, or it ends with 125
 * (126 and 127 for the payload's executable), with a message that has the call or its errno, without a
 * payload; a command that makes a sandbox has left nothing. Never a hang, never a crash.
 *
 * What is wrong goes to stderr; the last line on stdout is "CALLS CASES PROBLEMS". Exit status 1 with problems.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "errnos.h"
#include "leftovers.h"
#include "scenarios.h"
#include "trace.h"

enum { TIMEOUT_MS = 30000, TEXT = 16384, EXIT_FAILURE_OF_RUNTIME = 125, MAX_SHOWN = 40 };

static const char *const whose[WHO__COUNT] = { "runtime", "thread", "sandbox" };

static struct setting setting;
static const struct scenario *scenario;
static struct fault fault;
static struct outcome outcome;
static int exit_code; /* of the faulty command; 128 + signal when killed */
static unsigned stride = 1, first = 1, cases, problems;
static bool one;
static FILE *log_file;

static const char *error_name(int err)
{
	return err == FAULT_SHORT ? "a short write" : strerrorname_np(err);
}

static void problem(const char *what, const char *detail)
{
	const char *how = fault.act == ACT_FAIL          ? error_name(outcome.err)
			  : fault.act == ACT_KILL_BEFORE ? "killed before"
							 : "killed after";

	if (++problems <= MAX_SHOWN)
		fprintf(stderr, "%s, call %u of the %s, %s %s: %s: %s\n", scenario->name, fault.nth,
			whose[fault.who], outcome.call, how, what, detail);
}

static void stderr_of(char *text, size_t size)
{
	read_text(setting.err, text, size);
}

/* ---- one case ---- */

static bool prepare(void)
{
	char text[TEXT];

	for (const enum verb *v = scenario->before; *v; v++)
		if (verb_run(&setting, *v) != 0) {
			stderr_of(text, sizeof text);
			problem("what comes before fails", text);
			return false;
		} else if (*v == V_RUN_DETACHED && setting.wanted) {
			payload_printed(&setting); /* or its words come into what is tested */
		}
	return true;
}

/* The fault is somewhere in here. */
static void faulty(void)
{
	trace_begin(&fault);
	for (const enum verb *v = scenario->faulty; *v; v++) {
		const char *words[MAX_WORDS];

		verb_words(&setting, *v, words);
		if (trace_command((char *const *)words, setting.out, setting.err, TIMEOUT_MS, &outcome) < 0)
			exit(99);
		exit_code = WIFEXITED(outcome.status) ? WEXITSTATUS(outcome.status)
						      : 128 + WTERMSIG(outcome.status);
		if (exit_code != 0)
			break;
	}
	trace_end();
}

static void check_commands(void)
{
	char text[TEXT], status[32];
	int rc = verb_run(&setting, V_LIST);

	if (rc != 0) {
		stderr_of(text, sizeof text);
		problem("list fails", text);
	}
	rc = verb_run(&setting, V_STATE);
	stderr_of(text, sizeof text);
	status_now(&setting, status, sizeof status);
	if (rc != 0 && (scenario->keeps || (!setting.peer && !strstr(text, "does not exist"))))
		problem("state fails", text);
	if (rc == 0 && !strstr("creating created running stopped paused", status))
		problem("state says", status);
	rc = verb_run(&setting, V_DELETE_FORCE);
	stderr_of(text, sizeof text);
	if (rc != 0 && !(setting.peer && strstr(text, "does not exist")))
		problem("delete --force fails", text);
}

static void check_nothing_left(const char *when)
{
	char text[TEXT];

	if (!leftovers_none(text, sizeof text))
		problem(when, text);
}

static bool has_output(void)
{
	char text[16];

	read_text(setting.out, text, sizeof text);
	return text[0] != '\0';
}

/* exec's sandbox goes on, whatever happens to exec. */
static void check_undisturbed(void)
{
	char text[TEXT];

	struct setting aside = setting; /* the command of one that was killed may still be writing */

	if (strcmp(scenario->name, "exec") != 0)
		return;
	aside.out = aside.log;
	if (verb_run(&aside, V_EXEC) != 0) {
		stderr_of(text, sizeof text);
		problem("another exec fails", text);
	} else if (!scenario->right(&aside, text, sizeof text)) {
		problem("another exec", text);
	}
}

static void judge_success(void)
{
	char text[TEXT];

	if (!scenario->right(&setting, text, sizeof text))
		problem("it says that all went well", text);
}

/* The payload's executable is not there, or not to be executed: a fault may look just like that. */
static bool may_be_payloads(int code, const char *text)
{
	return (code == 126 && (strstr(text, "ermission denied") || strstr(text, "exec"))) ||
	       (code == 127 && strstr(text, "no such file or directory"));
}

/*
 * What can be said where the errno stays in a process that ended, or there is no room to say more; and of
 * what the caller may not look at, which is as good as not there.
 */
static const char *const without_errno[] = {
	"out of memory",
	"first process",
	"\"the init\"",
	"ended on the way",
	"lost the connection",
	"was killed",
	"is not stopped: running",
	"only a created one can be started",
	"does not wait to be started",
	"no cgroup file system is mounted",
	"container not paused", /* what can't be seen frozen is running: status.c */
	"a sandbox runs once",
};

/* A message is clear when it has the call or what its errno means: in sbrun's words, or the C library's. */
static bool is_clear(const char *text)
{
	static const struct {
		int err;
		const char *words;
	} own[] = {
		{ EPERM, "not permitted" }, { EACCES, "permission" }, { EACCES, "delegated" },
		{ EXDEV, "is mounted" },    { EROFS, "delegated" },   { ENOENT, "not exist" },
		{ ENOSYS, "not known" },    { ESRCH, "not running" },    { ESRCH, "after SIGKILL" },
	};

	if (outcome.err == FAULT_SHORT || strcasestr(text, strerror(outcome.err)) ||
	    strstr(text, outcome.call))
		return true;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (own[i].err == outcome.err && strstr(text, own[i].words))
			return true;
	for (size_t i = 0; i < sizeof without_errno / sizeof *without_errno; i++)
		if (strstr(text, without_errno[i]))
			return true;
	return false;
}

static void judge_failure(void)
{
	char text[TEXT];

	stderr_of(text, sizeof text);
	if (setting.peer)
		return;
	if (strstr(text, "cannot apply additional memory protection")) /* the C library, before main() */
		return;
	if (exit_code != EXIT_FAILURE_OF_RUNTIME && !may_be_payloads(exit_code, text)) {
		snprintf(text, sizeof text, "%d", exit_code);
		problem("exit status", text);
		return;
	}
	if (!strstr(text, "sbrun: error: ") && !strstr(text, "out of memory"))
		problem("no message", text);
	else if (fault.act == ACT_FAIL && !is_clear(text))
		problem("no message of what failed", text);
	/* after a run's end there is still something to do, and to fail at; and an answer can get lost */
	if (strstr(text, "cannot remove") || strstr(text, "can't remove"))
		return; /* delete does, as is looked at next */
	if (scenario->prints && has_output() && !strstr(text, "lost the connection") &&
	    !strstr(text, "whether its payload runs"))
		problem("it says that it failed, and the payload ran", text);
	if (scenario->makes)
		check_nothing_left("it failed");
}

static void write_log(void)
{
	char text[TEXT];

	if (!log_file)
		return;
	stderr_of(text, sizeof text);
	text[strcspn(text, "\n")] = '\0';
	fprintf(log_file, "%s %u %s %s %s -> %d %s\n", scenario->name, fault.nth, whose[fault.who],
		outcome.call, fault.act == ACT_FAIL ? error_name(outcome.err) : "killed", exit_code, text);
	fflush(log_file);
}

static void judge(void)
{
	bool killed_it = fault.act != ACT_FAIL && fault.who != WHO_SANDBOX && outcome.hit;

	write_log();
	if (outcome.hung)
		problem("hangs", "");
	else if (WIFSIGNALED(outcome.status) && !killed_it)
		problem("crashes", strsignal(WTERMSIG(outcome.status)));
	else if (killed_it)
		;
	else if (exit_code == 0 && (fault.act == ACT_FAIL || !outcome.hit))
		judge_success();
	/* a payload may end by our signal too */
	else if (exit_code != 0 && !(fault.act != ACT_FAIL && exit_code == 128 + SIGKILL))
		judge_failure();
}

static void one_case(void)
{
	cases++;
	outcome = (struct outcome){ 0 };
	if (prepare()) {
		faulty();
		judge();
		check_undisturbed();
	}
	check_commands();
	check_nothing_left("after delete --force");
}

/* ---- all of them ---- */

static unsigned ways(int call)
{
	unsigned n = 0;

	while (call_errno(call, n))
		n++;
	return n;
}

static void fail_call(int call)
{
	unsigned n = ways(call);

	fault.act = ACT_FAIL;
	for (fault.which = one && n ? fault.nth % n : 0; fault.which < n; fault.which++) {
		one_case();
		if (one)
			break;
	}
}

static void kill_at_call(int call)
{
	(void)call;
	fault.act = ACT_KILL_BEFORE;
	one_case();
	fault.act = ACT_KILL_AFTER;
	if (!one)
		one_case();
}

/* Once without a fault: which calls there are. */
static size_t rehearse(int **calls)
{
	char text[TEXT];
	const int *v;
	size_t n;

	fault.act = ACT_NONE;
	if (!prepare())
		exit(99);
	faulty();
	v = trace_calls(fault.who, &n);
	*calls = n ? malloc(n * sizeof **calls) : NULL;
	if (!*calls)
		exit(99);
	memcpy(*calls, v, n * sizeof **calls);
	stderr_of(text, sizeof text);
	if (exit_code != 0) {
		problem("it fails without a fault", text);
		exit(99);
	}
	judge_success();
	check_commands();
	check_nothing_left("without a fault");
	return n;
}

/* What the payload prints when nothing is wrong. */
static void learn(const enum verb *v, char report[TEXT])
{
	for (; *v; v++)
		if (verb_run(&setting, *v) != 0) {
			stderr_of(report, TEXT);
			fprintf(stderr, "faults: it fails without a fault: %s\n", report);
			exit(99);
		} else if (*v == V_RUN_DETACHED) {
			payload_printed(&setting);
		} else if (*v == V_RUN || *v == V_EXEC) {
			read_text(setting.out, report, TEXT);
		}
}

static void learn_reports(void)
{
	static const enum verb run[] = { V_RUN, V_END };
	static const enum verb exec[] = { V_RUN_DETACHED, V_EXEC, V_DELETE_FORCE, V_END };
	static char of_run[TEXT], of_exec[TEXT];

	learn(run, of_run);
	setting.wanted = of_run;
	learn(exec, of_exec);
	setting.wanted_of_exec = of_exec;
}

static char *below(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		exit(99);
	return path;
}

static const struct option options[] = {
	{ "runtime", 1, NULL, 'r' },
	{ "root", 1, NULL, 'R' },
	{ "bundles", 1, NULL, 'b' },
	{ "id", 1, NULL, 'i' },
	{ "cgroup", 1, NULL, 'c' },
	{ "peer", 0, NULL, 'p' },
	{ "stride", 1, NULL, 's' },
	{ "one", 0, NULL, '1' },
	{ "from", 1, NULL, 'f' },
	{ "log", 1, NULL, 'l' },
	{ 0 },
};

static int take_options(int argc, char **argv)
{
	int c;

	setting.cgroup = "none";
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0)
		switch (c) {
		case 'r': setting.runtime = optarg; break;
		case 'R': setting.root = optarg; break;
		case 'b': setting.bundles = optarg; break;
		case 'i': setting.id = optarg; break;
		case 'c': setting.cgroup = optarg; break;
		case 'p': setting.peer = fault.follow = true; break;
		case 's': stride = (unsigned)atoi(optarg); break;
		case '1': one = true; break;
		case 'f': first = (unsigned)atoi(optarg); break;
		case 'l': log_file = fopen(optarg, "ae"); break;
		default: return -1;
		}
	if (!setting.runtime || !setting.root || !setting.bundles || !setting.id || !stride || !first)
		return -1;
	return argc - optind == 3 ? optind : -1;
}

int main(int argc, char **argv)
{
	int at = take_options(argc, argv), *calls;
	void (*each)(int) = NULL;
	size_t n;

	if (at > 0) {
		each = !strcmp(argv[at], "kill")   ? kill_at_call
		       : !strcmp(argv[at], "fail") ? fail_call
						   : NULL;
		scenario = scenario_find(argv[at + 1]);
		while (fault.who < WHO__COUNT && strcmp(argv[at + 2], whose[fault.who]) != 0)
			fault.who++;
	}
	if (!each || !scenario || fault.who == WHO__COUNT) {
		fprintf(stderr, "usage: faults [OPTION]... kill|fail SCENARIO runtime|thread|sandbox\n");
		return 99;
	}
	setting.out = below(setting.bundles, "out");
	setting.err = below(setting.bundles, "err");
	setting.log = below(setting.bundles, "log");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
	    leftovers_init(setting.bundles, setting.root, setting.cgroup) < 0)
		return 99;
	learn_reports();
	leftovers_remember();
	n = rehearse(&calls);
	for (fault.nth = first; fault.nth <= n; fault.nth += stride)
		each(calls[fault.nth - 1]);
	leftovers_finish();
	free(calls);
	printf("%zu %u %u\n", n, cases, problems);
	return problems != 0;
}
