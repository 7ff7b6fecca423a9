/* SPDX-License-Identifier: Apache-2.0 */
/* The image's program: packs and unpacks a line by /usr/bin/rle, looks whether it is the same, says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its standard input and output are the two files. */
static int run(const char *in, const char *out, const char *option)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen(in, "r", stdin) || !freopen(out, "w", stdout))
			_exit(2);
		execl("/usr/bin/rle", "rle", option, (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

int main(void)
{
	static const char line[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaabc\n";
	char back[sizeof line] = "";
	FILE *f = fopen("/tmp/plain", "w");

	if (!f || fputs(line, f) == EOF || fclose(f))
		return 1;
	if (run("/tmp/plain", "/tmp/packed", NULL) || run("/tmp/packed", "/tmp/back", "-d"))
		return 1;
	f = fopen("/tmp/back", "r");
	if (!f || !fgets(back, sizeof back, f) || strcmp(line, back) != 0)
		return 1;
	f = fopen("/work/boot.log", "w");
	return f && fputs("from-rootfs\n", f) != EOF && fclose(f) == 0 && puts("from-rootfs") != EOF ? 0 : 1;
}
