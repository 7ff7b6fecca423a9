/* SPDX-License-Identifier: Apache-2.0 */
#include "bound_devices.h"

#include "../spec/arena.h"
#include "../spec/diag.h"

#include <sys/capability.h>
#include <sys/stat.h>

/* All devices but fifos are bound, or none: the plan says so, or mknod(2) will for want of its capability. */
static bool are_bound(const struct facts *f, const struct planned *p)
{
	for (uint32_t i = 0; i < p->plan->n_steps; i++)
		if (plan_step(p->plan, i)->kind == STEP_DEVICE && plan_step(p->plan, i)->n[3] == 1)
			return true;
	return !caps_has_own(f, CAP_MKNOD);
}

static const char *number(struct arena *a, bool octal, unsigned n)
{
	return octal ? arena_printf(a, "0%o", n) : arena_printf(a, "%u", n);
}

static void compare(const struct spec *s, size_t i, const struct stat *st, struct diags *dg)
{
	const struct spec_device *d = &s->linux_->devices.v[i];
	const struct {
		const char *field;
		const struct opt_u64 *asked;
		bool octal;
		unsigned mask, has;
	} rows[] = {
		{ "fileMode", &d->file_mode, true, 07777, st->st_mode & 07777 },
		{ "uid", &d->uid, false, ~0u, st->st_uid },
		{ "gid", &d->gid, false, ~0u, st->st_gid },
	};

	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
		unsigned want = (unsigned)rows[k].asked->v & rows[k].mask;
		struct diag *w;

		if (!rows[k].asked->set || want == rows[k].has)
			continue;
		w = diag_warning(dg, "%s %s is not applied: the host's %s is bound, which has %s",
				 rows[k].field, number(dg->arena, rows[k].octal, want), d->path,
				 number(dg->arena, rows[k].octal, rows[k].has));
		w->hint =
			"no device node can be made in a user namespace or without CAP_MKNOD; leave the field out, or "
			"change the host's node";
		spec_atf(s, w, "/linux/devices/%zu/%s", i, rows[k].field);
	}
}

void bound_devices_warn(const struct spec *s, const struct facts *f, const struct planned *p,
			struct diags *dg)
{
	struct stat st;

	if (!s->linux_->devices.n || !are_bound(f, p))
		return;
	for (size_t i = 0; i < s->linux_->devices.n; i++) /* one that isn't there fails at its step */
		if (s->linux_->devices.v[i].type != 'p' && lstat(s->linux_->devices.v[i].path, &st) == 0)
			compare(s, i, &st, dg);
}
