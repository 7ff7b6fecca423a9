/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `sbrun plan` on a screen: the steps by phase, those that change the sandbox's files as the tree that they
 * make of it. Numbers, words and pointers are plan_table()'s; a step below a mount is drawn under it, so
 * there the numbers, not the lines, are the order.
 */
#include "planner.h"

#include "../spec/arena.h"
#include "buffer.h"
#include "screen.h"
#include "width.h"

#include <string.h>

enum phase {
	PHASE_LIMITS,
	PHASE_NAMESPACES,
	PHASE_FILES,
	PHASE_START,
	PHASE_PAYLOAD,
	PHASE_LATER,
	PHASE__COUNT
};

static const struct {
	const char *title, *by, *who;
} phases[PHASE__COUNT] = {
	[PHASE_LIMITS] = { "Limits", "runtime", "by the runtime" },
	[PHASE_NAMESPACES] = { "Namespaces", "sandbox", "by the sandbox's first process" },
	[PHASE_FILES] = { "Files", "sandbox", "by the sandbox's first process" },
	[PHASE_START] = { "Before the start", "sandbox", "by the sandbox's first process" },
	[PHASE_PAYLOAD] = { "Payload", "payload", "by the process that becomes it" },
	[PHASE_LATER] = { "While it runs and after its end", "runtime", "by the runtime" },
};

enum { ANY = -1, NONE = -1, LEFT = 5 /* "123  " */, TEXT_LEAST = 24 };

/* One step of a phase. Of those without a target, and in the other phases, no node is below another. */
struct node {
	uint32_t step;
	const char *target; /* NULL: none */
	int parent, child, last_child, next;
};

struct tree {
	struct arena *a;
	const struct planned *p;
	const struct screen *screen;
	struct buffer out;
	struct node *v;
	size_t n;
};

/* ---- what belongs where ---- */

/* ANY: a hook, a limit that is set later: it stands where it happens. */
static int phase_of(const struct step *s)
{
	static const signed char of[STEP__COUNT] = {
		[STEP_CGROUP] = PHASE_LIMITS,           [STEP_LIMIT] = PHASE_LIMITS,
		[STEP_DEVICE_RULES] = PHASE_LIMITS,     [STEP_CGROUP_OWNER] = PHASE_LIMITS,
		[STEP_CGROUP_JOIN] = PHASE_LIMITS,      [STEP_CLONE] = PHASE_NAMESPACES,
		[STEP_MAP_IDS] = PHASE_NAMESPACES,      [STEP_OOM] = ANY,
		[STEP_NET_DEVICE] = ANY,                [STEP_RDT] = ANY,
		[STEP_RLIMIT] = ANY,                    [STEP_OWN_RLIMIT] = ANY,
		[STEP_GUARD] = ANY,
		[STEP_HOOK] = ANY,                      [STEP_JOIN] = PHASE_NAMESPACES,
		[STEP_UNSHARE] = PHASE_NAMESPACES,      [STEP_IDENTITY] = PHASE_NAMESPACES,
		[STEP_FORK] = PHASE_NAMESPACES,         [STEP_ENTER] = PHASE_NAMESPACES,
		[STEP_TOOLS] = PHASE_NAMESPACES,        [STEP_BRING] = PHASE_FILES,
		[STEP_TIME] = PHASE_NAMESPACES,         [STEP_LOOPBACK] = ANY,
		[STEP_HOSTNAME] = PHASE_NAMESPACES,     [STEP_DOMAINNAME] = PHASE_NAMESPACES,
		[STEP_PROPAGATION] = PHASE_FILES,       [STEP_ROOT] = PHASE_FILES,
		[STEP_MOUNT] = PHASE_FILES,             [STEP_DEVICE] = PHASE_FILES,
		[STEP_DEV_LINKS] = PHASE_FILES,         [STEP_CONSOLE] = PHASE_FILES,
		[STEP_CPU_CLOCK] = PHASE_FILES,         [STEP_SYSCTL] = PHASE_FILES,
		[STEP_READONLY_PATH] = PHASE_FILES,     [STEP_MASK_PATH] = PHASE_FILES,
		[STEP_ROOT_ATTRS] = PHASE_FILES,        [STEP_PIVOT] = PHASE_FILES,
		[STEP_CHROOT] = PHASE_FILES,            [STEP_KEYRING] = PHASE_START,
		[STEP_LOOKUP] = PHASE_START,            [STEP_START_GATE] = PHASE_START,
		[STEP_SPAWN] = PHASE_START,             [STEP_SESSION] = PHASE_PAYLOAD,
		[STEP_CWD] = PHASE_PAYLOAD,             [STEP_AFFINITY] = PHASE_PAYLOAD,
		[STEP_SCHEDULER] = PHASE_PAYLOAD,       [STEP_IO_PRIORITY] = PHASE_PAYLOAD,
		[STEP_MEMORY_POLICY] = PHASE_PAYLOAD,   [STEP_PERSONALITY] = PHASE_PAYLOAD,
		[STEP_APPARMOR] = PHASE_PAYLOAD,        [STEP_SELINUX] = PHASE_PAYLOAD,
		[STEP_USER] = PHASE_PAYLOAD,            [STEP_CAPABILITIES] = PHASE_PAYLOAD,
		[STEP_NO_NEW_PRIVS] = PHASE_PAYLOAD,    [STEP_SECCOMP] = PHASE_PAYLOAD,
		[STEP_EXEC] = PHASE_PAYLOAD,
	};

	if (s->kind == STEP_HOOK && (s->n[0] == HOOK_POSTSTART || s->n[0] == HOOK_POSTSTOP))
		return PHASE_LATER;
	return of[s->kind];
}

/* Where in the sandbox's tree it is; NULL: nowhere. */
static const char *target_of(const struct tree *t, const struct step *s)
{
	const struct plan *p = t->p->plan;

	switch (s->kind) {
	case STEP_ROOT:
	case STEP_MOUNT: return plan_str(p, ((const struct plan_mount *)plan_blob(p, s->s[0]))->target);
	case STEP_DEVICE:
	case STEP_READONLY_PATH:
	case STEP_MASK_PATH: return plan_str(p, s->s[0]);
	case STEP_SYSCTL: return arena_printf(t->a, "/proc/sys/%s", plan_str(p, s->s[0]));
	case STEP_DEV_LINKS: return "/dev";
	case STEP_CONSOLE: return s->n[1] ? "/dev/pts" : "/dev/console";
	case STEP_ROOT_ATTRS: return "/";
	default: return NULL;
	}
}

static bool is_below(const char *path, const char *mount)
{
	size_t n = strlen(mount);

	while (n && mount[n - 1] == '/')
		n--;
	return !strncmp(path, mount, n) && (!path[n] || path[n] == '/');
}

/* The last mount so far that covers it. */
static int parent_of(const struct tree *t, const char *target)
{
	int best = NONE;

	for (size_t i = 0; target && i < t->n; i++) {
		uint32_t kind = plan_step(t->p->plan, t->v[i].step)->kind;

		if ((kind == STEP_ROOT || kind == STEP_MOUNT) && is_below(target, t->v[i].target) &&
		    (best == NONE || is_below(t->v[i].target, t->v[best].target)))
			best = (int)i;
	}
	return best;
}

static void add_node(struct tree *t, uint32_t step, bool in_tree)
{
	const char *target = in_tree ? target_of(t, plan_step(t->p->plan, step)) : NULL;
	struct node *node = &t->v[t->n];
	int parent = parent_of(t, target);

	*node = (struct node){ step, target, parent, NONE, NONE, NONE };
	if (parent != NONE) {
		int *last = &t->v[parent].last_child;

		*(*last == NONE ? &t->v[parent].child : &t->v[*last].next) = (int)t->n;
		*last = (int)t->n;
	}
	t->n++;
}

/* ---- a line ---- */

/* Where in the text its target stands: behind " on ", else the last time as a word. n 0: nowhere. */
static size_t find_target(const char *text, const char *target, size_t *n)
{
	const char *found = NULL;

	*n = target ? strlen(target) : 0;
	for (const char *at = text; *n && (at = strstr(at, target)); at += *n) {
		bool word = at > text && at[-1] == ' ' && (!at[*n] || strchr(" ,;", at[*n]));
		bool on = word && at - text >= 4 && !strncmp(at - 4, " on ", 4);

		if (word)
			found = at;
		if (on)
			break;
	}
	if (!found)
		*n = 0;
	return found ? (size_t)(found - text) : 0;
}

/* Bytes from..to of the text, the target among them in bold. */
static void put_text(struct tree *t, const char *text, size_t from, size_t to, size_t mark, size_t mark_n)
{
	if (!mark_n || mark < from || mark + mark_n > to) {
		buffer_put(&t->out, text + from, to - from);
		return;
	}
	buffer_put(&t->out, text + from, mark - from);
	buffer_puts(&t->out, screen_on(t->screen, STYLE_HEAD));
	buffer_put(&t->out, text + mark, mark_n);
	buffer_puts(&t->out, screen_off(t->screen, STYLE_HEAD));
	buffer_put(&t->out, text + mark + mark_n, to - mark - mark_n);
}

/* At the right, behind a text that ends in that column; where there is no room, below it. */
static void put_origin(struct tree *t, const char *origin, size_t column)
{
	size_t width = width_of(origin);

	if (!width || width + LEFT > t->screen->width) {
		buffer_puts(&t->out, "\n");
		return;
	}
	if (column + 2 + width > t->screen->width) {
		buffer_puts(&t->out, "\n");
		column = 0;
	}
	buffer_fill(&t->out, ' ', t->screen->width - width - column);
	buffer_add(&t->out, "%s%s%s\n", screen_on(t->screen, STYLE_DIM), origin,
		   screen_off(t->screen, STYLE_DIM));
}

/* "├─ ", and with `more` what a further line of the same step has in that place. */
static const char *branches(const struct tree *t, int node, bool more)
{
	const bool utf8 = t->screen->utf8;
	const char *text = "";

	for (int i = node; t->v[i].parent != NONE; i = t->v[i].parent) {
		bool last = t->v[i].next == NONE, own = i == node && !more;
		const char *part = own ? (last ? (utf8 ? "└─ " : "`- ") : (utf8 ? "├─ " : "|- "))
				       : (last ? "   " : (utf8 ? "│  " : "|  "));

		text = arena_printf(t->a, "%s%s", part, text);
	}
	if (!more)
		return text;
	return arena_printf(t->a, "%s%s", text, t->v[node].child == NONE ? "  " : utf8 ? "│ " : "| ");
}

static const char *origin_of(const struct tree *t, uint32_t step, enum phase phase)
{
	const char *by = plan_step_by(t->p, step);
	const char *pointer = width_safe(t->a, plan_step_pointer(t->p, step), t->screen->utf8);

	return strcmp(by, phases[phase].by) ? arena_printf(t->a, "%s  %s", by, pointer) : pointer;
}

static void put_node(struct tree *t, int i, enum phase phase)
{
	uint32_t step = t->v[i].step;
	const char *text = width_safe(t->a, plan_step_text(t->a, t->p, step), t->screen->utf8);
	const char *branch = branches(t, i, false);
	size_t mark_n, mark = find_target(text, t->v[i].target, &mark_n), from = 0, next;
	size_t column, room;

	buffer_add(&t->out, "%s%3u%s  ", screen_on(t->screen, STYLE_DIM), step + 1,
		   screen_off(t->screen, STYLE_DIM));
	for (;;) {
		size_t n;

		column = LEFT + width_of(branch);
		room = t->screen->width > column + TEXT_LEAST ? t->screen->width - column : TEXT_LEAST;
		n = width_line(text + from, room, &next);
		buffer_puts(&t->out, branch);
		put_text(t, text, from, from + n, mark, mark_n);
		if (!text[from + next]) {
			put_origin(t, origin_of(t, step, phase),
				   column + width_of(arena_strndup(t->a, text + from, n)));
			return;
		}
		buffer_puts(&t->out, "\n");
		buffer_fill(&t->out, ' ', LEFT);
		branch = branches(t, i, true);
		from += next;
	}
}

/* ---- all of it ---- */

/* The one to be drawn after this one. */
static int after(const struct tree *t, int i)
{
	if (t->v[i].child != NONE)
		return t->v[i].child;
	while (i != NONE && t->v[i].next == NONE)
		i = t->v[i].parent;
	return i == NONE ? NONE : t->v[i].next;
}

static void put_phase(struct tree *t, enum phase phase)
{
	const struct screen *s = t->screen;

	buffer_add(&t->out, "%s%s%s%s, %s%s%s\n", t->out.n ? "\n" : "", screen_on(s, STYLE_HEAD),
		   phases[phase].title, screen_off(s, STYLE_HEAD), screen_on(s, STYLE_DIM),
		   phases[phase].who, screen_off(s, STYLE_DIM));
	for (size_t top = 0; top < t->n; top++)
		if (t->v[top].parent == NONE)
			for (int i = (int)top; i != NONE; i = after(t, i))
				put_node(t, i, phase);
	t->n = 0;
}

char *plan_tree(struct arena *a, const struct planned *p, const struct screen *screen)
{
	struct tree t = { .a = a, .p = p, .screen = screen, .out = { .a = a } };
	uint32_t n = p->plan->n_steps;
	int phase = ANY;

	t.v = arena_array(a, n, sizeof *t.v);
	buffer_puts(&t.out, "");
	for (uint32_t i = 0; i < n; i++) {
		int of = phase_of(plan_step(p->plan, i));

		if (of == ANY)
			of = phase == ANY ? PHASE_LIMITS : phase;
		if (t.n && of != phase)
			put_phase(&t, (enum phase)phase);
		phase = of;
		add_node(&t, i, of == PHASE_FILES);
	}
	if (t.n)
		put_phase(&t, (enum phase)phase);
	return t.out.s;
}
