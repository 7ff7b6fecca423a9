/* SPDX-License-Identifier: Apache-2.0 */
/* rle [-d]: packs, or with -d unpacks, standard input. */
#include <rle.h>
#include <string.h>

int main(int argc, char **argv)
{
	int unpack = argc > 1 && strcmp(argv[1], "-d") == 0;

	return (unpack ? rle_unpack : rle_pack)(stdin, stdout) ? 1 : 0;
}
