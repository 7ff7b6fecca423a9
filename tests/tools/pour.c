/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pour MB: so much to standard output and as much to standard error, by turns of odd lengths; each byte tells
 * its place. pour --check STREAM MB: standard input is what came of stream 1 or 2, whole and nothing else.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 1 << 17 };

static void fill(char *buf, uint64_t from, size_t n, int stream)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t word = ((from + i) / 8 + 1) * 0x9e3779b97f4a7c15 ^ (uint64_t)stream;

		buf[i] = (char)(word >> (from + i) % 8 * 8);
	}
}

static bool put(const char *buf, size_t n, int fd)
{
	while (n) {
		ssize_t w = write(fd, buf, n);

		if (w < 0)
			return false;
		buf += w;
		n -= (size_t)w;
	}
	return true;
}

static int pour(uint64_t size)
{
	static char buf[LONGEST];
	uint64_t at[3] = { 0 };

	for (unsigned turn = 1; at[1] < size || at[2] < size; turn++)
		for (int stream = 1; stream <= 2; stream++) {
			size_t n = 1 + turn * 2654435761u / (unsigned)stream % (LONGEST - 1);

			if (n > size - at[stream])
				n = (size_t)(size - at[stream]);
			fill(buf, at[stream], n, stream);
			if (!put(buf, n, stream))
				return 1;
			at[stream] += n;
		}
	return 0;
}

static int check(int stream, uint64_t size)
{
	static char got[LONGEST], wanted[LONGEST];
	uint64_t at = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, got, sizeof got)) > 0) {
		fill(wanted, at, (size_t)n, stream);
		if (memcmp(got, wanted, (size_t)n) != 0) {
			printf("other bytes after %llu\n", (unsigned long long)at);
			return 1;
		}
		at += (uint64_t)n;
	}
	if (n < 0 || at != size)
		printf("%llu bytes, not %llu\n", (unsigned long long)at, (unsigned long long)size);
	else
		printf("whole\n");
	return n < 0 || at != size;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return pour(strtoull(argv[1], NULL, 10) << 20);
	if (argc == 4 && !strcmp(argv[1], "--check"))
		return check(atoi(argv[2]), strtoull(argv[3], NULL, 10) << 20);
	return 2;
}
