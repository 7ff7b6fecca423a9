/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "../../runtime/plan.h"

#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_broken(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

const struct table *table_below(const struct table *t, ...)
{
	const char *name;
	va_list ap;

	va_start(ap, t);
	while ((name = va_arg(ap, const char *)))
		t = table_find(t, name, strlen(name))->sub;
	va_end(ap);
	return t;
}

/* Whatever was in the input, a message can't do anything to a terminal. */
static bool harmless(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

void fuzz_diags(struct diags *dg, bool failed, bool with_place)
{
	MUST(failed == (dg->errors > 0));
	for (struct diag *d = dg->first; d; d = d->next) {
		char *text = diag_format(dg, d);

		MUST(*text && harmless(text));
		MUST(!with_place || d->line);
	}
	MUST(!failed || diags_exit_code(dg));
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	MUST(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}

const struct facts *fuzz_facts(unsigned n)
{
	static struct facts *all;
	static size_t count;

	if (!all) {
		struct arena *a = arena_create();
		struct diags dg;
		glob_t g;

		diags_init(&dg, a);
		MUST(glob("tests/golden/facts/*.json", 0, NULL, &g) == 0);
		all = arena_array(a, g.gl_pathc, sizeof *all);
		while (count < g.gl_pathc && facts_load(a, g.gl_pathv[count], &all[count], &dg) == 0)
			count++;
		MUST(count == g.gl_pathc);
		globfree(&g);
	}
	return &all[n % count];
}

struct spec *fuzz_spec(struct arena *a, const char *key, const uint8_t *section, size_t size,
		       struct diags *dg)
{
	static const char around[] = "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\","
				     "\"args\":[\"a\"],\"user\":{\"uid\":0,\"gid\":0}},\"linux\":{\"%s\":";
	char head[sizeof around + 64], *text;
	int n = snprintf(head, sizeof head, around, key);

	text = arena_alloc(a, (size_t)n + size + 2);
	memcpy(text, head, (size_t)n);
	memcpy(text + n, section, size);
	memcpy(text + n + size, "}}", 2);
	return spec_load_text(a, text, (size_t)n + size + 2, "config.json", 0, dg);
}

static void in_blob(const struct plan *p, uint32_t at, uint32_t size)
{
	MUST(p->blob + (uint64_t)at + size <= p->size);
}

void fuzz_plan(struct arena *a, const struct planned *p)
{
	const struct plan *plan = p->plan;

	MUST(plan->magic == PLAN_MAGIC && plan->n_steps && plan->first_child_step < plan->n_steps);
	MUST(plan->steps + plan->n_steps * sizeof(struct step) <= plan->blob && plan->blob < plan->size);
	MUST(((const char *)plan)[plan->size - 1] == 0 && ((const char *)plan)[plan->blob] == 0);
	MUST(plan_clone_index(plan) < plan->n_steps);
	in_blob(plan, plan->args, 1);
	in_blob(plan, plan->env, 1);
	in_blob(plan, plan->cwd, 1);
	for (uint32_t i = 0; i < plan->n_steps; i++) {
		const struct step *s = plan_step(plan, i);

		MUST(s->kind < STEP__COUNT);
		in_blob(plan, s->pointer, 1);
		for (int k = 0; k < 4; k++)
			in_blob(plan, s->s[k], 1);
		if (s->kind == STEP_MOUNT || s->kind == STEP_ROOT) {
			const struct plan_mount *m = plan_blob(plan, s->s[0]);

			MUST(s->s[0] % 8 == 0);
			in_blob(plan, s->s[0], sizeof *m);
			MUST(m->source_slot < plan->n_slots && m->idmap_slot < plan->n_slots);
		}
		MUST(*plan_step_name(p, i) && *plan_step_text(a, p, i));
	}
	MUST(*plan_table(a, p) && *plan_json(a, p) == '{');
}
