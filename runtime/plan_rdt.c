/* SPDX-License-Identifier: Apache-2.0 */
/* Planning linux.intelRdt. */
#include "planner.h"

#include "../spec/arena.h"

static void add_line(struct str_list *l, char *line)
{
	if (line && *line)
		l->v[l->n++] = line;
}

/* "The runtimes MUST write l3CacheSchema first and memBwSchema last", then schemata. */
static void put_lines(struct builder *b, const struct spec_intel_rdt *r, struct step *s)
{
	struct str_list lines = { arena_array(b->a, r->schemata.n + 3, sizeof(char *)), 0 };

	add_line(&lines, r->l3_cache_schema);
	add_line(&lines, r->mem_bw_schema);
	s->n[1] = lines.n;
	for (size_t i = 0; i < r->schemata.n; i++)
		add_line(&lines, r->schemata.v[i]);
	s->s[2] = put_list(b, &lines);
	s->n[0] = lines.n;
}

void plan_rdt(struct builder *b, const struct spec_linux *l, const char *id)
{
	const struct spec_intel_rdt *r = l ? l->intel_rdt : NULL; /* a hook is in no group */
	struct diag *d;
	struct step *s;

	if (!r)
		return;
	if (!b->f->resctrl) {
		d = diag_error(b->dg, "no resctrl file system is mounted on this host");
		spec_at(b->s, d, "/linux/intelRdt");
		d->hint = "a processor with RDT (rdt_a in /proc/cpuinfo) and a kernel with CONFIG_X86_CPU_RESCTRL are "
			  "needed; then: mount -t resctrl resctrl /sys/fs/resctrl";
		return;
	}
	s = add_step(b, STEP_RDT, "/linux/intelRdt");
	s->s[0] = put_str(b, b->f->resctrl);
	s->s[1] = put_str(b, r->clos_id);
	put_lines(b, r, s);
	s->s[3] = put_str(b, id);
	/* enableCMT and enableMBM are what 1.1 and 1.2 had in its place */
	s->n[2] = r->enable_monitoring.v || r->enable_cmt.v || r->enable_mbm.v;
	s->n[3] = b->exec;
}
