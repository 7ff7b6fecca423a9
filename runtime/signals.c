/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#include "args.h"

/* clang-format off */
static const struct {
	const char *name;
	int number;
} names[] = {
	{ "HUP", SIGHUP },       { "INT", SIGINT },       { "QUIT", SIGQUIT },     { "ILL", SIGILL },
	{ "TRAP", SIGTRAP },     { "ABRT", SIGABRT },     { "IOT", SIGABRT },      { "BUS", SIGBUS },
	{ "FPE", SIGFPE },       { "KILL", SIGKILL },     { "USR1", SIGUSR1 },     { "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },     { "PIPE", SIGPIPE },     { "ALRM", SIGALRM },     { "TERM", SIGTERM },
	{ "STKFLT", SIGSTKFLT }, { "CHLD", SIGCHLD },     { "CLD", SIGCHLD },      { "CONT", SIGCONT },
	{ "STOP", SIGSTOP },     { "TSTP", SIGTSTP },     { "TTIN", SIGTTIN },     { "TTOU", SIGTTOU },
	{ "URG", SIGURG },       { "XCPU", SIGXCPU },     { "XFSZ", SIGXFSZ },     { "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },     { "WINCH", SIGWINCH },   { "IO", SIGIO },         { "POLL", SIGIO },
	{ "PWR", SIGPWR },       { "SYS", SIGSYS },
};
/* clang-format on */

enum { LAST_SIGNAL = 64 };

/* RTMIN, RTMIN+n, RTMAX, RTMAX-n */
static int real_time(const char *text)
{
	bool from_min = strncasecmp(text, "RTMIN", 5) == 0;
	unsigned long long offset = 0;

	if (!from_min && strncasecmp(text, "RTMAX", 5) != 0)
		return -1;
	text += 5;
	if (*text && (*text != (from_min ? '+' : '-') ||
		      !parse_decimal(text + 1, (unsigned long long)(SIGRTMAX - SIGRTMIN), &offset)))
		return -1;
	return from_min ? SIGRTMIN + (int)offset : SIGRTMAX - (int)offset;
}

int signal_number(const char *text)
{
	unsigned long long number;

	if (parse_decimal(text, LAST_SIGNAL, &number))
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(text, names[i].name) == 0)
			return names[i].number;
	return real_time(text);
}
