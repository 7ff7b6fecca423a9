/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a payload finds itself in, a line a fact, the same each time. Static, so that it runs in any root.
 *
 *   outlook          and ends
 *   outlook stay     and stays
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Lines of a file that begin with one of these; without any, all. */
static void lines(const char *path, const char *const *begin)
{
	char line[4096];
	FILE *f = fopen(path, "re");

	if (!f)
		printf("%s can't be read\n", path);
	while (f && fgets(line, sizeof line, f)) {
		if (!begin)
			fputs(line, stdout);
		for (int i = 0; begin && begin[i]; i++)
			if (!strncmp(line, begin[i], strlen(begin[i])))
				fputs(line, stdout);
	}
	if (f)
		fclose(f);
}

/* proc(5): without numbers, and without the source, which is told differently by a bind. */
static void mounts(void)
{
	char line[4096], point[1024], options[1024], type[64], super[1024];
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && fgets(line, sizeof line, f)) {
		const char *end = strstr(line, " - ");

		if (sscanf(line, "%*s %*s %*s %*s %1023s %1023s", point, options) == 2 && end &&
		    sscanf(end, " - %63s %*s %1023s", type, super) == 2)
			printf("%s %s %s %s\n", point, options, type, super);
	}
	if (f)
		fclose(f);
}

static void list(const char *path)
{
	struct dirent **e;
	int n = scandir(path, &e, NULL, alphasort);

	printf("%s:", path);
	for (int i = 0; i < n; i++)
		printf(" %s", e[i]->d_name);
	putchar('\n');
}

static void writable(const char *dir)
{
	char path[300];
	int fd;

	snprintf(path, sizeof path, "%s/new", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	printf("%s is %s\n", dir, fd < 0 ? "read-only" : "writable");
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
}

static void nodes(void)
{
	static const char *const paths[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
					     "/dev/tty" };
	struct stat st;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (stat(paths[i], &st) == 0)
			printf("%s %o %u:%u %lx\n", paths[i], st.st_mode, st.st_uid, st.st_gid,
			       (long)st.st_rdev);
}

int main(int argc, char **argv)
{
	static const char *const status[] = { "Uid",      "Gid",    "Groups", "Cap", "NoNewPrivs",
					      "Seccomp:", "SigBlk", "SigIgn", NULL };
	char text[256] = "";
	struct rlimit files = { 0, 0 };

	lines("/proc/self/status", status);
	mounts();
	lines("/proc/self/uid_map", NULL);
	lines("/proc/keys", NULL); /* masked: empty */
	gethostname(text, sizeof text - 1);
	printf("host name %s, directory %s, first process %s\n", text, getcwd(NULL, 0),
	       getpid() == 1 ? "the payload" : "an init");
	getrlimit(RLIMIT_NOFILE, &files);
	printf("files %llu %llu, session %s, umask %o\n", (unsigned long long)files.rlim_cur,
	       (unsigned long long)files.rlim_max, getsid(0) == getpid() ? "own" : "not its own", umask(022));
	writable("/");
	writable("/proc/sys/kernel");
	writable("/sys");
	writable("/dev");
	nodes();
	list("/dev");
	list("/sys/firmware");
	list("/proc/self/fd");
	if (fflush(stdout) || ferror(stdout))
		return 1;
	if (argc > 1 && !strcmp(argv[1], "stay"))
		pause();
	return 0;
}
