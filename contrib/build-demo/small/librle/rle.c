/* SPDX-License-Identifier: Apache-2.0 */
#include "rle.h"

int rle_pack(FILE *in, FILE *out)
{
	int c = getc(in);

	while (c != EOF) {
		int next, n = 1;

		while ((next = getc(in)) == c && n < 255)
			n++;
		putc(n, out);
		putc(c, out);
		c = next;
	}
	return ferror(in) || fflush(out) ? -1 : 0;
}

int rle_unpack(FILE *in, FILE *out)
{
	int n;

	while ((n = getc(in)) != EOF) {
		int c = getc(in);

		if (c == EOF)
			return -1;
		while (n-- > 0)
			putc(c, out);
	}
	return ferror(in) || fflush(out) ? -1 : 0;
}
