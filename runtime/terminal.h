/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_TERMINAL_H
#define SBRUN_RUNTIME_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/*
 * Every key goes through as it is. What comes out is still processed: the sandbox's pty has
 * ONLCR off, so that this terminal does it, once. false when fd is no terminal.
 */
bool terminal_raw(int fd, struct termios *saved);
void terminal_restore(int fd, const struct termios *saved);

bool terminal_has_size(int fd);

/* The window size of one terminal for the other; nothing when `from` is none or has no size. */
void terminal_copy_size(int from, int to);

#endif
