/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share. A target is a C file here with LLVMFuzzerTestOneInput; it is linked with all
 * of sbrun but main() and with common.c and mutate.c. tests/fuzz/run builds, seeds and runs them.
 *
 * Besides what the sanitizers see, a target aborts where a promise is broken: a refusal without an error,
 * an error without its place, a plan that reads outside itself, a text that isn't read back as what it was.
 */
#ifndef SBRUN_TESTS_FUZZ_H
#define SBRUN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/facts.h"
#include "../../runtime/planner.h"
#include "../../spec/arena.h"
#include "../../spec/decode.h"
#include "../../spec/diag.h"
#include "../../spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What the input is, for the mutator: `prefix` bytes of any kind, then a JSON document that the table
 * describes (NULL: some document), or a pair of these with a NUL byte between them. Without `json` it is
 * any bytes.
 */
struct fuzz_shape {
	bool json, pair;
	size_t prefix;
	const struct table *table;
};
const struct fuzz_shape *fuzz_shape(void); /* each target has one */

/* The table of an object further down: table_below(&table_spec, "linux", "seccomp", NULL). */
const struct table *table_below(const struct table *t, ...);

#define MUST(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
__attribute__((noreturn)) void fuzz_broken(const char *what, const char *file, int line);

/* That a call which returned `failed` left errors exactly then, all of which can be formatted. */
void fuzz_diags(struct diags *dg, bool failed, bool with_place);

/* The bytes as a file: a path that is valid until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* The n-th of tests/golden/facts, read once; any n. */
const struct facts *fuzz_facts(unsigned n);

/* A configuration that is accepted, with `section` as its member of that name in "linux". */
struct spec *fuzz_spec(struct arena *a, const char *key, const uint8_t *section, size_t size,
		       struct diags *dg);

/* That all in it lies within it and every text of it can be made. */
void fuzz_plan(struct arena *a, const struct planned *p);

#endif
