/* SPDX-License-Identifier: Apache-2.0 */
#include "criu.h"

#include "../spec/arena.h"
#include "criu_log.h"
#include "fd.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

/* "criu check" with both of its outputs in a pipe; the pid, or -errno. */
static pid_t spawn(const char *program, int out)
{
	char *argv[] = { (char *)program, (char *)"check", NULL };
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int err;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&fa, out, STDERR_FILENO);
	err = posix_spawn(&pid, program, &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	return err ? -err : pid;
}

int criu_check(struct arena *a, const char *program, const char **words)
{
	const char *cause = NULL;
	char *line = NULL;
	size_t cap = 0;
	int p[2], status = -1;
	pid_t pid;
	FILE *f;

	*words = "it can't be run";
	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	pid = spawn(program, p[1]);
	close(p[1]);
	f = fdopen(p[0], "r");
	while (pid > 0 && f && getline(&line, &cap, f) > 0)
		if (!cause)
			cause = criu_log_error(a, line);
	free(line);
	if (f)
		fclose(f);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		*words = "criu check is content";
		return 0;
	}
	*words = cause ? cause : arena_printf(a, "criu check ended with status %d", WEXITSTATUS(status));
	return -1;
}
