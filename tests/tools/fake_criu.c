/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_criu swrk FD     takes one request as criu does, writes it down and answers
 * fake_criu check       fails as criu does on a kernel that it is too old for
 *
 * The environment says what happens: FAKE_CRIU_REPORT is the file that gets the request, a line a field with
 * its path of numbers ("2.23.1: /etc/hosts"); FAKE_CRIU what follows:
 *
 *   fail      the log gets errors, the answer is no (default)
 *   silent    the answer is no, and there is no log
 *   die       it ends without an answer
 *   garbage   the answer is none
 *   stranger  the answer is yes, with a restored process that is not the caller's child
 *   ask       it asks "status-ready" before it says yes
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DUMP = 1, RESTORE = 2, PRE_DUMP = 4 };
enum { OPTS = 2, WORK_FD = 17, LOG_FILE = 10 };

static FILE *report;
static int work_fd = -1, type;
static char log_name[256] = "criu.log";

static uint64_t varint(const unsigned char **p, const unsigned char *end)
{
	uint64_t v = 0;

	for (int shift = 0; *p < end && shift < 64; shift += 7) {
		unsigned char b = *(*p)++;

		v |= (uint64_t)(b & 127) << shift;
		if (!(b & 128))
			break;
	}
	return v;
}

/* Fields of criu_opts that are messages themselves. */
static int is_message(unsigned field)
{
	return field == 11 || field == 23 || field == 25 || field == 27 || field == 39;
}

static void number(const char *path, unsigned field, int level, uint64_t v)
{
	fprintf(report, "%s%u: %lld\n", path, field, (long long)v);
	if (level == 0 && field == 1)
		type = (int)v;
	if (level == 1 && field == WORK_FD)
		work_fd = (int)v;
}

static void fields(const unsigned char *p, const unsigned char *end, const char *path, int level)
{
	while (p < end) {
		uint64_t key = varint(&p, end), n;
		unsigned field = (unsigned)(key >> 3);
		char inner[64];

		if ((key & 7) == 0) {
			number(path, field, level, varint(&p, end));
			continue;
		}
		n = varint(&p, end);
		if ((key & 7) != 2 || n > (uint64_t)(end - p)) {
			fprintf(report, "%s%u: broken\n", path, field);
			return;
		}
		snprintf(inner, sizeof inner, "%s%u.", path, field);
		if ((level == 0 && field == OPTS) || (level == 1 && is_message(field)))
			fields(p, p + n, inner, level + 1);
		else
			fprintf(report, "%s%u: %.*s\n", path, field, (int)n, (const char *)p);
		if (level == 1 && field == LOG_FILE)
			snprintf(log_name, sizeof log_name, "%.*s", (int)n, (const char *)p);
		p += n;
	}
}

static void write_log(void)
{
	static const char text[] =
		"(00.000100) Version: 0\n"
		"(00.001000) Error (criu/util.c:1): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted\n"
		"(00.002000)      2: Error (criu/files-reg.c:1): Can't lookup mount=7 for fd=9 path=/secret\n"
		"(00.003000) Error (criu/cr-dump.c:1): Dumping FAILED.\n";
	int fd = openat(work_fd, log_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1)
		exit(3);
	close(fd);
}

static int answer(int sock, int yes)
{
	/* type, success, and of a restore the message with its pid */
	unsigned char said[] = {
		1 << 3, (unsigned char)type, 2 << 3, (unsigned char)yes, 4 << 3 | 2, 2, 1 << 3, 1
	};
	size_t n = yes && type == RESTORE ? sizeof said : 4;

	return send(sock, said, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : 1;
}

/* "status-ready"; 0 once the caller has said yes to it. */
static int ask(int sock)
{
	static const char script[] = "status-ready";
	unsigned char said[64] = { 1 << 3,           6, 2 << 3, 1, 5 << 3 | 2, sizeof script + 1, 1 << 3 | 2,
				   sizeof script - 1 };
	unsigned char heard[64];
	ssize_t n;

	memcpy(said + 8, script, sizeof script - 1);
	if (send(sock, said, 8 + sizeof script - 1, MSG_NOSIGNAL) < 0)
		return 1;
	n = recv(sock, heard, sizeof heard, 0);
	return !(n == 4 && heard[1] == 6 && heard[3] == 1);
}

static int serve(int sock)
{
	static unsigned char request[1 << 16];
	const char *how = getenv("FAKE_CRIU") ? getenv("FAKE_CRIU") : "fail";
	ssize_t n = recv(sock, request, sizeof request, 0);

	if (n <= 0)
		return 3;
	report = fopen(getenv("FAKE_CRIU_REPORT") ? getenv("FAKE_CRIU_REPORT") : "/dev/null", "w");
	if (!report)
		return 3;
	fields(request, request + n, "", 0);
	fclose(report);
	if (!strcmp(how, "die"))
		return 9;
	if (!strcmp(how, "garbage"))
		return send(sock, "\377\377\377", 3, MSG_NOSIGNAL) != 3;
	if (!strcmp(how, "stranger"))
		return answer(sock, 1);
	if (!strcmp(how, "ask"))
		return ask(sock) ? 4 : answer(sock, 1);
	if (strcmp(how, "silent") != 0)
		write_log();
	return answer(sock, 0) ? 4 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "swrk"))
		return serve(atoi(argv[2]));
	fprintf(stderr, "Error (criu/vdso.c:1): vdso: Unexpected rt vDSO area bounds\n");
	return 1;
}
