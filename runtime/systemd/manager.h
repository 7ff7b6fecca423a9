/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to a service manager, org.freedesktop.systemd1(5): the system's or a user's own.
 *
 * Every function gives 0, or -1 after it has printed one line on stderr: "ERROR-NAME: MESSAGE",
 * with the name that came over D-Bus, or one of ours ("sbrun.NoManager").
 */
#ifndef SBRUN_SYSTEMD_MANAGER_H
#define SBRUN_SYSTEMD_MANAGER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

enum { MANAGER_TIMEOUT_S = 30 }; /* for all that one command asks for; sbrun waits a little longer */

struct manager {
	sd_bus *bus;
	uint64_t deadline;   /* CLOCK_MONOTONIC, microseconds */
	char *job, *result;  /* the job waited for, and what became of it; NULL: not yet */
};

int manager_open(struct manager *m, bool user);
void manager_close(struct manager *m);

/* A message to the manager, a call of it; `reply` may be NULL. -errno as sd_bus_call(3) gives it, `e` set. */
int manager_message(struct manager *m, sd_bus_message **out, const char *method);
int manager_send(struct manager *m, sd_bus_message *call, sd_bus_error *e, sd_bus_message **reply);
/* The same for a method that takes one string. */
int manager_send_name(struct manager *m, const char *method, const char *name, sd_bus_error *e,
		      sd_bus_message **reply);

/* Until the job whose path `reply` holds has ended well. */
int manager_wait_job(struct manager *m, sd_bus_message *reply, const char *what);

/* Print the line; always -1. r: what the call gave, for errors that are not D-Bus's. */
int complain(const sd_bus_error *e, int r, const char *what);
int complain_line(const char *name, char *text); /* text is changed */
#define complain_text(name, ...) \
	({ \
		char text_[1024]; \
		snprintf(text_, sizeof text_, __VA_ARGS__); \
		complain_line(name, text_); \
	})

#endif
