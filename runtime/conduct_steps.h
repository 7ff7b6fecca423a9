/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's executor: what runs each of its kinds of step. 0, or -1 with an error. */
#ifndef SBRUN_RUNTIME_CONDUCT_STEPS_H
#define SBRUN_RUNTIME_CONDUCT_STEPS_H

#include "conduct.h"

#define DECLARE_PARENT(kind, fn) int step_##fn(struct conduct *c, const struct step *s, struct diags *dg);
#define DECLARE_CHILD(kind, fn)
PLAN_STEPS(DECLARE_PARENT, DECLARE_CHILD, DECLARE_CHILD)
#undef DECLARE_PARENT
#undef DECLARE_CHILD

#endif
