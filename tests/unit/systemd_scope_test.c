/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running sbrun-systemd: with scripts in its place, which end in every way it could.
 *
 *   systemd_scope_test live HELPER [--user]     the real one and the manager of this host,
 *                                               for tests/systemd; prints no TAP, exits with 0 or 1
 */
#include "../../runtime/systemd_scope.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "tap.h"

static struct arena *arena;
static struct diags dg;
static char dir[] = "/tmp/sbrun-scope.XXXXXX";

static const char *path(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

/* What the script wrote. */
static const char *said(const char *name)
{
	char *text = arena_alloc(arena, 4096);
	FILE *f = fopen(path(name), "re");

	if (f) {
		text[fread(text, 1, 4095, f)] = 0;
		fclose(f);
	}
	return text;
}

static void helper(const char *script)
{
	const char *file = path("helper");
	FILE *f = fopen(file, "we");

	if (f) {
		fprintf(f, "#!/bin/sh\ncd %s || exit 9\n%s\n", dir, script);
		fclose(f);
		chmod(file, 0755);
	}
	systemd_helper = file;
	diags_init(&dg, arena);
}

static const char *first_error(void)
{
	return dg.first ? diag_format(&dg, dg.first) : "";
}

static bool says(const char *words)
{
	bool there = strstr(first_error(), words);

	if (!there)
		printf("# \"%s\" is not in \"%s\"\n", words, first_error());
	return there;
}

static bool no_child(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

/* ---- scripts ---- */

static struct property props[] = { { "MemoryMax", "t", "4096" }, { "Description", "s", "a b" } };
static struct property_list two = { props, 2, 2 }, none;
static struct systemd_unit unit = { .name = "x.scope", .slice = "a.slice", .description = "it is" };
static struct systemd_scope scope;

static void started(void)
{
	helper("printf '%s|' \"$@\" >args; env >env; while read -r l && [ \"$l\" ]; do echo \"$l\"; done >props\n"
	       "echo /a.slice/x.scope; cat; echo over >end");
	setenv("XDG_RUNTIME_DIR", "/run/nowhere", 1);
	setenv("SECRET", "1", 1);
	ok(systemd_scope_start(arena, &unit, &two, &scope, &dg) == 0, "a scope is started");
	is_text(scope.path, "/a.slice/x.scope", "its cgroup");
	is_text(said("args"), "start|x.scope|a.slice|it is|", "the arguments");
	is_text(said("props"), "MemoryMax t 4096\nDescription s a b\n", "the properties");
	ok(!strstr(said("env"), "SECRET") && !strstr(said("env"), "XDG"), "nothing of our environment is passed on");
	ok(fcntl(scope.hold, F_GETFD) == FD_CLOEXEC, "what holds it is closed in other children");
	ok(access(path("end"), F_OK) < 0 && kill(scope.pid, 0) == 0, "the helper stays");
	systemd_scope_release(&scope);
	is_text(said("end"), "over\n", "until it is released");
	ok(scope.hold < 0 && scope.pidfd < 0 && no_child(), "nothing is left of it");
	systemd_scope_release(&scope);
	unit.user = true;
	ok(systemd_scope_start(arena, &unit, &none, &scope, &dg) == 0, "a user's");
	is_text(said("args"), "start|--user|x.scope|a.slice|it is|", "the arguments");
	ok(strstr(said("env"), "XDG_RUNTIME_DIR=/run/nowhere\n") && !strstr(said("env"), "SECRET"),
	   "where the bus is, is passed on");
	systemd_scope_release(&scope);
	unit.user = false;
}

static int start(void)
{
	return systemd_scope_start(arena, &unit, &two, &scope, &dg);
}

static void not_started(void)
{
	helper("echo 'org.freedesktop.systemd1.UnitExists: it is there' >&2; exit 1");
	ok(start() < 0 && says("x.scope") && says("it is there") && says("cgroupsPath"), "a failure, with its reason and a hint");
	helper("echo 'sbrun.NoManager: none' >&2; exit 1");
	ok(start() < 0 && says("--cgroup-manager cgroupfs"), "no manager");
	helper("exit 1");
	ok(start() < 0 && says("without a reason"), "one that says nothing");
	helper("exit 0");
	ok(start() < 0 && says("without a reason"), "one that ends well too early");
	helper("kill -9 $$");
	ok(start() < 0 && says("without a reason"), "one that is killed");
	helper("echo nonsense; cat >/dev/null");
	ok(start() < 0 && says("without a reason"), "one that prints no path");
	helper("sleep 60 & echo 'sbrun.Call: x' >&2; echo $! >pid; exit 1");
	ok(start() < 0 && says("sbrun.Call"), "one that leaves its stderr to another");
	kill(atoi(said("pid")), SIGKILL);
	systemd_timeout_s = 1;
	helper("exec sleep 60");
	ok(start() < 0 && says("no answer"), "one that hangs");
	systemd_timeout_s = SYSTEMD_TIMEOUT_S;
	systemd_helper = path("missing");
	diags_init(&dg, arena);
	ok(start() < 0 && says("posix_spawn") && !says("No such file"), "none at all");
	ok(scope.hold < 0 && scope.pidfd < 0 && !scope.pid && no_child(), "nothing is left of any");
}

static void many_properties(void)
{
	struct property big = { "Description", "s", NULL };
	struct property_list l = { &big, 1, 1 };
	char *text = arena_alloc(arena, 1 << 20);

	memset(text, 'x', (1 << 20) - 1);
	big.value = text;
	helper("head -c 1048590 | wc -c >size; echo /x; cat >/dev/null");
	ok(systemd_scope_start(arena, &unit, &l, &scope, &dg) == 0, "more than a pipe holds");
	is_text(said("size"), "1048590\n", "all of it is sent");
	systemd_scope_release(&scope);
	helper("echo 'sbrun.Call: full' >&2; exit 1");
	ok(systemd_scope_start(arena, &unit, &l, &scope, &dg) < 0 && says("full"), "nobody reads it");
}

static void others(void)
{
	helper("printf '%s|' \"$@\" >args; cat >props");
	ok(systemd_scope_attach("x.scope", true, 42, &dg) == 0, "attach");
	is_text(said("args"), "attach|--user|x.scope|42|", "attach: the arguments");
	ok(systemd_scope_set("x.scope", false, &two, &dg) == 0, "set");
	is_text(said("args"), "set|x.scope|", "set: the arguments");
	is_text(said("props"), "MemoryMax t 4096\nDescription s a b\n\n", "set: the properties");
	ok(systemd_scope_stop("x.scope", false, &dg) == 0, "stop");
	is_text(said("args"), "stop|x.scope|", "stop: the arguments");
	helper("echo called >args");
	ok(systemd_scope_set("x.scope", false, &none, &dg) == 0 && !strstr(said("args"), "called"), "nothing to set");
	helper("echo 'a.b: c' >&2; exit 1");
	ok(systemd_scope_stop("x.scope", false, &dg) < 0 && says("a.b: c"), "a failure of stop");
	ok(no_child(), "all are reaped");
}

/* ---- live ---- */

static bool good = true;

static void check(bool condition, const char *name)
{
	printf("%s %s\n", condition ? "good" : "BAD ", name);
	if (!condition && dg.first)
		printf("     %s\n", first_error());
	fflush(stdout);
	good = good && condition;
}

static const char *file_of(const char *file)
{
	char *text = arena_alloc(arena, 4096);
	FILE *f = fopen(file, "re");

	if (f) {
		text[fread(text, 1, 4095, f)] = 0;
		fclose(f);
	}
	return text;
}

static const char *cgroup_file(const char *name)
{
	return file_of(arena_printf(arena, "/sys/fs/cgroup%s/%s", scope.path, name));
}

static bool in_scope(pid_t pid)
{
	return strstr(file_of(arena_printf(arena, "/proc/%d/cgroup", pid)), arena_printf(arena, "0::%s\n", scope.path));
}

/* Our child, in the cgroup of that descriptor or, -1, in ours. */
static pid_t sleeper(int cgroup)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t pid;

	if (cgroup >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0) {
		alarm(60);
		for (;;)
			pause();
	}
	return pid < 0 ? -errno : pid;
}

/* Born in it, or where the kernel refuses that, moved by the manager: as sbrun does it. */
static pid_t sandbox(void)
{
	int cgroup = open(arena_printf(arena, "/sys/fs/cgroup%s", scope.path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = cgroup < 0 ? -errno : sleeper(cgroup);

	close(cgroup);
	printf("     clone into it: %s\n", pid < 0 ? diag_errno_text(-pid) : "done");
	if (pid != -EACCES)
		return pid;
	pid = sleeper(-1);
	check(systemd_scope_attach(unit.name, unit.user, pid, &dg) == 0, "the manager moves it");
	return pid;
}

static bool killed(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

static int live(bool is_user)
{
	struct property first[] = { { "TasksMax", "t", "33" }, { "MemoryMax", "t", "67108864" } };
	struct property_list limits = { first, 2, 2 };
	pid_t a, b;

	diags_init(&dg, arena);
	unit = (struct systemd_unit){ "sbrun-live-test.scope", "sbrun-test.slice", "", "a test of sbrun", is_user };
	check(systemd_scope_start(arena, &unit, &limits, &scope, &dg) == 0, "start");
	if (!scope.path)
		return 1;
	printf("     %s\n", scope.path);
	check(strstr(scope.path, "/sbrun.slice/sbrun-test.slice/sbrun-live-test.scope"), "the path");
	check(in_scope(scope.pid), "the helper is in it");
	a = sandbox();
	check(a > 0 && in_scope(a), "the sandbox is in it");
	systemd_scope_release(&scope);
	usleep(300000);
	check(in_scope(a), "without the helper it lives on");
	check(!strcmp(cgroup_file("pids.max"), "33\n"), "pids.max");
	check(!strcmp(cgroup_file("memory.max"), "67108864\n"), "memory.max");
	first[0].value = "44";
	check(systemd_scope_set(unit.name, is_user, &limits, &dg) == 0, "set");
	check(!strcmp(cgroup_file("pids.max"), "44\n"), "pids.max then");
	b = sleeper(-1);
	check(systemd_scope_attach(unit.name, is_user, b, &dg) == 0 && in_scope(b), "attach");
	check(systemd_scope_start(arena, &unit, &limits, &(struct systemd_scope){ 0 }, &dg) < 0 && says("UnitExists"),
	      "the name is taken");
	check(systemd_scope_stop(unit.name, is_user, &dg) == 0, "stop");
	check(a > 0 && killed(a) && killed(b), "all in it are gone");
	check(!*cgroup_file("pids.max"), "the cgroup is gone");
	check(systemd_scope_stop(unit.name, is_user, &dg) == 0, "stop of what is gone");
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	int r;

	arena = arena_create();
	if (argc > 2 && !strcmp(argv[1], "live")) {
		systemd_helper = argv[2];
		r = live(argc > 3);
		arena_destroy(arena);
		return r;
	}
	if (!mkdtemp(dir))
		return 1;
	started();
	not_started();
	many_properties();
	others();
	if (system(arena_printf(arena, "rm -rf '%s'", dir)) != 0)
		ok(false, "cleaning up");
	arena_destroy(arena);
	return tap_end();
}
