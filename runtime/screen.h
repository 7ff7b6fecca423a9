/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written for eyes. A terminal gets tables as wide as it is and a few colours, everything else the
 * text that programs read: the same bytes whatever the environment says. So --color and being a terminal
 * decide, and the environment can only take away:
 *
 *   NO_COLOR, not empty         no colours (https://no-color.org)
 *   TERM=dumb, or none          no colours, and nothing is drawn over what stands there
 *   LC_ALL, LC_CTYPE, LANG      without UTF-8: ASCII
 *   COLUMNS                     the width where the terminal tells none; else 80
 */
#ifndef SBRUN_RUNTIME_SCREEN_H
#define SBRUN_RUNTIME_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* --color: always is also for what is no terminal, a pager or a file, with the layout for one. */
enum screen_when { SCREEN_AUTO, SCREEN_ALWAYS, SCREEN_NEVER };
void screen_choose(enum screen_when when);

struct screen {
	bool eyes;       /* lay it out for somebody to look at */
	bool colour;
	bool draws;      /* a terminal whose cursor moves */
	bool utf8;
	size_t width;    /* columns */
	size_t height;   /* rows, 0: not known */
};
struct screen screen_of(int fd);

/* By meaning, not by colour. */
enum style { STYLE_PLAIN, STYLE_HEAD, STYLE_DIM, STYLE_GOOD, STYLE_CARE, STYLE_BAD };
/* What begins and ends a style: "" without colours. */
const char *screen_on(const struct screen *s, enum style style);
const char *screen_off(const struct screen *s, enum style style);

#endif
