/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of a unit as lines of text:
 *
 *   NAME TYPE VALUE
 *
 *   TYPE    VALUE
 *   b       true | false
 *   i x     a decimal number, perhaps with a minus sign
 *   u t     a decimal number
 *   s       the rest of the line
 *   as      strings, each ended by a tab
 *   a(ss)   the same, two by two
 *   a(st)   the same, the second of each two a decimal number
 *   ay      bytes, two hexadecimal digits each
 *
 * These are all; there is no control character in a line but those tabs. An empty line ends the list.
 */
#ifndef SBRUN_SYSTEMD_PROPERTIES_H
#define SBRUN_SYSTEMD_PROPERTIES_H

#include <stddef.h>
#include <systemd/sd-bus.h>

struct lines { char **v; size_t n; };

/* From standard input to the empty line, nothing of what comes after; 0, or -1 after a line on stderr. */
int lines_read(struct lines *l);
void lines_free(struct lines *l);

/* Appends each as a struct (sv) to the array that is open; 0, or -1 after a line on stderr. */
int properties_append(sd_bus_message *m, const struct lines *l);

#endif
