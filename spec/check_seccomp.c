/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp. Names of system calls are left alone: an unknown one may be of another kernel. */
#include <string.h>

#include "check.h"

static bool takes_errno(const char *action)
{
	return str_same(action, "SCMP_ACT_ERRNO") || str_same(action, "SCMP_ACT_TRACE");
}

static void check_errno(struct check *c, const char *action, const struct opt_u64 *ret)
{
	if (ret->set && action && !takes_errno(action))
		check_refuse(c, "%s has no errno", action)->hint =
			"it belongs to SCMP_ACT_ERRNO and SCMP_ACT_TRACE";
}

/* Returns whether the rule notifies. */
static bool check_rule(struct check *c, const struct spec_syscall *s, size_t i)
{
	if (!s->names.n)
		check_refuse(check_at(c, "/linux/seccomp/syscalls/%zu/names", i),
			     "a rule needs the name of a system call");
	for (size_t k = 0; k < s->names.n; k++)
		if (!*s->names.v[k])
			check_refuse(check_at(c, "/linux/seccomp/syscalls/%zu/names/%zu", i, k),
				     "the name of a system call is empty");
	check_errno(check_at(c, "/linux/seccomp/syscalls/%zu/errnoRet", i), s->action, &s->errno_ret);
	return str_same(s->action, "SCMP_ACT_NOTIFY");
}

void check_seccomp(struct check *c)
{
	const struct spec_seccomp *s = c->s->linux_->seccomp;
	bool notifies;

	if (!s)
		return;
	notifies = str_same(s->default_action, "SCMP_ACT_NOTIFY");
	check_errno(check_at(c, "/linux/seccomp/defaultErrnoRet"), s->default_action, &s->default_errno_ret);
	for (size_t i = 0; i < s->syscalls.n; i++)
		if (check_rule(c, &s->syscalls.v[i], i))
			notifies = true;
	check_absolute(check_at(c, "/linux/seccomp/listenerPath"), s->listener_path);
	if (s->listener_metadata && !s->listener_path && !check_flawed(c, "/linux/seccomp/listenerPath"))
		check_refuse(check_at(c, "/linux/seccomp/listenerMetadata"),
			     "listenerMetadata without listenerPath");
	if (notifies && !s->listener_path && !check_flawed(c, "/linux/seccomp/listenerPath"))
		check_refuse(check_at(c, "/linux/seccomp"), "SCMP_ACT_NOTIFY needs listenerPath")->hint =
			"it is the socket of the agent that answers the notifications";
}
