/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From {step, call, errno, object} to a sentence with a hint. The wording for executables is
 * the one that orchestrators look for (podman, Docker: "executable file not found", "no such
 * file or directory", "permission denied"); nothing else may say those words.
 */
#include "conduct.h"

#include "../spec/arena.h"
#include "hints.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

static const char *call_name(struct arena *a, uint32_t nr)
{
	char *name = nr == ~0u ? NULL : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr);
	const char *copy = name        ? arena_strdup(a, name)
			   : nr == ~0u ? NULL
				       : arena_printf(a, "system call %u", nr);

	free(name);
	return copy;
}

/* Where the root is bound from; NULL: it is none, or an overlay. */
static const char *root_source(const struct plan *p)
{
	for (uint32_t i = 0; i < p->n_steps; i++) {
		const struct step *s = plan_step(p, i);
		const struct plan_mount *m = s->kind == STEP_ROOT ? plan_blob(p, s->s[0]) : NULL;

		if (m && m->flags & PM_BIND)
			return plan_str(p, m->source);
	}
	return NULL;
}

/* The root as its owner knows it. */
static const char *root_words(struct arena *a, const struct plan *p)
{
	const char *source = root_source(p);

	return source ? arena_printf(a, "the root %s", source) : "the root";
}

/* Of the host's mount, which the sandbox's was cloned from. */
static bool root_is_noexec(const struct plan *p)
{
	const char *source = root_source(p);
	struct statvfs fs;

	return source && statvfs(source, &fs) == 0 && fs.f_flag & ST_NOEXEC;
}

static bool has_step(const struct plan *p, enum step_kind kind)
{
	for (uint32_t i = 0; i < p->n_steps; i++)
		if (plan_step(p, i)->kind == kind)
			return true;
	return false;
}

/* Why execve refused a file that is there. */
static const char *hint_not_executable(const struct plan *p, int err)
{
	if (err == ENOEXEC)
		return "it is neither a program for this machine nor a script with a #! line";
	if (has_step(p, STEP_SELINUX))
		return "it must have an execute bit for process.user, and this host's policy must let sbrun's "
		       "domain become process.selinuxLabel by it (under no_new_privs: process2 nnp_transition)";
	if (err != EACCES && has_step(p, STEP_SECCOMP))
		return "the filter of linux.seccomp, or its agent, may have answered this: it must allow execve";
	if (err == EACCES && root_is_noexec(p))
		return "the root is on a file system that is mounted noexec: remount it (mount -o remount,exec), or "
		       "move the bundle to another";
	if (err == EACCES || err == EPERM)
		return "it must be a regular file with an execute bit for process.user (chmod +x)";
	return NULL;
}

/* LOOKUP has found it. */
static const char *hint_gone(const struct plan *p, uint32_t call)
{
	if (call == SYS_statx)
		return "it was there when the sandbox was made, and is gone now";
	if (has_step(p, STEP_SECCOMP))
		return "its interpreter (#! line, or ld.so) is not in the root, or it is gone since the sandbox was made";
	return "the file is there: its interpreter (#! line, or ld.so) is not in the root";
}

static const char *hint_not_found(struct arena *a, const struct plan *p, const struct plan_msg *m,
				  const char *name)
{
	if (plan_step(p, m->step)->kind == STEP_EXEC)
		return hint_gone(p, m->call);
	if (p->n_args == 1 && strchr(name, ' '))
		return "it is one word with blanks in it: each word of a command is an item of args, or "
		       "[\"sh\", \"-c\", \"...\"] has a shell take it apart";
	return arena_printf(a,
			    strchr(name, '/') ? "it is looked up inside %s"
					      : "PATH of process.env is searched inside %s",
			    root_words(a, p));
}

/* LOOKUP and EXEC: the payload's executable. */
static struct diag *not_runnable(const struct planned *p, const struct plan_msg *m, struct diags *dg)
{
	const char *name = plan_str(p->plan, p->plan->args);
	struct diag *d;

	if (m->exit_code == EXIT_NOT_EXECUTABLE) {
		if (m->err == EACCES || m->err == EPERM)
			d = diag_error(dg, "exec \"%s\": permission denied", name);
		else
			d = diag_error(dg, "exec \"%s\": %s", name, strerror(m->err));
		d->hint = hint_not_executable(p->plan, m->err);
	} else {
		d = diag_error(dg,
			       strchr(name, '/') ? "exec \"%s\": no such file or directory"
						 : "exec \"%s\": executable file not found in $PATH",
			       name);
		d->hint = hint_not_found(dg->arena, p->plan, m, name);
	}
	d->exit_code = m->exit_code;
	return d;
}

/* The path of the layer that stage-2 says it was, whole; NULL: it was none. */
static const char *failed_layer(const struct plan *p, const struct plan_msg *m)
{
	const struct step *s = plan_step(p, m->step);
	const struct plan_mount *pm =
		s->kind == STEP_ROOT || s->kind == STEP_MOUNT ? plan_blob(p, s->s[0]) : NULL;
	const char *lower;

	if (!pm || !(pm->flags & PM_OVERLAY) || !m->part || m->part > pm->n_lowers)
		return NULL;
	lower = plan_str(p, pm->lowers);
	for (uint32_t i = 1; i < m->part; i++)
		lower += strlen(lower) + 1;
	return lower;
}

/* A field of the overlay that a step makes: of root.overlay, mounts[].overlay, or among a mount's options. */
static const char *overlay_field(struct arena *a, const struct spec *s, const char *pointer,
				 const char *field)
{
	size_t i = 0;

	if (sscanf(pointer, "/mounts/%zu", &i) != 1)
		return arena_printf(a, "%s/%s", pointer, field);
	if (i >= s->mounts.n || !s->mounts.v[i].overlay)
		return arena_printf(a, "%s/options", pointer);
	return arena_printf(a, "%s/overlay/%s", pointer, field);
}

/* The overlay with an upperdir of the host's that the step was to make, or NULL. */
static const struct plan_mount *writable_overlay(const struct plan *p, const struct step *s)
{
	const struct plan_mount *m =
		s->kind == STEP_ROOT || s->kind == STEP_MOUNT ? plan_blob(p, s->s[0]) : NULL;

	return m && m->flags & PM_OVERLAY && m->upper ? m : NULL;
}

static struct diag *no_workdir(const struct plan_msg *m, struct diags *dg)
{
	struct diag *d = diag_error(dg, "can't open the overlay's workdir");

	d->hint = m->err == ENOENT
			  ? "make it: an empty directory beside upperdir, on the same file system"
			  : "it must be an empty directory on the file system of upperdir, and in reach";
	return d;
}

/* The kernel's word for it is EINVAL, as for much else. NULL: they are on one mount, or who knows. */
static struct diag *two_mounts(const char *upper, const char *work, struct diags *dg)
{
	struct statx u, w;
	bool same;

	if (statx(AT_FDCWD, upper, 0, STATX_MNT_ID, &u) < 0 ||
	    statx(AT_FDCWD, work, 0, STATX_MNT_ID, &w) < 0 || u.stx_mnt_id == w.stx_mnt_id)
		return NULL;
	same = u.stx_dev_major == w.stx_dev_major && u.stx_dev_minor == w.stx_dev_minor;
	return diag_error(dg, "the overlay's upperdir and workdir are on two %s: %s and %s",
			  same ? "mounts of one file system" : "file systems", upper, work);
}

/* What is wrong with the workdir, as upperdir is looked at beforehand; NULL: nothing that we know of. */
static struct diag *bad_workdir(struct arena *a, const struct spec *s, const struct planned *p,
				const struct plan_msg *m, const char **pointer, struct diags *dg)
{
	const struct plan_mount *pm = writable_overlay(p->plan, plan_step(p->plan, m->step));
	const char *work = pm ? plan_str(p->plan, pm->work) : NULL;
	struct diag *d = NULL;

	if (!pm)
		return NULL;
	if (!strcmp(m->detail, work))
		d = no_workdir(m, dg);
	else if (m->err == EINVAL && (d = two_mounts(plan_str(p->plan, pm->upper), work, dg)))
		d->hint = "make workdir an empty directory beside upperdir";
	if (d)
		*pointer = overlay_field(a, s, *pointer, "workdir");
	return d;
}

/* One of up to 500: the plan's line has them all, the error only that one. */
static struct diag *bad_layer(struct arena *a, const struct spec *s, const struct planned *p,
			      const struct plan_msg *m, const char **pointer, struct diags *dg)
{
	const struct plan_mount *pm = plan_blob(p->plan, plan_step(p->plan, m->step)->s[0]);

	*pointer = overlay_field(a, s, *pointer, arena_printf(a, "lowerdirs/%u", m->part - 1));
	return diag_error(dg, "can't use layer %u of the %u of the overlay on %s", m->part, pm->n_lowers,
			  plan_str(p->plan, pm->target));
}

/* Of a path the message has 255 bytes at most, and behind them what the kernel says if there is room. */
static const char *told_path(struct arena *a, const struct plan_msg *m, const char *layer)
{
	const char *told = layer && strlen(layer) > strlen(m->detail) ? layer : m->detail;

	return *told ? arena_strdup(a, told) : NULL;
}

void conduct_failure(struct arena *a, const struct spec *s, const struct planned *p, const struct plan_msg *m,
		     struct diags *dg)
{
	const char *pointer;
	bool whole = true; /* the error is about the step, not about a part of it */
	const char *layer;
	struct diag *d;

	if (m->step >= p->plan->n_steps) {
		d = diag_error(dg, "the sandbox's first process can't read its plan");
		d->err = m->err;
		d->call = call_name(a, m->call);
		return;
	}
	pointer = plan_step_pointer(p, m->step);
	if (!(p->plan->flags & PLAN_HOOK) &&
	    (m->exit_code == EXIT_NOT_FOUND || m->exit_code == EXIT_NOT_EXECUTABLE)) {
		d = not_runnable(p, m, dg);
	} else {
		layer = failed_layer(p->plan, m);
		d = layer ? bad_layer(a, s, p, m, &pointer, dg) : bad_workdir(a, s, p, m, &pointer, dg);
		whole = !d;
		if (!d)
			d = diag_error(dg, "can't %s", plan_step_text(a, p, m->step));
		d->err = m->err;
		d->call = call_name(a, m->call);
		d->path = told_path(a, m, layer);
		if (!d->hint)
			d->hint = hint_of_step(a, p->plan, m->step, d);
	}
	if (whole)
		d->step = plan_step_text(a, p, m->step);
	/* LOOKUP goes to the working directory first, which is another field */
	if (plan_step(p->plan, m->step)->kind == STEP_LOOKUP &&
	    !strcmp(m->detail, plan_str(p->plan, p->plan->cwd)))
		spec_at(s, d, "/process/cwd");
	else
		spec_at(s, d, pointer);
}
