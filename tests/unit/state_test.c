/* SPDX-License-Identifier: Apache-2.0 */
/* The state store in a directory of its own, without any privilege. */
#include "../../runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "tap.h"

static struct arena *arena;
static char root[512];

static struct diags *fresh(void)
{
	static struct diags dg;

	diags_init(&dg, arena);
	return &dg;
}

static bool says(const struct diags *dg, const char *words)
{
	return dg->first && strstr(dg->first->what, words);
}

/* A process that waits to be killed. */
static pid_t child(int *pidfd)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	*pidfd = pidfd_open(pid, 0);
	return pid;
}

static void end_child(pid_t pid, int pidfd)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(pidfd);
}

static struct state a_state(struct state_dir *sd, pid_t pid, int pidfd)
{
	static struct kv annotations[] = { { "org.example.a", "1" }, { "b", "zwei \xc3\xa4" } };
	struct state st = {
		.id = sd->id,
		.oci_version = "1.2.0",
		.bundle = "/b \xff undle",
		.rootfs = "/r",
		.owner = "me",
		.created = "2026-01-02T03:04:05.678901234Z",
		.annotations = { annotations, 2 },
		.namespaces = 1u << NS_PID | 1u << NS_MOUNT,
		.has_init = true,
	};

	if (pid && proc_id_get(&st.init, pid, pidfd) < 0)
		ok(false, "proc_id_get");
	return st;
}

static enum status status_of(const char *id)
{
	struct state_dir sd = STATE_DIR_NONE;
	struct state st;
	enum status s = STATUS_STOPPED;

	if (ok(state_open(&sd, arena, root, id, fresh()) == 0 && state_read(&sd, arena, &st, fresh()) == 0,
	       "opened"))
		s = state_status(&sd, &st);
	state_close(&sd);
	return s;
}

static void test_ids(void)
{
	static const char *const good[] = { "a", "A_+-.9", "+", "-x", "_", "a..b" };
	static const char *const bad[] = { "", ".", "..", ".a", "a/b", "a b", "a\n", "\xc3\xa4", "a:b" };
	char longest[257];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(state_check_id(good[i], fresh()) == 0, good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(state_check_id(bad[i], fresh()) < 0, arena_printf(arena, "bad ID %zu is refused", i));
	memset(longest, 'a', 256);
	longest[256] = '\0';
	ok(state_check_id(longest, fresh()) < 0, "256 bytes are too many");
	longest[255] = '\0';
	ok(state_check_id(longest, fresh()) == 0, "255 bytes are not");
}

static void test_life(void)
{
	struct state_dir sd = STATE_DIR_NONE, second = STATE_DIR_NONE;
	struct state st, back;
	int pidfd, gate, other;
	pid_t pid = child(&pidfd);

	ok(state_reserve(&sd, arena, root, "life", fresh()) == 0, "reserve");
	ok(status_of("life") == STATUS_CREATING, "reserved and locked: creating");
	ok(state_reserve(&second, arena, root, "life", fresh()) < 0, "a second reserve fails");
	st = a_state(&sd, 0, -1);
	st.created = "";
	ok(state_write(&sd, &st, fresh()) == 0, "write without a process");
	ok(status_of("life") == STATUS_CREATING, "no process yet: creating");
	ok(state_write_config(&sd, "{ }", 3, fresh()) == 0, "config");
	gate = state_gate_listen(&sd, fresh());
	ok(gate >= 0, "gate");
	st = a_state(&sd, pid, pidfd);
	ok(state_write(&sd, &st, fresh()) == 0, "write");
	ok(status_of("life") == STATUS_CREATED, "gate and process: created");
	state_close(&sd);

	ok(state_open(&sd, arena, root, "life", fresh()) == 0 && state_read(&sd, arena, &back, fresh()) == 0,
	   "read");
	is_text(back.bundle, st.bundle, "the bundle's bytes come back");
	is_text(back.created, st.created, "created");
	ok(back.namespaces == st.namespaces && back.has_init && !back.no_pivot, "facts");
	ok(back.annotations.n == 2 && strcmp(back.annotations.v[1].value, "zwei \xc3\xa4") == 0,
	   "annotations");
	ok(memcmp(&back.init, &st.init, sizeof(st.init)) == 0, "identity");
	ok((other = state_open_config(&sd, fresh())) >= 0, "the stored configuration opens");
	close(other);
	other = state_gate_connect(&sd, fresh());
	ok(other >= 0, "connect to the gate");
	close(other);
	state_gate_remove(&sd);
	close(gate);
	ok(status_of("life") == STATUS_RUNNING, "no gate: running");
	ok(state_gate_connect(&sd, fresh()) < 0, "no gate to connect to");
	kill(pid, SIGKILL);
	while (!pidfd_ended(pidfd))
		usleep(1000);
	ok(status_of("life") == STATUS_STOPPED, "a zombie is stopped");
	end_child(pid, pidfd);
	ok(status_of("life") == STATUS_STOPPED, "gone is stopped");
	ok(state_lock(&sd, 0, fresh()) == 0 && state_remove(&sd, &back, fresh()) == 0, "remove");
	ok(state_remove(&sd, &back, fresh()) == 0, "remove again is no error");
	state_close(&sd);
	ok(state_open(&sd, arena, root, "life", fresh()) < 0, "gone");
}

static void test_errors(void)
{
	struct state_dir sd = STATE_DIR_NONE;
	struct diags *dg = fresh();
	struct state st;
	char path[600];

	ok(state_open(&sd, arena, root, "none", dg) < 0 && says(dg, "does not exist") && sd.missing,
	   "missing");
	dg = fresh();
	ok(state_open(&sd, arena, "/nonexistent/x", "none", dg) < 0 && says(dg, "does not exist"),
	   "missing root");
	snprintf(path, sizeof(path), "%s/link", root);
	ok(symlink("/tmp", path) == 0 && state_open(&sd, arena, root, "link", fresh()) < 0,
	   "a link is refused");
	unlink(path);
	ok(symlink(root, path) == 0, "link to the root");
	ok(state_open(&sd, arena, arena_printf(arena, "%s/", path), "x", fresh()) < 0 && !sd.missing,
	   "a root that is a link is refused, also with a slash");
	unlink(path);
	snprintf(path, sizeof(path), "%s/open", root);
	ok(mkdir(path, 0700) == 0 && chmod(path, 0777) == 0 &&
		   state_open(&sd, arena, root, "open", fresh()) < 0,
	   "a directory that others may write to is refused");
	rmdir(path);

	ok(state_reserve(&sd, arena, root, "odd", fresh()) == 0, "reserve");
	ok(state_read(&sd, arena, &st, fresh()) == 0 && st.init.pid == 0 && strcmp(st.id, "odd") == 0,
	   "no state.json");
	ok(mkfifoat(sd.fd, "state.json", 0600) == 0 && state_read(&sd, arena, &st, fresh()) < 0,
	   "a FIFO is refused");
	unlinkat(sd.fd, "state.json", 0);
	close(openat(sd.fd, "state.json", O_CREAT | O_WRONLY, 0600));
	ok(state_read(&sd, arena, &st, fresh()) < 0, "an empty state.json is refused");
	ok(linkat(sd.fd, "state.json", sd.fd, "more", 0) == 0 && state_read(&sd, arena, &st, fresh()) < 0,
	   "a second name is refused");
	st = (struct state){ .id = "odd" };
	ok(state_remove(&sd, &st, fresh()) < 0, "an unknown file is not removed");
	unlinkat(sd.fd, "more", 0);
	ok(state_remove(&sd, &st, fresh()) == 0, "then it goes");
	state_close(&sd);
}

/* A directory without a lock and a state is what a killed creator leaves. */
static void test_leftover(void)
{
	struct state_dir sd = STATE_DIR_NONE, late = STATE_DIR_NONE;
	struct state st;
	char path[600];

	snprintf(path, sizeof(path), "%s/left", root);
	mkdir(path, 0700);
	ok(status_of("left") == STATUS_STOPPED, "a creator that died: stopped");
	ok(state_open(&late, arena, root, "left", fresh()) == 0, "opened by another");
	ok(state_open(&sd, arena, root, "left", fresh()) == 0 && state_lock(&sd, 0, fresh()) == 0, "locked");
	ok(state_lock(&late, 10, fresh()) < 0 && !late.missing, "a second lock waits and fails");
	ok(state_read(&sd, arena, &st, fresh()) == 0 && state_remove(&sd, &st, fresh()) == 0, "removed");
	state_close(&sd);
	ok(state_lock(&late, 10, fresh()) < 0 && late.missing, "the lock of a removed one says so");
	ok(state_read(&late, arena, &st, fresh()) < 0, "so does reading it");
	state_close(&late);
}

static void test_identity(void)
{
	struct proc_id id, other;
	int pidfd, fd;
	pid_t pid = child(&pidfd);

	ok(proc_id_get(&id, pid, pidfd) == 0 && id.start_time > 0, "identity");
	fd = proc_id_open(&id);
	ok(fd >= 0, "opens");
	close(fd);
	other = id;
	other.start_time++;
	other.pidfs_ino += !!id.pidfs_ino;
	ok(proc_id_open(&other) == -ESRCH, "same pid, another process");
	other = (struct proc_id){ .pid = pid, .start_time = id.start_time };
	fd = proc_id_open(&other);
	ok(fd >= 0, "by start time alone");
	close(fd);
	other.start_time++;
	ok(proc_id_open(&other) == -ESRCH, "another start time");
	ok(proc_id_open(&(struct proc_id){ 0 }) == -ESRCH, "no process");
	end_child(pid, pidfd);
	ok(proc_id_open(&id) == -ESRCH, "gone");
}

static void test_uppers(void)
{
	struct state_dir a = STATE_DIR_NONE, b = STATE_DIR_NONE;
	struct diags *dg;
	struct state st;
	const char *key = NULL, *key_b = NULL;
	int upper = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), pidfd;
	pid_t pid = child(&pidfd);

	ok(state_reserve(&a, arena, root, "ua", fresh()) == 0 &&
		   state_reserve(&b, arena, root, "ub", fresh()) == 0,
	   "two");
	ok(state_claim_upper(&a, arena, upper, "/u", &key, fresh()) == 0 && key, "claim");
	dg = fresh();
	ok(state_claim_upper(&b, arena, upper, "/u", &key_b, dg) < 0 && says(dg, "in use"),
	   "in use by another");
	dg = fresh();
	ok(state_claim_upper(&a, arena, upper, "/u", &key_b, dg) < 0 && says(dg, "in use"), "in use twice");
	st = (struct state){ .id = "ua" };
	ok(state_remove(&a, &st, fresh()) == 0, "remove without a list of claims");
	state_close(&a);
	ok(state_claim_upper(&b, arena, upper, "/u", &key_b, fresh()) == 0, "released by it");
	st = a_state(&b, pid, pidfd);
	st.uppers = (struct str_list){ (char *[]){ (char *)key_b, NULL }, 1 };
	ok(state_write(&b, &st, fresh()) == 0, "written");
	state_close(&b);
	ok(state_reserve(&a, arena, root, "uc", fresh()) == 0, "a third");
	ok(state_claim_upper(&a, arena, upper, "/u", &key, fresh()) < 0, "the owner lives");
	end_child(pid, pidfd);
	ok(state_claim_upper(&a, arena, upper, "/u", &key, fresh()) == 0,
	   "a dead owner's claim is taken over");
	ok(state_open(&b, arena, root, "ub", fresh()) == 0 && state_read(&b, arena, &st, fresh()) == 0 &&
		   st.uppers.n == 1 && state_remove(&b, &st, fresh()) == 0,
	   "the dead owner goes");
	state_close(&b);
	ok(state_claim_upper(&a, arena, upper, "/u", &key, fresh()) < 0, "and leaves the new owner's claim");
	st = (struct state){ .id = "uc" };
	ok(state_remove(&a, &st, fresh()) == 0, "the end");
	state_close(&a);
	close(upper);
}

static void test_list(void)
{
	struct state_dir a = STATE_DIR_NONE, b = STATE_DIR_NONE;
	struct str_list ids;
	struct state st = { 0 };

	ok(state_list(arena, "/nonexistent/root", &ids, fresh()) == 0 && ids.n == 0,
	   "a missing root is an empty list");
	ok(state_reserve(&b, arena, root, "zz", fresh()) == 0 &&
		   state_reserve(&a, arena, root, "aa", fresh()) == 0,
	   "two");
	ok(state_list(arena, root, &ids, fresh()) == 0 && ids.n == 2 && strcmp(ids.v[0], "aa") == 0 &&
		   !ids.v[2],
	   "list");
	ok(state_remove(&a, &st, fresh()) == 0 && state_remove(&b, &st, fresh()) == 0, "remove");
	state_close(&a);
	state_close(&b);
}

/* Many creators and deleters of one ID: each reserve that succeeds is alone, and nothing is left. */
static void test_race(void)
{
	enum { WORKERS = 8, ROUNDS = 300 };
	char path[600];
	int wrong = 0;

	for (int w = 0; w < WORKERS; w++)
		if (fork() == 0) {
			for (int i = 0; i < ROUNDS; i++) {
				struct state_dir sd = STATE_DIR_NONE;
				struct state st = { .id = "race" };
				bool creator = (w + i) % 2;

				if (creator && state_reserve(&sd, arena, root, "race", fresh()) == 0) {
					int fd = openat(sd.fd, "config.json", O_CREAT | O_EXCL | O_WRONLY,
							0600);

					if (fd < 0 || state_status(&sd, &st) != STATUS_STOPPED)
						_exit(1);
					close(fd);
				} else if (!creator && state_open(&sd, arena, root, "race", fresh()) == 0 &&
					   state_lock(&sd, 1000, fresh()) == 0 &&
					   state_remove(&sd, &st, fresh()) < 0) {
					_exit(2);
				}
				state_close(&sd);
			}
			_exit(0);
		}
	for (int w = 0; w < WORKERS; w++) {
		int status;

		if (wait(&status) > 0 && status)
			wrong++;
	}
	ok(wrong == 0, "creators and deleters of one ID");
	snprintf(path, sizeof(path), "%s/race/config.json", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/race", root);
	rmdir(path);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	char made[256], uppers[600];

	umask(0077);
	snprintf(made, sizeof(made), "%s/state_test.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(made))
		return 1;
	/* Longer than a unix socket's address may be. */
	snprintf(root, sizeof(root), "%s/%0120d", made, 7);
	arena = arena_create();
	test_ids();
	test_life();
	test_errors();
	test_leftover();
	test_identity();
	test_uppers();
	test_list();
	test_race();
	snprintf(uppers, sizeof(uppers), "%s/.uppers", root);
	ok(rmdir(uppers) == 0 && rmdir(root) == 0 && rmdir(made) == 0, "nothing is left");
	arena_destroy(arena);
	return tap_end();
}
