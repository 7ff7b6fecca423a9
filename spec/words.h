/* SPDX-License-Identifier: Apache-2.0 */
/* The sets of names that values are taken from, in the order of the enums in spec.h. */
#ifndef SBRUN_SPEC_WORDS_H
#define SBRUN_SPEC_WORDS_H

#include "decode.h"

extern const struct words words_ns_type, words_rlimit, words_sched_policy, words_sched_flag, words_io_class,
	words_device_type, words_device_rule, words_propagation, words_personality, words_personality_flag,
	words_mpol_mode,
	words_mpol_flag, words_seccomp_action, words_seccomp_arch, words_seccomp_flag, words_seccomp_op,
	words_init, words_network, words_capability;

/* Position of the word, or -1. */
int words_find(const struct words *w, const char *s, size_t len);

#endif
