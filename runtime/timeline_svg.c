/* SPDX-License-Identifier: Apache-2.0 */
/* A row for each event, on one scale of time; what is short is drawn as wide as can be seen. */
#include "timeline.h"

#include "../spec/arena.h"
#include "buffer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { WIDTH = 1200, LEFT = 90, ROW = 18, TOP = 56, LABEL = 7 /* of a character */, TICKS = 10 };

struct drawing {
	struct buffer out;
	uint64_t begin, span; /* microseconds */
};

__attribute__((format(printf, 2, 3))) static void draw(struct drawing *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buffer_vadd(&d->out, fmt, ap);
	va_end(ap);
}

/* For XML, in UTF-8 as far as it is ASCII; control characters and the rest become "?". */
static const char *escaped(struct arena *a, const char *s)
{
	char *out = arena_alloc(a, strlen(s) * 6 + 1), *p = out;

	for (; *s; s++) {
		const char *as = *s == '<'   ? "&lt;"
				 : *s == '>' ? "&gt;"
				 : *s == '&' ? "&amp;"
				 : *s == '"' ? "&quot;"
					     : NULL;

		if (as)
			p = stpcpy(p, as);
		else
			*p++ = (char)(*s < ' ' || *s > '~' ? '?' : *s);
	}
	*p = 0;
	return out;
}

static double x_of(const struct drawing *d, uint64_t at)
{
	return LEFT + (double)(at - d->begin) * (WIDTH - LEFT - 20) / (double)d->span;
}

/* The smallest of 1, 2, 5, 10, 20 ... that makes few enough ticks. */
static uint64_t tick_of(uint64_t span)
{
	static const unsigned steps[] = { 1, 2, 5 };

	for (uint64_t unit = 1;; unit *= 10)
		for (int i = 0; i < 3; i++)
			if (span / (unit * steps[i]) <= TICKS)
				return unit * steps[i];
}

static void draw_scale(struct drawing *d, double height)
{
	uint64_t tick = tick_of(d->span);

	for (uint64_t t = 0; t <= d->span; t += tick) {
		double x = x_of(d, d->begin + t);

		draw(d, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.0f\" stroke=\"#ddd\"/>", x, TOP - 6,
		     x, height);
		if (tick >= 1000)
			draw(d, "<text x=\"%.1f\" y=\"%d\">%" PRIu64 " ms</text>\n", x + 2, TOP - 10,
			     t / 1000);
		else
			draw(d, "<text x=\"%.1f\" y=\"%d\">%" PRIu64 " us</text>\n", x + 2, TOP - 10, t);
	}
}

/* Beside its bar, on the side where there is room. */
static void draw_event(struct drawing *d, const struct timeline_event *e, int row)
{
	static const char *const colours[LANE__COUNT] = { "#9aa5b1", "#3b7dd8", "#2f9e6e", "#d9822b" };
	static const char *const names[LANE__COUNT] = { "phase", "runtime", "sandbox", "payload" };
	double x = x_of(d, e->begin), width = x_of(d, e->end) - x, y = TOP + row * ROW;
	const char *text = arena_printf(d->out.a, "%s  %" PRIu64 " us", e->name, e->end - e->begin);
	double label = (double)strlen(text) * LABEL;
	bool right = x + width + 6 + label < WIDTH || x - 6 - label < LEFT;

	draw(d, "<text x=\"4\" y=\"%.0f\" fill=\"%s\">%s</text>", y + 12, colours[e->lane], names[e->lane]);
	draw(d,
	     "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"><title>%s</title></rect>",
	     x, y, width < 1 ? 1 : width, ROW - 4, colours[e->lane],
	     escaped(d->out.a, e->pointer ? e->pointer : ""));
	draw(d, "<text x=\"%.1f\" y=\"%.0f\"%s>%s</text>\n", right ? x + width + 6 : x - 6, y + 12,
	     right ? "" : " text-anchor=\"end\"", escaped(d->out.a, text));
}

char *timeline_svg(const struct timeline *t)
{
	struct drawing d = { .out = { .a = t->a }, .begin = UINT64_MAX };
	uint64_t end = 0;
	double height = (double)(TOP + ROW * (int)t->n + 10);

	for (size_t i = 0; i < t->n; i++) {
		d.begin = t->v[i].begin < d.begin ? t->v[i].begin : d.begin;
		end = t->v[i].end > end ? t->v[i].end : end;
	}
	d.span = end > d.begin ? end - d.begin : 1;
	draw(&d,
	     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" font-family=\"sans-serif\" "
	     "font-size=\"11\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	     "<text x=\"4\" y=\"18\" font-size=\"14\">%s: %" PRIu64 " us</text>\n",
	     WIDTH, height, escaped(t->a, t->title), d.span);
	draw_scale(&d, height);
	for (size_t i = 0; i < t->n; i++)
		draw_event(&d, &t->v[i], (int)i);
	draw(&d, "</svg>\n");
	return d.out.s;
}
