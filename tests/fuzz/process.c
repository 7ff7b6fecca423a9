/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes behind the first three as the process file of exec, and what is accepted planned for a sandbox
 * with the namespaces of the second byte, on one of the hosts of tests/golden/facts (first byte).
 */
#include "fuzz.h"

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = { .json = true, .prefix = 3, .table = &table_process };

	return &shape;
}

static void plan(struct arena *a, const struct spec *s, const uint8_t *data, struct diags *dg)
{
	static const uint64_t inodes[NS__COUNT] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct planned p;
	struct plan_exec_opts o = {
		.process = s->process,
		.linux_ = s->linux_,
		.id = "fuzzed",
		.namespaces = data[1],
		.init_pid = 2,
		.ns_ino = data[2] & 1 ? inodes : NULL,
		.by_root_fd = data[2] & 2,
		.report_steps = data[2] & 4,
		.setgroups_denied = data[2] & 8,
		.preserve_fds = data[2] & 16 ? 3 : 0,
		.umask = 022,
	};
	int r = plan_exec(a, s, fuzz_facts(data[0]), &o, &p, dg);

	fuzz_diags(dg, r < 0, false);
	if (r == 0)
		fuzz_plan(a, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;
	struct diags dg;
	struct spec *s;
	bool good;

	if (size < 3)
		return -1;
	a = arena_create();
	diags_init(&dg, a);
	good = spec_load_process(a, fuzz_file(data + 3, size - 3), "process.json", data[2] & 32 ? SPEC_STRICT : 0, &s,
				 &dg);
	fuzz_diags(&dg, !good, true);
	if (good)
		plan(a, s, data, &dg);
	arena_destroy(a);
	return 0;
}
