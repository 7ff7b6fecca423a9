/* SPDX-License-Identifier: Apache-2.0 */
/* From linux.seccomp to a filter: out of the cache when it is there, else compiled and kept. */
#include "seccomp.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "state.h"
#include "version.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* ---- flags ---- */

static const struct {
	const char *name;
	uint32_t bit, needs;
} flags_known[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC, 0 },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG, 0 },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0 },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	  SECCOMP_FILTER_FLAG_NEW_LISTENER },
};

uint32_t seccomp_flag(const char *name)
{
	for (size_t i = 0; i < sizeof flags_known / sizeof *flags_known; i++)
		if (!strcmp(flags_known[i].name, name))
			return flags_known[i].bit;
	return 0;
}

/* A filter at address zero is only looked at when the flags are known: seccomp(2), EFAULT. */
bool seccomp_flag_supported(const char *name)
{
	for (size_t i = 0; i < sizeof flags_known / sizeof *flags_known; i++)
		if (!strcmp(flags_known[i].name, name))
			return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				       flags_known[i].bit | flags_known[i].needs, NULL) < 0 &&
			       errno == EFAULT;
	return false;
}

bool seccomp_notifies(const struct spec_seccomp *s)
{
	bool notifies = !strcmp(s->default_action, "SCMP_ACT_NOTIFY");

	for (size_t i = 0; i < s->syscalls.n && !notifies; i++)
		notifies = !strcmp(s->syscalls.v[i].action, "SCMP_ACT_NOTIFY");
	return notifies;
}

/*
 * Exactly those asked for. The spec has no default; others add SPEC_ALLOW, which on kernels
 * before 5.16 takes a mitigation away that nobody asked to be without.
 */
static uint32_t flags_of(const struct spec *s, bool quiet, struct diags *dg)
{
	const struct spec_seccomp *sec = s->linux_->seccomp;
	bool notifies = seccomp_notifies(sec);
	uint32_t flags = 0;

	for (size_t i = 0; i < sec->flags.n; i++)
		flags |= seccomp_flag(sec->flags.v[i]);
	if (!notifies && flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
		flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
		if (!quiet)
			spec_at(s,
				diag_warning(dg, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is about SCMP_ACT_NOTIFY, "
						 "which no rule has: it has no effect"),
				"/linux/seccomp/flags");
	}
	/*
	 * TSYNC is about a process's other threads. execve leaves the one that has the filter; and
	 * until then there is one more, which hands the listener over (stage2/filter.c).
	 */
	if (notifies)
		flags = (flags & ~(uint32_t)SECCOMP_FILTER_FLAG_TSYNC) | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return flags;
}

static const char *default_words(struct arena *a, const struct spec_seccomp *s)
{
	const char *name = s->default_action + strlen("SCMP_ACT_");
	uint64_t ret = s->default_errno_ret.set ? s->default_errno_ret.v : EPERM;

	if (strcmp(name, "ERRNO") != 0 && strcmp(name, "TRACE") != 0)
		return name;
	return arena_printf(a, "%s %llu", name, (unsigned long long)ret);
}

/* ---- the key ---- */

static void add_number(struct blake2 *b, uint64_t n)
{
	blake2_add(b, &n, sizeof n);
}

/* With its length, so that no two lists of strings read the same. */
static void add_text(struct blake2 *b, const char *s)
{
	add_number(b, s ? strlen(s) : UINT64_MAX);
	if (s)
		blake2_add(b, s, strlen(s));
}

static void add_list(struct blake2 *b, const struct str_list *l)
{
	add_number(b, l->n);
	for (size_t i = 0; i < l->n; i++)
		add_text(b, l->v[i]);
}

static void add_errno(struct blake2 *b, const struct opt_u64 *ret)
{
	add_number(b, ret->set ? ret->v : UINT64_MAX);
}

static void add_rule(struct blake2 *b, const struct spec_syscall *s)
{
	add_list(b, &s->names);
	add_text(b, s->action);
	add_errno(b, &s->errno_ret);
	add_number(b, s->args.n);
	for (size_t i = 0; i < s->args.n; i++) {
		add_number(b, s->args.v[i].index);
		add_number(b, s->args.v[i].value);
		add_number(b, s->args.v[i].value_two);
		add_text(b, s->args.v[i].op);
	}
}

/*
 * What libseccomp makes of a profile depends on its version and on what it finds the kernel to
 * support; the kernel's release stands for the latter, and is known without calling it.
 */
void seccomp_key(const struct spec_seccomp *s, unsigned char key[BLAKE2_SIZE])
{
	const struct scmp_version *v = seccomp_version();
	struct utsname kernel;
	struct blake2 b;

	blake2_init(&b);
	add_text(&b, SBRUN_VERSION);
	add_number(&b, v->major);
	add_number(&b, v->minor);
	add_number(&b, v->micro);
	if (uname(&kernel) == 0) {
		add_text(&b, kernel.release);
		add_text(&b, kernel.machine);
	}
	add_text(&b, s->default_action);
	add_errno(&b, &s->default_errno_ret);
	add_list(&b, &s->architectures);
	add_number(&b, s->syscalls.n);
	for (size_t i = 0; i < s->syscalls.n; i++)
		add_rule(&b, &s->syscalls.v[i]);
	blake2_end(&b, key);
}

/* ---- together ---- */

/* -1: there is no cache, because it is not to be made or can't be trusted; then said once. */
static int cache_dir(struct arena *a, const char *root, unsigned flags, struct diags *dg)
{
	struct diags quiet;
	int fd;

	diags_init(&quiet, a);
	fd = state_cache_dir(a, root, ".seccomp", flags & SECCOMP_STORE, &quiet);
	/* the hint is in that text already */
	if (quiet.first && !(flags & SECCOMP_QUIET))
		diag_warning(dg, "compiled seccomp filters are not kept: %s",
			     diag_format_message(&quiet, quiet.first));
	return fd < 0 ? -1 : fd;
}

/* A warning, or the error that crun's annotation asks for. */
static int tell_unknown(struct arena *a, const struct spec *s, const struct str_list *unknown, bool quiet,
			struct diags *dg)
{
	bool fail = spec_annotation_on(s, "run.oci.seccomp_fail_unknown_syscall");
	enum { NAMED = 8 };
	char *list = arena_strdup(a, "");
	struct diag *d;

	for (size_t i = 0; i < unknown->n && i < NAMED; i++)
		list = arena_printf(a, "%s%s%s", list, i ? ", " : "", unknown->v[i]);
	if (unknown->n > NAMED)
		list = arena_printf(a, "%s and %zu more", list, unknown->n - NAMED);
	if (!fail && quiet)
		return 0;
	list = arena_printf(a, "libseccomp %u.%u.%u does not know %s: %s", seccomp_version()->major,
			    seccomp_version()->minor, seccomp_version()->micro,
			    unknown->n == 1 ? "a system call of the profile" : "system calls of the profile", list);
	d = fail ? diag_error(dg, "%s", list) : diag_warning(dg, "%s", list);
	spec_at(s, d, "/linux/seccomp/syscalls");
	d->hint = fail ? "the annotation run.oci.seccomp_fail_unknown_syscall makes that an error"
		       : "they get the default action, or ENOSYS where that is an errno";
	return fail ? -1 : 0;
}

static int load_or_compile(struct arena *a, const struct spec *s, const char *root, unsigned flags,
			   struct seccomp_filter *f, struct diags *dg)
{
	CLEANUP_FD dir = cache_dir(a, root, flags, dg);
	unsigned char key[BLAKE2_SIZE];

	seccomp_key(s->linux_->seccomp, key);
	if (dir >= 0 && seccomp_cache_load(a, dir, key, &f->program) == 0) {
		f->from_cache = true;
		return 0;
	}
	if (seccomp_compile(a, s, &f->program, dg) < 0)
		return -1;
	if (dir >= 0 && flags & SECCOMP_STORE)
		seccomp_cache_store(a, dir, key, &f->program);
	return 0;
}

int seccomp_prepare(struct arena *a, const struct spec *s, const char *root, unsigned flags,
		    const struct seccomp_filter **out, struct diags *dg)
{
	struct seccomp_filter *f;

	*out = NULL;
	if (!s->linux_->seccomp)
		return 0;
	f = arena_alloc(a, sizeof *f);
	f->flags = flags_of(s, flags & SECCOMP_QUIET, dg);
	f->by_default = default_words(a, s->linux_->seccomp);
	if (load_or_compile(a, s, root, flags, f, dg) < 0)
		return -1;
	if (f->program.unknown.n && tell_unknown(a, s, &f->program.unknown, flags & SECCOMP_QUIET, dg) < 0)
		return -1;
	*out = f;
	return 0;
}
