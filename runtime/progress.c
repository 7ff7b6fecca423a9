/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "fd.h"
#include "screen.h"
#include "width.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FIRST_MS = 1000, AGAIN_MS = 250 };
enum { TEXT_SIZE = 256 };

static struct {
	bool begun, shown;
	enum { NOT_LOOKED, TERMINAL, NONE } terminal;
	size_t width;
	int64_t began, drawn; /* CLOCK_MONOTONIC, milliseconds */
	char what[TEXT_SIZE];
} line;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* In the background it would be written into what somebody types. */
static bool has_terminal(void)
{
	if (line.terminal == NOT_LOOKED) {
		struct screen s = screen_of(STDERR_FILENO);
		pid_t foreground = s.draws ? tcgetpgrp(STDERR_FILENO) : -1;

		line.width = s.width;
		line.terminal = s.draws && (foreground < 0 || foreground == getpgrp()) ? TERMINAL : NONE;
	}
	return line.terminal == TERMINAL;
}

void progress_begin(const char *fmt, ...)
{
	va_list ap;

	progress_hide();
	line.begun = true;
	line.terminal = NOT_LOOKED;
	line.began = now_ms();
	line.drawn = 0;
	va_start(ap, fmt);
	vsnprintf(line.what, sizeof line.what, fmt, ap);
	va_end(ap);
}

bool progress_due(void)
{
	int64_t now;

	if (!line.begun || line.terminal == NONE)
		return false;
	now = now_ms();
	return now - line.began >= FIRST_MS && now - line.drawn >= AGAIN_MS && has_terminal();
}

void progress_note(const char *fmt, ...)
{
	char note[TEXT_SIZE] = "", text[3 * TEXT_SIZE];
	va_list ap;

	if (!progress_due())
		return;
	if (fmt) {
		va_start(ap, fmt);
		vsnprintf(note, sizeof note, fmt, ap);
		va_end(ap);
	}
	line.drawn = now_ms();
	line.shown = true;
	snprintf(text, sizeof text, "%s%s%s (%llds)", line.what, *note ? ": " : "", note,
		 (long long)(line.drawn - line.began) / 1000);
	text[width_fit(text, line.width - 1)] = '\0';
	dprintf(STDERR_FILENO, "\r%s\033[K", text);
}

int progress_timeout(int ms)
{
	if (!line.begun || !has_terminal())
		return ms;
	return ms < 0 || ms > AGAIN_MS ? AGAIN_MS : ms;
}

void progress_hide(void)
{
	static const char away[] = "\r\033[K";

	if (line.shown)
		(void)fd_write_all(STDERR_FILENO, away, strlen(away));
	line.shown = false;
}

void progress_end(void)
{
	progress_hide();
	line.begun = false;
}
