/* SPDX-License-Identifier: Apache-2.0 */
/* Planning AppArmor profiles and SELinux labels. */
#include "planner.h"

#include "../spec/arena.h"

#include <string.h>

static bool given(const char *s)
{
	return s && *s;
}

/* Where nothing confines, "unconfined" is what there is. */
static bool wants_apparmor(const struct builder *b, const struct spec_process *p)
{
	return given(p->apparmor_profile) && (b->f->apparmor || strcmp(p->apparmor_profile, "unconfined"));
}

static bool is_on(struct builder *b, bool fact, const char *module, const char *pointer)
{
	struct diag *d;

	if (fact)
		return true;
	d = diag_error(b->dg, "%s is not switched on in this host's kernel", module);
	spec_at(b->s, d, pointer);
	d->hint = arena_printf(b->a, "remove the field, or boot with %s among the modules of lsm= "
			       "(/sys/kernel/security/lsm lists those that are on)",
			       *module == 'A' ? "apparmor" : "selinux");
	return false;
}

bool lsm_wants_facts(const struct spec *s, const struct spec_process *p)
{
	return given(p->apparmor_profile) || given(p->selinux_label) || (s && given(s->linux_->mount_label));
}

void plan_lsm(struct builder *b, const struct spec_process *p)
{
	if (wants_apparmor(b, p) && is_on(b, b->f->apparmor, "AppArmor", "/process/apparmorProfile"))
		add_step(b, STEP_APPARMOR, "/process/apparmorProfile")->s[0] = put_str(b, p->apparmor_profile);
	if (given(p->selinux_label) && is_on(b, b->f->selinux, "SELinux", "/process/selinuxLabel"))
		add_step(b, STEP_SELINUX, "/process/selinuxLabel")->s[0] = put_str(b, p->selinux_label);
}

/* The payload must be able to use its keyring, whose label is otherwise ours. */
void plan_keyring(struct builder *b, const struct spec_process *p)
{
	bool labelled = given(p->selinux_label) && b->f->selinux;
	struct step *s = add_step(b, STEP_KEYRING, labelled ? "/process/selinuxLabel" : "/process");

	if (labelled)
		s->s[0] = put_str(b, p->selinux_label);
}

void plan_label_check(struct builder *b)
{
	if (given(b->s->linux_->mount_label))
		is_on(b, b->f->selinux, "SELinux", "/linux/mountLabel");
}

char *plan_mount_label(struct builder *b, const char *type, const struct str_list *data)
{
	/* their labels are the policy's own (genfscon); a context= is refused or breaks them */
	static const char *const without[] = { "proc", "sysfs", "mqueue", "cgroup", "cgroup2" };
	const char *option = spec_annotation(b->s, "run.oci.mount_context_type");
	size_t n;

	if (!given(b->s->linux_->mount_label))
		return NULL;
	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		if (!strcmp(type, without[i]))
			return NULL;
	option = option ? option : "context";
	n = strlen(option);
	for (size_t i = 0; i < data->n; i++)
		if (!strncmp(data->v[i], option, n) && data->v[i][n] == '=')
			return NULL; /* the mount's own */
	return arena_printf(b->a, "%s=%s", option, b->s->linux_->mount_label);
}
