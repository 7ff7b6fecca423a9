/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_SIGNALS_H
#define SBRUN_RUNTIME_SIGNALS_H

/*
 * 9, KILL, SIGKILL, sigkill, RTMIN, RTMIN+1, RTMAX-2 ...; -1 for anything else. 0 is allowed: it
 * signals nothing and only asks whether there is a process.
 */
int signal_number(const char *text);

#endif
