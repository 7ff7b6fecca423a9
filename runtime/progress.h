/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long work shows that it goes on: one line on standard error, over itself, gone at the end. Only on a
 * terminal that draws and has us in the foreground, and not in the first second: a pipe, a log or a quick
 * command never sees it. A command begins it; what is below may say where it is, which is nothing without
 * a line. At most one line at a time.
 */
#ifndef SBRUN_RUNTIME_PROGRESS_H
#define SBRUN_RUNTIME_PROGRESS_H

#include <stdbool.h>

/* "deleting box"; costs nothing but the time of day. */
__attribute__((format(printf, 1, 2))) void progress_begin(const char *fmt, ...);
/* Whether the line would be drawn now: for what it takes some work to tell. */
bool progress_due(void);
/* Draw it, if it is due, with this: "1204 processes left"; NULL: how long it takes already. */
__attribute__((format(printf, 1, 2))) void progress_note(const char *fmt, ...);
/* As a timeout for poll(2), in milliseconds, -1 none: shortened where a line is to be drawn meanwhile. */
int progress_timeout(int ms);
/* Away with the line for what is written now; the next note draws it again. */
void progress_hide(void);
void progress_end(void);

#endif
