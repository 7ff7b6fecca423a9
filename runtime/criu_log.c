/* SPDX-License-Identifier: Apache-2.0 */
#include "criu_log.h"

#include "../spec/arena.h"
#include "fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Errors in the log after which criu goes on. */
static const char *const harmless[] = {
	"rlimit: Can't setup RLIMIT_NOFILE for self", /* CAP_SYS_RESOURCE is missing */
	"Couldn't restore file descriptor limits",
};

static const struct {
	const char *words, *hint;
} usual[] = {
	{ "vdso",
	  "this criu is older than the kernel and doesn't know its vDSO: a newer criu may (4.1 does Linux 6.18)" },
	{ "vDSO",
	  "this criu is older than the kernel and doesn't know its vDSO: a newer criu may (4.1 does Linux 6.18)" },
	{ "kerndat", "see what this kernel lacks with \"criu check\"" },
	{ "onnected TCP socket", "--tcp-established keeps TCP connections" },
	{ "TCP connection", "--tcp-established keeps TCP connections" },
	{ "locks", "--file-locks keeps file locks" },
	{ "Can't dump half of stream unix connection", "--ext-unix-sk lets go of sockets to the outside" },
	{ "xternal socket is used", "--ext-unix-sk lets go of sockets to the outside" },
	{ "link remap", "--link-remap keeps files that were unlinked while they were open" },
	{ "link-remap", "--link-remap keeps files that were unlinked while they were open" },
	{ "shell-job", "--shell-job takes along what belongs to a terminal's session" },
	{ "session leader", "--shell-job takes along what belongs to a terminal's session" },
	{ "irty track",
	  "this kernel doesn't tell changed pages (CONFIG_MEM_SOFT_DIRTY): without --pre-dump and --parent-path it works" },
	{ "racking memory",
	  "this kernel doesn't tell changed pages (CONFIG_MEM_SOFT_DIRTY): without --pre-dump and --parent-path it works" },
	{ "iptables",
	  "criu locks the network with iptables: install it, or give --network-lock nftables or skip" },
	{ "Can't lookup mount",
	  "a file of the host's is open in it that did not come as standard input, output or error" },
	{ "has bad size",
	  "criu wants a file as long as it was at the checkpoint: to go on with another standard output, begin with a pipe" },
	{ "proper root mount", "something that is no mount of the configuration's is mounted in it" },
};

const char *criu_log_error(struct arena *a, const char *line)
{
	const char *p = strstr(line, "Error ("), *text = p ? strstr(p, "): ") : NULL;
	size_t n;

	if (!text)
		return NULL;
	text += 3;
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (strstr(text, harmless[i]))
			return NULL;
	n = strcspn(text, "\n");
	return arena_strndup(a, text, n > 300 ? 300 : n);
}

const char *criu_log_cause(struct arena *a, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	const char *cause = NULL;
	char *line = NULL;
	size_t cap = 0;

	while (f && !cause && getline(&line, &cap, f) > 0)
		cause = criu_log_error(a, line);
	free(line);
	if (f)
		fclose(f);
	else
		fd_close(&fd);
	return cause;
}

const char *criu_log_hint(struct arena *a, const char *cause, const char *dir, const char *name)
{
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (strstr(cause, usual[i].words))
			return !name ? usual[i].hint
				     : arena_printf(a, "%s; criu's log is %s/%s", usual[i].hint, dir, name);
	return !name ? "see \"criu check\"" : arena_printf(a, "criu's log is %s/%s", dir, name);
}
