/* SPDX-License-Identifier: Apache-2.0 */
/* How a system call is likely to fail. */
#ifndef SBRUN_TESTS_ERRNOS_H
#define SBRUN_TESTS_ERRNOS_H

#include <stdbool.h>

enum { FAULT_SHORT = -1 }; /* no errno: a write of one byte less than asked for */

/* The system call's name; "?" where there is none. */
const char *call_name(int nr);
/* The `which`th way for a call to fail: an errno, FAULT_SHORT, or 0 when there are no more. */
int call_errno(int nr, unsigned which);
/* Such a call does its work even when it says that it failed: close(2). */
bool call_works_anyway(int nr);

#endif
