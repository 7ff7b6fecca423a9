/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `try`, which `spec --host` and `plan --host` have too; their target is struct host_opts. */
#ifndef SBRUN_RUNTIME_HOST_OPTIONS_H
#define SBRUN_RUNTIME_HOST_OPTIONS_H

#include "command.h"
#include "host_config.h"

extern const struct opt host_options[];

/*
 * The configuration that the options and the command (c->words) stand for, also in o->launch.text. -1 with
 * errors. Nothing is made; host_uppers makes the directories that --upper needs.
 */
int host_prepare(struct call *c, struct host_opts *o, struct host_config *out);
int host_uppers(const struct host_config *cfg, struct diags *dg);

#endif
