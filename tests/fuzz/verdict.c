/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a process under its filter has left in its verdict (message.h): it is in memory that
 * hostile code could have had. There is a sentence for it that harms no terminal, and an exit code of ours.
 */
#include "fuzz.h"

#include "../../runtime/conduct.h"
#include "../../runtime/message.h"

#include <fcntl.h>
#include <unistd.h>

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = { 0 };

	return &shape;
}

static struct spec *spec;
static struct planned planned;

static void plan_once(void)
{
	struct arena *a = arena_create(); /* for good */
	struct plan_opts o = { .bundle = "/b", .id = "fuzzed", .cgroup_name = "c" };
	struct diags dg;

	diags_init(&dg, a);
	spec = spec_load(a, "tests/golden/base.json", "config.json", 0, &dg);
	MUST(spec && plan_sandbox(a, spec, fuzz_facts(0), &o, &planned, &dg) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = open(fuzz_file(data, size), O_RDONLY | O_CLOEXEC);
	struct arena *a = arena_create();
	struct plan_msg m;
	struct diags dg;

	if (!spec)
		plan_once();
	diags_init(&dg, a);
	if (verdict_failure(fd, &m)) {
		conduct_failure(a, spec, &planned, &m, &dg);
		fuzz_diags(&dg, true, false);
		MUST(diags_exit_code(&dg) >= EXIT_SBRUN && diags_exit_code(&dg) <= EXIT_NOT_FOUND);
	}
	close(fd);
	arena_destroy(a);
	return 0;
}
