/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_SPEC_UTF8_H
#define SBRUN_SPEC_UTF8_H

#include <stddef.h>

/*
 * Bytes of the well-formed UTF-8 sequence that begins at s, of which n bytes are there
 * (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF);
 * 0 when it isn't one.
 */
size_t utf8_sequence(const unsigned char *s, size_t n);

/* Offset of the first byte that is not well-formed UTF-8 or is NUL; n when all is well. */
size_t utf8_check(const char *s, size_t n);

#endif
