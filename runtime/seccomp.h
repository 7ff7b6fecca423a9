/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.seccomp to a BPF program (seccomp(2)): made by the runtime before there is anything of
 * a sandbox, by libseccomp, or found in the cache of the state root.
 *
 * What the program does, beyond the rules as they stand:
 * - The machine's own architecture is always in it, and of those listed the ones that its
 *   kernel can run. A call of any other architecture kills the process.
 * - Several arguments of a rule must all hold, but of several with the same index one has to;
 *   each then is a rule of its own. It is how profiles are written, and what runc does.
 * - Of several rules with conditions for one call, any that holds has its action; of more than one, the
 *   one that says most, and a rule without conditions stands above them. What libseccomp gets wrong of
 *   such sets is written by seccomp_args.c.
 * - Where the default is an errno, calls with a higher number than all that the profile names
 *   get ENOSYS: its author can't have known them, and programs then fall back to older ones.
 * - It is shorter than libseccomp's, with the same answers (seccomp_shrink.c).
 * - Names of system calls that libseccomp does not know are left out; seccomp_prepare warns.
 */
#ifndef SBRUN_RUNTIME_SECCOMP_H
#define SBRUN_RUNTIME_SECCOMP_H

#include "../spec/spec.h"
#include "blake2.h"

#include <linux/filter.h>

/* What is compiled, and cached. In the arena. */
struct seccomp_program {
	struct sock_filter *insns;
	uint32_t n_insns;
	uint32_t n_archs;
	struct str_list unknown; /* names of system calls that were left out */
};

struct seccomp_filter {
	struct seccomp_program program;
	uint32_t flags;         /* SECCOMP_FILTER_FLAG_*; NEW_LISTENER when a rule notifies */
	const char *by_default; /* "ERRNO 1" */
	bool from_cache;
};

enum { SECCOMP_STORE = 1, SECCOMP_QUIET = 2 }; /* keep what was compiled; no warnings */

/*
 * The filter that s asks for; *out is NULL when it asks for none. `root` is the state root,
 * which with SECCOMP_STORE is made if need be. A cache that can't be used costs time, and is
 * no error.
 */
int seccomp_prepare(struct arena *a, const struct spec *s, const char *root, unsigned flags,
		    const struct seccomp_filter **out, struct diags *dg);

/* ---- the parts, for tests ---- */

int seccomp_compile(struct arena *a, const struct spec *s, struct seccomp_program *out, struct diags *dg);

/* What the program depends on: the section, the libraries' version, the kernel. */
void seccomp_key(const struct spec_seccomp *s, unsigned char key[BLAKE2_SIZE]);

/*
 * The cache: files named by the key in a directory that belongs to us alone. Load answers 0
 * only for a file that is ours, whole and of that key; store replaces whatever is there and
 * keeps at most SECCOMP_CACHE_MAX files. Both are quiet: without a cache all goes on.
 */
enum { SECCOMP_CACHE_MAX = 64 };
int seccomp_cache_load(struct arena *a, int dir, const unsigned char key[BLAKE2_SIZE],
		       struct seccomp_program *out);
void seccomp_cache_store(struct arena *a, int dir, const unsigned char key[BLAKE2_SIZE],
			 const struct seccomp_program *p);

/* The SECCOMP_FILTER_FLAG_* of a name in linux.seccomp.flags, and whether this kernel has it. */
uint32_t seccomp_flag(const char *name);
bool seccomp_flag_supported(const char *name);
/* Whether libseccomp knows "SCMP_ARCH_...". */
bool seccomp_arch_supported(const char *name);
bool seccomp_notifies(const struct spec_seccomp *s);

#endif
