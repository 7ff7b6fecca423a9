/* SPDX-License-Identifier: Apache-2.0 */
#include "screen.h"

#include "args.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_UNKNOWN = 80, WIDTH_LEAST = 20, WIDTH_MOST = 1000 };

static enum screen_when chosen = SCREEN_AUTO;

void screen_choose(enum screen_when when)
{
	chosen = when;
}

static const char *variable(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

/* The first of them that is set decides, locale(7). */
static bool is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *v = variable(names[i]);

		if (*v)
			return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
	}
	return false;
}

static size_t width_wanted(size_t told)
{
	unsigned long long columns = told;

	if (!columns && !parse_decimal(variable("COLUMNS"), WIDTH_MOST, &columns))
		columns = WIDTH_UNKNOWN;
	return columns < WIDTH_LEAST ? WIDTH_LEAST : columns > WIDTH_MOST ? WIDTH_MOST : (size_t)columns;
}

struct screen screen_of(int fd)
{
	const char *term = variable("TERM");
	struct screen s = { .utf8 = is_utf8() };
	bool terminal = isatty(fd), dumb = !*term || !strcmp(term, "dumb");
	struct winsize size = { 0 };

	s.eyes = terminal || chosen == SCREEN_ALWAYS;
	s.draws = terminal && !dumb;
	s.colour = chosen == SCREEN_ALWAYS || (chosen == SCREEN_AUTO && s.draws && !*variable("NO_COLOR"));
	if (terminal && ioctl(fd, TIOCGWINSZ, &size) == 0)
		s.height = size.ws_row;
	s.width = width_wanted(size.ws_col);
	return s;
}

const char *screen_on(const struct screen *s, enum style style)
{
	/* of the terminal's own sixteen, which its owner may have made readable */
	static const char *const on[] = {
		[STYLE_PLAIN] = "",        [STYLE_HEAD] = "\033[1m",  [STYLE_DIM] = "\033[2m",
		[STYLE_GOOD] = "\033[32m", [STYLE_CARE] = "\033[33m", [STYLE_BAD] = "\033[1;31m",
	};

	return s->colour ? on[style] : "";
}

const char *screen_off(const struct screen *s, enum style style)
{
	return s->colour && style != STYLE_PLAIN ? "\033[0m" : "";
}
