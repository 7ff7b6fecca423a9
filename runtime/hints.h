/* SPDX-License-Identifier: Apache-2.0 */
/* What most likely is behind a step's failure, and what to do about it. */
#ifndef SBRUN_RUNTIME_HINTS_H
#define SBRUN_RUNTIME_HINTS_H

#include "../spec/diag.h"
#include "planner.h"

/*
 * For the error of a step with d->err, d->call and d->path (what stage-2 said of the object) filled
 * in. Static text or the arena's; NULL: nothing better than the error itself is known.
 */
const char *hint_of_step(struct arena *a, const struct plan *p, uint32_t step, const struct diag *d);

#endif
