/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the pids in what ps(1) prints. */
#ifndef SBRUN_RUNTIME_PS_TEXT_H
#define SBRUN_RUNTIME_PS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where the column is, by its head. */
struct ps_column {
	size_t end;   /* bytes up to the end of the word PID: numbers stand to the right */
	size_t field; /* how many words are before it */
};

/* false: there is no column PID. The head's newline may be there. */
bool ps_column_find(const char *head, struct ps_column *out);

/*
 * The pid of a line; 0 for a "-", as ps has it for a thread of the line above; -1 when there is
 * neither. The word below the head counts; if that is no number, as after a longer user name
 * than the column is wide, the word with the same number of words before it.
 */
pid_t ps_line_pid(const char *line, const struct ps_column *column);

#endif
