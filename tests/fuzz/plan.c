/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration planned for one of the hosts of tests/golden/facts (first byte) with the options of the
 * second: a refusal has its errors, a plan lies within itself, has a text for each step, and is the same
 * when made again.
 */
#include "fuzz.h"

#include "../../runtime/seccomp.h"

const struct fuzz_shape *fuzz_shape(void)
{
	static const struct fuzz_shape shape = { .json = true, .prefix = 2, .table = &table_spec };

	return &shape;
}

static int plan(struct arena *a, const struct spec *s, const uint8_t *data, struct planned *out,
		struct diags *dg)
{
	static struct sock_filter allow[] = { { BPF_RET, 0, 0, 0x7fff0000 } };
	static const struct seccomp_filter filter = { .program = { allow, 1, 1, { NULL, 0 } }, .by_default = "ALLOW" };
	struct plan_opts o = {
		.bundle = "/bundle",
		.id = "fuzzed",
		.preserve_fds = data[1] & 1 ? 2 : 0,
		.no_pivot = data[1] & 2,
		.no_new_keyring = data[1] & 4,
		.gate = data[1] & 8,
		.report_steps = data[1] & 16,
		.set_init = data[1] & 32,
		.init = data[1] & 64 ? INIT_ALWAYS : INIT_NEVER,
		.umask = 022,
		.filter = s->linux_->seccomp ? &filter : NULL,
		.manager = data[1] & 128 ? CGROUP_SYSTEMD : CGROUP_FS,
		.cgroup_name = "sbrun-fuzzed",
	};

	return plan_sandbox(a, s, fuzz_facts(data[0]), &o, out, dg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;
	struct diags dg;
	struct planned one, two;
	struct spec *s;

	if (size < 2)
		return -1;
	a = arena_create();
	diags_init(&dg, a);
	s = spec_load_text(a, (const char *)data + 2, size - 2, "config.json", 0, &dg);
	if (s) {
		int r = plan(a, s, data, &one, &dg);

		fuzz_diags(&dg, r < 0, false);
		if (r == 0) {
			fuzz_plan(a, &one);
			MUST(plan(a, s, data, &two, &dg) == 0 && one.plan->size == two.plan->size);
			MUST(memcmp(one.plan, two.plan, one.plan->size) == 0);
		}
	}
	arena_destroy(a);
	return 0;
}
