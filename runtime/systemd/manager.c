/* SPDX-License-Identifier: Apache-2.0 */
#include "manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DESTINATION "org.freedesktop.systemd1"
#define OBJECT      "/org/freedesktop/systemd1"
#define MANAGER     "org.freedesktop.systemd1.Manager"

/* ---- errors ---- */

/*
 * One line, whatever the other side put in it. Orchestrators take strerror's words for ENOENT for
 * a payload that is missing, so they are not passed on.
 */
int complain_line(const char *name, char *text)
{
	static const char theirs[] = "No such file or directory", ours[] = "does not exist";
	char *found = strstr(text, theirs);

	if (found) {
		memcpy(found, ours, strlen(ours));
		memmove(found + strlen(ours), found + strlen(theirs), strlen(found + strlen(theirs)) + 1);
	}
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	fprintf(stderr, "%s: %s\n", name, text);
	return -1;
}

int complain(const sd_bus_error *e, int r, const char *what)
{
	if (e && sd_bus_error_is_set(e))
		return complain_text(e->name, "%s", e->message ? e->message : "no reason given");
	return complain_text("sbrun.Call", "%s: %s", what, strerror(-r));
}

/* ---- connecting ---- */

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Our user outside of the user namespace that we may be root in: the bus counts by the first one's uids. */
static unsigned outer_uid(void)
{
	unsigned inside, outside, count, uid = geteuid();
	FILE *f = fopen("/proc/self/uid_map", "re");

	while (f && fscanf(f, "%u %u %u", &inside, &outside, &count) == 3)
		if (uid >= inside && uid - inside < count) {
			uid = outside + (uid - inside);
			break;
		}
	if (f)
		fclose(f);
	return uid;
}

static int on_job_removed(sd_bus_message *msg, void *arg, sd_bus_error *e)
{
	struct manager *m = arg;
	const char *path, *unit, *result;
	uint32_t id;

	(void)e;
	if (sd_bus_message_read(msg, "uoss", &id, &path, &unit, &result) >= 0 && m->job && !m->result &&
	    !strcmp(path, m->job))
		m->result = strdup(result);
	return 0;
}

/*
 * Subscribe is what a job's end is heard by, and shows that it is a manager at the other end,
 * not a bus without one. A direct connection has no senders to match.
 */
static int subscribe(struct manager *m, bool direct)
{
	int r = sd_bus_set_method_call_timeout(m->bus, MANAGER_TIMEOUT_S * 1000000ULL);

	if (r >= 0)
		r = sd_bus_match_signal(m->bus, NULL, direct ? NULL : DESTINATION, OBJECT, MANAGER, "JobRemoved",
					on_job_removed, m);
	return r < 0 ? r : sd_bus_call_method(m->bus, DESTINATION, OBJECT, MANAGER, "Subscribe", NULL, NULL, NULL);
}

static int connect_to(struct manager *m, const char *address, bool direct)
{
	int r = sd_bus_new(&m->bus);

	if (r >= 0)
		r = sd_bus_set_address(m->bus, address);
	if (r >= 0 && !direct)
		r = sd_bus_set_bus_client(m->bus, true);
	if (r >= 0)
		r = sd_bus_start(m->bus);
	if (r >= 0)
		r = subscribe(m, direct);
	if (r < 0)
		m->bus = sd_bus_close_unref(m->bus);
	return r;
}

/* Characters that stand for themselves in an address; a path with others is not tried. */
static bool plain_path(const char *path)
{
	return path && *path == '/' &&
	       !path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-_.")];
}

static int open_user(struct manager *m)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS"), *dir = getenv("XDG_RUNTIME_DIR");
	char path[4096], by_uid[64];
	int r = -ENOENT;

	if (address && *address)
		r = connect_to(m, address, false);
	if (!plain_path(dir)) {
		snprintf(by_uid, sizeof by_uid, "/run/user/%u", outer_uid());
		dir = by_uid;
	}
	snprintf(path, sizeof path, "unix:path=%s/bus", dir);
	if (r < 0)
		r = connect_to(m, path, false);
	snprintf(path, sizeof path, "unix:path=%s/systemd/private", dir);
	if (r < 0)
		r = connect_to(m, path, true);
	if (r < 0)
		return complain_text("sbrun.NoManager", "no user manager of systemd answers at %s/bus or %s/systemd/private (%s)",
				     dir, dir, strerror(-r));
	return 0;
}

static int open_system(struct manager *m)
{
	int r = connect_to(m, "unix:path=/run/dbus/system_bus_socket", false);

	/* a host without a message bus: the manager listens for root by itself */
	if (r < 0)
		r = connect_to(m, "unix:path=/run/systemd/private", true);
	if (r < 0)
		return complain_text("sbrun.NoManager", "systemd answers neither at /run/dbus/system_bus_socket nor at "
							"/run/systemd/private (%s)",
				     strerror(-r));
	return 0;
}

int manager_open(struct manager *m, bool user)
{
	*m = (struct manager){ .deadline = now_usec() + MANAGER_TIMEOUT_S * 1000000ULL };
	return user ? open_user(m) : open_system(m);
}

void manager_close(struct manager *m)
{
	m->bus = sd_bus_flush_close_unref(m->bus);
	free(m->job);
	free(m->result);
	m->job = m->result = NULL;
}

/* ---- calls ---- */

int manager_message(struct manager *m, sd_bus_message **out, const char *method)
{
	return sd_bus_message_new_method_call(m->bus, out, DESTINATION, OBJECT, MANAGER, method);
}

int manager_send(struct manager *m, sd_bus_message *call, sd_bus_error *e, sd_bus_message **reply)
{
	return sd_bus_call(m->bus, call, 0, e, reply);
}

int manager_send_name(struct manager *m, const char *method, const char *name, sd_bus_error *e,
		      sd_bus_message **reply)
{
	return sd_bus_call_method(m->bus, DESTINATION, OBJECT, MANAGER, method, e, reply, "s", name);
}

static int take_job(struct manager *m, sd_bus_message *reply)
{
	const char *job;
	int r = sd_bus_message_read(reply, "o", &job);

	if (r < 0)
		return r;
	free(m->job);
	free(m->result);
	m->result = NULL;
	m->job = strdup(job);
	return m->job ? 0 : -ENOMEM;
}

int manager_wait_job(struct manager *m, sd_bus_message *reply, const char *what)
{
	int r = take_job(m, reply);

	while (r >= 0 && !m->result) {
		uint64_t now = now_usec();

		r = sd_bus_process(m->bus, NULL);
		if (r == 0 && now >= m->deadline)
			return complain_text("sbrun.Timeout", "%s: systemd is not done after %d s", what,
					     MANAGER_TIMEOUT_S);
		if (r == 0)
			r = sd_bus_wait(m->bus, m->deadline - now);
		if (r == -EINTR)
			r = 0;
	}
	if (r < 0)
		return complain(NULL, r, what);
	if (strcmp(m->result, "done"))
		return complain_text("sbrun.Job", "%s: systemd's job ended with \"%s\"", what, m->result);
	return 0;
}
