/* SPDX-License-Identifier: Apache-2.0 */
/* What criu's log says about a failure, and what helps. */
#ifndef SBRUN_RUNTIME_CRIU_LOG_H
#define SBRUN_RUNTIME_CRIU_LOG_H

#include <stddef.h>

struct arena;

/* The text of the first error in a log that tells a cause; NULL: there is none, or no log. */
const char *criu_log_cause(struct arena *a, int dir, const char *name);
/* The same for one line: the text behind "Error (FILE:LINE): ", or NULL. */
const char *criu_log_error(struct arena *a, const char *line);
/* Words for what usually lies behind such an error, with the log's name; NULL: no log. */
const char *criu_log_hint(struct arena *a, const char *cause, const char *dir, const char *name);

#endif
