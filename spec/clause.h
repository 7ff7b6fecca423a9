/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_SPEC_CLAUSE_H
#define SBRUN_SPEC_CLAUSE_H

/*
 * The part of the runtime-spec that has the rules for the field at a JSON pointer, as
 * "config-linux.md, Namespaces"; NULL for sbrun's own fields and for what it has no rule for.
 */
const char *spec_clause(const char *pointer);

#endif
