/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sbrun-systemd: all of sbrun that talks D-Bus. It is a program of its own so that sbrun can be
 * one static file; sbrun runs it when a sandbox's cgroup is to be a unit of systemd's.
 *
 *   sbrun-systemd start  [--user] UNIT SLICE DESCRIPTION
 *       Properties on standard input (properties.h). Makes the scope with this process in it,
 *       prints its cgroup ("/a.slice/x.scope") and stays until standard input ends: meanwhile
 *       the sandbox's first process is put there. The scope lives on with whoever is in it.
 *   sbrun-systemd attach [--user] UNIT PID
 *       Has the manager move a process there, for a caller who has no right to: between a
 *       login session and the user's manager there is a cgroup that is root's.
 *   sbrun-systemd set    [--user] UNIT
 *       Properties on standard input, to be kept until the unit ends.
 *   sbrun-systemd stop   [--user] UNIT
 *       Ends the scope and what is in it; one that is not there is fine.
 *
 * Exit status: 0; 1, and one line on standard error: "NAME: MESSAGE" (manager.h).
 */
#include "manager.h"
#include "properties.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNIT_EXISTS  "org.freedesktop.systemd1.UnitExists"
#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"

#define CLEANUP_ERROR   __attribute__((cleanup(sd_bus_error_free))) sd_bus_error
#define CLEANUP_MESSAGE __attribute__((cleanup(sd_bus_message_unrefp))) sd_bus_message

/* ---- start ---- */

/* Ours first. 0 is whoever sends the message, in systemd's own count of processes. */
static int append_own(sd_bus_message *m, char **argv)
{
	return sd_bus_message_append(m, "(sv)(sv)(sv)(sv)(sv)(sv)", "Description", "s", argv[2], "Slice", "s", argv[1],
				     "Delegate", "b", 1, "DefaultDependencies", "b", 0,
				     /* or one that was killed for its memory stays loaded for ever */
				     "CollectMode", "s", "inactive-or-failed", "PIDs", "au", 1, 0);
}

/* 0 with the reply; 1: a unit of that name is there, `e` says so; -1: the line on stderr is written. */
static int start_once(struct manager *m, char **argv, const struct lines *l, sd_bus_error *e,
		      sd_bus_message **reply)
{
	CLEANUP_MESSAGE *call = NULL;
	int r = manager_message(m, &call, "StartTransientUnit");

	if (r >= 0)
		r = sd_bus_message_append(call, "ss", argv[0], "fail");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(sv)");
	if (r >= 0)
		r = append_own(call, argv);
	if (r >= 0 && properties_append(call, l) < 0)
		return -1;
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	if (r >= 0)
		r = sd_bus_message_append(call, "a(sa(sv))", 0); /* no auxiliary units */
	if (r >= 0)
		r = manager_send(m, call, e, reply);
	if (r < 0 && sd_bus_error_has_name(e, UNIT_EXISTS))
		return 1;
	return r < 0 ? complain(e, r, argv[0]) : 0;
}

/*
 * A failed unit keeps its name until somebody resets it; systemd then forgets it in its own
 * time, so there are a few tries. One that is alive stays what it is.
 */
static int start_unit(struct manager *m, char **argv, const struct lines *l)
{
	for (int left = 20;; left--) {
		CLEANUP_ERROR e = SD_BUS_ERROR_NULL;
		CLEANUP_MESSAGE *reply = NULL;
		int r = start_once(m, argv, l, &e, &reply);

		if (r == 0)
			return manager_wait_job(m, reply, argv[0]);
		if (r < 0)
			return r;
		if (!left)
			return complain(&e, 0, argv[0]);
		manager_send_name(m, "ResetFailedUnit", argv[0], NULL, NULL);
		usleep(50000);
	}
}

static int print_cgroup(struct manager *m, const char *unit)
{
	CLEANUP_ERROR e = SD_BUS_ERROR_NULL;
	CLEANUP_MESSAGE *reply = NULL;
	const char *object;
	char *cgroup = NULL;
	int r = manager_send_name(m, "GetUnit", unit, &e, &reply);

	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &object);
	if (r >= 0)
		r = sd_bus_get_property_string(m->bus, "org.freedesktop.systemd1", object,
					       "org.freedesktop.systemd1.Scope", "ControlGroup", &e, &cgroup);
	if (r < 0)
		return complain(&e, r, unit);
	if (!*cgroup)
		r = complain_text("sbrun.Job", "%s has no control group", unit);
	else if (printf("%s\n", cgroup) < 0 || fflush(stdout) != 0)
		r = complain(NULL, -errno, "stdout");
	free(cgroup);
	return r < 0 ? -1 : 0;
}

static int until_eof(void)
{
	char buf[64];
	ssize_t n;

	do
		n = read(0, buf, sizeof buf);
	while (n > 0 || (n < 0 && errno == EINTR));
	return 0;
}

static int cmd_start(struct manager *m, char **argv)
{
	struct lines l;
	int r = lines_read(&l);

	if (r == 0)
		r = start_unit(m, argv, &l);
	if (r == 0)
		r = print_cgroup(m, argv[0]);
	lines_free(&l);
	manager_close(m);
	return r == 0 ? until_eof() : r;
}

/* ---- the others ---- */

static int cmd_attach(struct manager *m, char **argv)
{
	CLEANUP_ERROR e = SD_BUS_ERROR_NULL;
	CLEANUP_MESSAGE *call = NULL;
	char *end;
	unsigned long pid = strtoul(argv[1], &end, 10);
	int r;

	if (*end || pid == 0 || pid > INT32_MAX)
		return complain_text("sbrun.Input", "not a pid: %s", argv[1]);
	r = manager_message(m, &call, "AttachProcessesToUnit");
	if (r >= 0)
		r = sd_bus_message_append(call, "ssau", argv[0], "", 1, (uint32_t)pid);
	if (r >= 0)
		r = manager_send(m, call, &e, NULL);
	return r < 0 ? complain(&e, r, argv[0]) : 0;
}

static int cmd_set(struct manager *m, char **argv)
{
	CLEANUP_ERROR e = SD_BUS_ERROR_NULL;
	CLEANUP_MESSAGE *call = NULL;
	struct lines l;
	int r = lines_read(&l), said = r;

	if (r == 0)
		r = manager_message(m, &call, "SetUnitProperties");
	if (r >= 0)
		r = sd_bus_message_append(call, "sb", argv[0], 1); /* for this run: no drop-in on disk */
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(sv)");
	if (r >= 0)
		r = said = properties_append(call, &l);
	if (r >= 0)
		r = sd_bus_message_close_container(call);
	if (r >= 0)
		r = manager_send(m, call, &e, NULL);
	lines_free(&l);
	return said < 0 ? said : r < 0 ? complain(&e, r, argv[0]) : 0;
}

static int cmd_stop(struct manager *m, char **argv)
{
	CLEANUP_ERROR e = SD_BUS_ERROR_NULL;
	CLEANUP_MESSAGE *call = NULL, *reply = NULL;
	int r = manager_message(m, &call, "StopUnit");

	if (r >= 0)
		r = sd_bus_message_append(call, "ss", argv[0], "replace");
	if (r >= 0)
		r = manager_send(m, call, &e, &reply);
	if (r < 0)
		return sd_bus_error_has_name(&e, NO_SUCH_UNIT) ? 0 : complain(&e, r, argv[0]);
	if (manager_wait_job(m, reply, argv[0]) < 0)
		return -1;
	/* it may be gone by now */
	sd_bus_error_free(&e);
	r = manager_send_name(m, "ResetFailedUnit", argv[0], &e, NULL);
	return r < 0 && !sd_bus_error_has_name(&e, NO_SUCH_UNIT) ? complain(&e, r, argv[0]) : 0;
}

static const struct command {
	const char *name;
	int args;
	int (*run)(struct manager *m, char **argv);
} commands[] = {
	{ "start", 3, cmd_start },
	{ "attach", 2, cmd_attach },
	{ "set", 1, cmd_set },
	{ "stop", 1, cmd_stop },
};

static const struct command *command_of(int argc, char **argv, bool *user)
{
	*user = argc > 2 && !strcmp(argv[2], "--user");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (argc == 2 + *user + commands[i].args && !strcmp(argv[1], commands[i].name))
			return &commands[i];
	return NULL;
}

/* Only a scope is ever asked for, whoever calls. */
static bool is_scope(const char *unit)
{
	size_t n = strlen(unit);

	return n > 6 && !strcmp(unit + n - 6, ".scope");
}

int main(int argc, char **argv)
{
	struct manager m;
	bool user;
	const struct command *c = command_of(argc, argv, &user);
	char **args = argv + 2 + user;
	int r;

	if (!c || !is_scope(args[0])) {
		complain_text("sbrun.Usage", "sbrun-systemd start [--user] NAME.scope SLICE DESCRIPTION | attach [--user] "
					     "NAME.scope PID | set [--user] NAME.scope | stop [--user] NAME.scope");
		return 1;
	}
	if (manager_open(&m, user) < 0)
		return 1;
	r = c->run(&m, args);
	manager_close(&m);
	return r < 0 ? 1 : 0;
}
