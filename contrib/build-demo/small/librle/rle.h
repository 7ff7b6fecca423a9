/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of equal bytes, each as its length (1 to 255) and the byte. */
#ifndef RLE_H
#define RLE_H

#include <stdio.h>

/* From one stream to the other; 0, or -1 when one of them fails or what is unpacked was cut off. */
int rle_pack(FILE *in, FILE *out);
int rle_unpack(FILE *in, FILE *out);

#endif
