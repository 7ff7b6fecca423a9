/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLAKE2b with 32 bytes of digest and no key (RFC 7693): what names and guards a file that is
 * believed later. None of the libraries that sbrun is linked with has a hash fit for that.
 */
#ifndef SBRUN_RUNTIME_BLAKE2_H
#define SBRUN_RUNTIME_BLAKE2_H

#include <stddef.h>
#include <stdint.h>

enum { BLAKE2_SIZE = 32, BLAKE2_BLOCK = 128 };

struct blake2 {
	uint64_t h[8];
	uint64_t total; /* bytes compressed so far */
	size_t fill;    /* bytes waiting in block */
	unsigned char block[BLAKE2_BLOCK];
};

void blake2_init(struct blake2 *b);
void blake2_add(struct blake2 *b, const void *p, size_t n);
void blake2_end(struct blake2 *b, unsigned char digest[BLAKE2_SIZE]);

#endif
