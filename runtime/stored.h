/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as it was at create, out of the state directory. */
#ifndef SBRUN_RUNTIME_STORED_H
#define SBRUN_RUNTIME_STORED_H

#include "../spec/spec.h"
#include "state.h"

/* Loaded without its warnings, which create has given already. NULL with errors. */
struct spec *stored_config(struct arena *a, struct state_dir *sd, struct diags *dg);

#endif
