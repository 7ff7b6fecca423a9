/* SPDX-License-Identifier: Apache-2.0 */
#include "blake2.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

static const uint64_t iv[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* Which word of the block each half of a mixing step takes; rounds 10 and 11 are 0 and 1 again. */
static const unsigned char sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static uint64_t load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

static uint64_t rotate(uint64_t v, unsigned n)
{
	return v >> n | v << (64 - n);
}

static inline void mix(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y)
{
	v[a] += v[b] + x;
	v[d] = rotate(v[d] ^ v[a], 32);
	v[c] += v[d];
	v[b] = rotate(v[b] ^ v[c], 24);
	v[a] += v[b] + y;
	v[d] = rotate(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = rotate(v[b] ^ v[c], 63);
}

static void compress(struct blake2 *b, bool last)
{
	uint64_t v[16], m[16];

	for (int i = 0; i < 8; i++) {
		v[i] = b->h[i];
		v[i + 8] = iv[i];
	}
	for (size_t i = 0; i < 16; i++)
		m[i] = load64(b->block + i * 8);
	v[12] ^= b->total;
	if (last)
		v[14] = ~v[14];
	for (int round = 0; round < 12; round++) {
		const unsigned char *s = sigma[round % 10];

		/* the columns, then the diagonals; written out, so that v stays in registers */
		mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
		mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
		mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
		mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
		mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
		mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
		mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
		mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
	}
	for (int i = 0; i < 8; i++)
		b->h[i] ^= v[i] ^ v[i + 8];
}

void blake2_init(struct blake2 *b)
{
	memset(b, 0, sizeof *b);
	memcpy(b->h, iv, sizeof iv);
	b->h[0] ^= 0x01010000 ^ BLAKE2_SIZE; /* one leaf, no key, this digest's length */
}

void blake2_add(struct blake2 *b, const void *p, size_t n)
{
	const unsigned char *from = p;

	while (n) {
		size_t part;

		if (b->fill == BLAKE2_BLOCK) { /* only now is it known not to be the last */
			b->total += BLAKE2_BLOCK;
			compress(b, false);
			b->fill = 0;
		}
		part = n < BLAKE2_BLOCK - b->fill ? n : BLAKE2_BLOCK - b->fill;
		memcpy(b->block + b->fill, from, part);
		b->fill += part;
		from += part;
		n -= part;
	}
}

void blake2_end(struct blake2 *b, unsigned char digest[BLAKE2_SIZE])
{
	b->total += b->fill;
	memset(b->block + b->fill, 0, BLAKE2_BLOCK - b->fill);
	compress(b, true);
	for (int i = 0; i < BLAKE2_SIZE; i++)
		digest[i] = (unsigned char)(b->h[i / 8] >> (i % 8 * 8));
}
