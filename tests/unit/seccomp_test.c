/* SPDX-License-Identifier: Apache-2.0 */
/* Filters without a sandbox: what is compiled is run by an interpreter (../bpf.h); and the cache. */
#include "../../runtime/seccomp_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "../bpf.h"
#include "tap.h"

static struct arena *arena;
static struct diags dg;

static struct spec *spec_with(const char *seccomp)
{
	char *text = arena_printf(arena,
				  "{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"r\"},"
				  " \"process\": {\"cwd\": \"/\", \"args\": [\"a\"], \"noNewPrivileges\": true,"
				  " \"user\": {\"uid\": 0, \"gid\": 0}},"
				  " \"linux\": {\"seccomp\": %s}}", seccomp);
	struct spec *s;

	diags_init(&dg, arena);
	s = spec_load_text(arena, text, strlen(text), "config.json", 0, &dg);
	if (!s)
		printf("# %s\n", diag_format(&dg, dg.first));
	return s;
}

static uint32_t ask(const struct seccomp_program *p, uint32_t arch, int nr, uint64_t arg0, uint64_t arg1)
{
	struct seccomp_data d = { .nr = nr, .arch = arch, .args = { arg0, arg1 } };

	return interpret(p, &d);
}

static bool compile(const char *seccomp, struct seccomp_program *p)
{
	struct spec *s = spec_with(seccomp);

	if (!s)
		return false;
	if (seccomp_compile(arena, s, p, &dg) == 0)
		return true;
	printf("# %s\n", diag_format(&dg, dg.last));
	return false;
}

#if defined(__x86_64__)
enum { NATIVE = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { NATIVE = AUDIT_ARCH_AARCH64 };
#endif
enum { ERRNO = SECCOMP_RET_ERRNO, ALLOW = SECCOMP_RET_ALLOW };

static void test_actions(void)
{
	static const struct {
		const char *name;
		uint32_t want;
	} rows[] = {
		{ "ALLOW", SECCOMP_RET_ALLOW },
		{ "ERRNO", SECCOMP_RET_ERRNO | EPERM },
		{ "KILL", SECCOMP_RET_KILL_THREAD },
		{ "KILL_THREAD", SECCOMP_RET_KILL_THREAD },
		{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
		{ "TRAP", SECCOMP_RET_TRAP },
		{ "TRACE", SECCOMP_RET_TRACE | EPERM },
		{ "LOG", SECCOMP_RET_LOG },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seccomp_program p = { 0 };
		const char *other = strcmp(rows[i].name, "ALLOW") ? "ALLOW" : "TRAP";

		ok(compile(arena_printf(arena,
					"{\"defaultAction\": \"SCMP_ACT_%s\", \"syscalls\": [{\"names\": [\"read\"],"
					" \"action\": \"SCMP_ACT_%s\"}]}", other, rows[i].name), &p) &&
			   ask(&p, NATIVE, SYS_read, 0, 0) == rows[i].want,
		   arena_printf(arena, "SCMP_ACT_%s", rows[i].name));
		ok(ask(&p, 0x12345678, SYS_read, 0, 0) == SECCOMP_RET_KILL_PROCESS,
		   "another architecture kills the process");
	}
}

#define LIST "\"syscalls\": [{\"names\": [\"read\", \"openat2\"], \"action\": \"SCMP_ACT_ALLOW\"}]"

static void test_newer(void)
{
	struct seccomp_program p = { 0 };

	ok(compile("{\"defaultAction\": \"SCMP_ACT_ERRNO\", " LIST "}", &p), "a profile up to openat2");
	ok(ask(&p, NATIVE, SYS_read, 0, 0) == ALLOW && ask(&p, NATIVE, 437, 0, 0) == ALLOW, "what it allows");
	ok(ask(&p, NATIVE, 436, 0, 0) == (ERRNO | EPERM), "below its highest: the default");
	ok(ask(&p, NATIVE, 438, 0, 0) == (ERRNO | ENOSYS), "above: ENOSYS");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38, " LIST "}", &p) &&
		   ask(&p, NATIVE, 436, 0, 0) == (ERRNO | ENOSYS),
	   "with a default of ENOSYS there is nothing to add");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_TRAP\", " LIST "}", &p) &&
		   ask(&p, NATIVE, 438, 0, 0) == SECCOMP_RET_TRAP,
	   "a default that is no errno stays");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_ERRNO\"}", &p) &&
		   ask(&p, NATIVE, 1000, 0, 0) == (ERRNO | EPERM),
	   "a profile that names nothing has no highest");
#if defined(__x86_64__)
	enum { X32 = 0x40000000 };

	ok(ask(&p, NATIVE, X32 | 39, 0, 0) == SECCOMP_RET_KILL_PROCESS, "x32 is not let in by its number");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X32\","
		   " \"SCMP_ARCH_X86\", \"SCMP_ARCH_AARCH64\", \"SCMP_ARCH_MIPS\"], " LIST "}", &p) &&
		   p.n_archs == 3,
	   "the architectures of this machine are taken, others left out");
	ok(ask(&p, NATIVE, X32 | 437, 0, 0) == ALLOW &&
		   ask(&p, NATIVE, X32 | 436, 0, 0) == (ERRNO | EPERM) &&
		   ask(&p, NATIVE, X32 | 600, 0, 0) == (ERRNO | ENOSYS),
	   "x32 has its own highest");
	ok(ask(&p, NATIVE, 438, 0, 0) == (ERRNO | ENOSYS) && ask(&p, NATIVE, 437, 0, 0) == ALLOW &&
		   ask(&p, NATIVE, 436, 0, 0) == (ERRNO | EPERM),
	   "and x86-64 still too");
	ok(ask(&p, AUDIT_ARCH_I386, 3, 0, 0) == ALLOW &&
		   ask(&p, AUDIT_ARCH_I386, 0, 0, 0) == (ERRNO | EPERM) &&
		   ask(&p, AUDIT_ARCH_I386, 438, 0, 0) == (ERRNO | ENOSYS),
	   "i386 by its own numbers");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"],"
		   " \"syscalls\": [{\"names\": [\"read\", \"socket\"], \"action\": \"SCMP_ACT_ALLOW\"}]}", &p) &&
		   ask(&p, AUDIT_ARCH_I386, 359, 0, 0) == ALLOW &&
		   ask(&p, AUDIT_ARCH_I386, 360, 0, 0) == (ERRNO | ENOSYS),
	   "a call that i386 has twice counts by its direct number");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_TRAP\", \"architectures\": [\"SCMP_ARCH_X86\"],"
		   " \"syscalls\": [{\"names\": [\"bind\"], \"action\": \"SCMP_ACT_ALLOW\"},"
		   " {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0,"
		   " \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}]}", &p) &&
		   ask(&p, AUDIT_ARCH_I386, 102, 1, 0) == (ERRNO | ENOSYS) &&
		   ask(&p, AUDIT_ARCH_I386, 102, 2, 0) == ALLOW &&
		   ask(&p, AUDIT_ARCH_I386, 359, 1, 0) == ALLOW &&
		   ask(&p, AUDIT_ARCH_I386, 359, 38, 0) == SECCOMP_RET_TRAP &&
		   ask(&p, AUDIT_ARCH_I386, 4, 0, 0) == SECCOMP_RET_TRAP &&
		   ask(&p, NATIVE, 41, 1, 0) == ALLOW &&
		   ask(&p, NATIVE, 102, 1, 0) == SECCOMP_RET_TRAP,
	   "socketcall is no way around conditions on socket");
#endif
}

/* A tree of comparisons and a row of them must say the same: every second call, so that it is a tree. */
static void test_tree(void)
{
	char *names = arena_strdup(arena, "");
	struct seccomp_program p = { 0 };
	bool same = true;

	for (int i = 0; i < 2; i++) /* enough of them to be sorted */
		names = arena_printf(arena, "%s%s\"read\", \"close\", \"lseek\", \"mmap\", \"mprotect\", \"munmap\","
				     " \"brk\", \"ioctl\", \"pread64\", \"readv\", \"writev\", \"getpid\"", names,
				     i ? ", " : "");
	ok(compile(arena_printf(arena, "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [%s],"
				" \"action\": \"SCMP_ACT_ALLOW\"}, {\"names\": [\"fcntl\"], \"action\":"
				" \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 1, \"value\": 5, \"op\":"
				" \"SCMP_CMP_EQ\"}, {\"index\": 1, \"value\": 7, \"op\": \"SCMP_CMP_EQ\"}]}]}", names),
		   &p), "a profile large enough for a tree");
	static const int allowed[] = { SYS_read,   SYS_close, SYS_lseek, SYS_mmap,    SYS_mprotect,
				       SYS_munmap, SYS_brk,   SYS_ioctl, SYS_pread64, SYS_readv,
				       SYS_writev, SYS_getpid };
	int newest = 0;

	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		newest = allowed[i] > newest ? allowed[i] : newest;
	newest = SYS_fcntl > newest ? SYS_fcntl : newest;
	for (int nr = 0; nr < 600; nr++) {
		uint32_t want = nr > newest ? ERRNO | ENOSYS : ERRNO | EPERM;

		for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
			if (allowed[i] == nr)
				want = ALLOW;
		if (ask(&p, NATIVE, nr, 0, 0) != want)
			same = false;
	}
	ok(same, "every number gets what it should");
	ok(ask(&p, NATIVE, SYS_fcntl, 0, 5) == ALLOW && ask(&p, NATIVE, SYS_fcntl, 0, 7) == ALLOW &&
		   ask(&p, NATIVE, SYS_fcntl, 0, 6) == (ERRNO | EPERM) &&
		   ask(&p, NATIVE, SYS_fcntl, 0, 0x100000005) == (ERRNO | EPERM),
	   "of conditions on one argument one has to hold");
}

/* ---- the shorter program */

static const uint64_t arg_values[] = { 0, 1, 2, 5, 7, 8, 9, 16, 38, 40, 0x80, 0x7e020000, 0x20000,
				       0xffffffff, 0x100000005, 0xffffffffffffffff };

static uint64_t next_arg(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return arg_values[(*seed >> 16) % (sizeof arg_values / sizeof *arg_values)];
}

/* Both asked for every number that may be one, and some that can't, with arguments that rules look at. */
static bool same_everywhere(const struct seccomp_program *p, const struct seccomp_program *q)
{
	static const uint32_t archs[6] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_ARM, 0, 0xffffffff };
	static const uint32_t from[5] = { 0, 0x40000000, 0x0f0000, 0x7ffffe00, 0xfffffe00 };
	unsigned seed = 1;

	for (size_t i = 0; i < 6 * 5 * 512; i++) {
		struct seccomp_data d = { .arch = archs[i / 512 % 6],
					  .nr = (int)(from[i / 512 / 6] + i % 512) };

		for (int tries = 0; tries < 40; tries++) {
			for (int k = 0; k < 6; k++)
				d.args[k] = next_arg(&seed);
			if (interpret(p, &d) != interpret(q, &d)) {
				printf("# arch %#x, number %d\n", d.arch, d.nr);
				return false;
			}
		}
	}
	return true;
}

static bool both(const char *seccomp, struct seccomp_program *p, struct seccomp_program *q)
{
	struct spec *s = spec_with(seccomp);

	return s && seccomp_translate(arena, s, p, &dg) == 0 && seccomp_compile(arena, s, q, &dg) == 0;
}

/* Mostly neighbours, as they are in real profiles. */
#define NAMES "\"read\", \"write\", \"open\", \"close\", \"stat\", \"fstat\", \"lstat\", \"poll\", " \
	"\"lseek\", \"mmap\", \"mprotect\", \"munmap\", \"brk\", \"rt_sigaction\", " \
	"\"rt_sigprocmask\", \"rt_sigreturn\", \"ioctl\", \"pread64\", \"pwrite64\", \"readv\", " \
	"\"writev\", \"access\", \"pipe\", \"select\", \"sched_yield\", \"mremap\", \"msync\", " \
	"\"mincore\", \"madvise\", \"dup\", \"dup2\", \"pause\", \"nanosleep\", \"getitimer\", " \
	"\"alarm\", \"setitimer\", \"getpid\", \"sendfile\", \"uname\", \"execve\", \"exit\", " \
	"\"wait4\", \"kill\", \"openat\", \"statx\", \"clone3\", \"futex\", \"recvmsg\""
#define RULES "{\"names\": [" NAMES "], \"action\": \"SCMP_ACT_ALLOW\"}," \
	"{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 40, \"op\":" \
	" \"SCMP_CMP_NE\"}]}, {\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\":" \
	" 2114060288, \"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}]}, {\"names\": [\"personality\"], \"action\":" \
	" \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 8, \"op\": \"SCMP_CMP_EQ\"}]}, {\"names\": [\"fcntl\"]," \
	" \"action\": \"SCMP_ACT_TRAP\", \"args\": [{\"index\": 1, \"value\": 7, \"op\": \"SCMP_CMP_GT\"}, {\"index\": 2," \
	" \"value\": 5, \"op\": \"SCMP_CMP_LE\"}]}"

static void test_shrunk(void)
{
	static const char *const profiles[] = {
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [" RULES "]}",
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\","
		" \"SCMP_ARCH_X32\", \"SCMP_ARCH_ARM\"], \"syscalls\": [" RULES "]}",
		"{\"defaultAction\": \"SCMP_ACT_KILL_PROCESS\", \"architectures\": [\"SCMP_ARCH_X86\"], \"syscalls\": ["
		RULES "]}",
		"{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": [" RULES "]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"ptrace\", \"mount\"], \"action\":"
		" \"SCMP_ACT_ERRNO\"}]}",
	};
	struct seccomp_program p, q;
	bool same = true;

	for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
		same = both(profiles[i], &p, &q) && (q.n_insns < p.n_insns || i > 3) &&
		       same_everywhere(&p, &q) && same;
	ok(same, "there is a shorter program, with the same answers");
	ok(both(profiles[0], &p, &q) && q.n_insns < p.n_insns * 2 / 3, "by a third and more");
}

/* What can't be followed exactly stays as it is. */
static void test_left_alone(void)
{
	enum { NR = offsetof(struct seccomp_data, nr), ARCH = offsetof(struct seccomp_data, arch) };
	struct sock_filter masked[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARCH),
					BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 0, 3),
					BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR),
					BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1),
					BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0),
					BPF_STMT(BPF_RET | BPF_K, ALLOW), BPF_STMT(BPF_RET | BPF_K, ALLOW) };
	struct sock_filter kept[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARCH), BPF_STMT(BPF_ST, 0),
				      BPF_STMT(BPF_LD | BPF_MEM, 0),
				      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 0, 0),
				      BPF_STMT(BPF_RET | BPF_K, ALLOW) };
	struct sock_filter below[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARCH),
				       BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NATIVE, 0, 0),
				       BPF_STMT(BPF_RET | BPF_K, ALLOW) };
	struct sock_filter off[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARCH),
				     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 7, 0),
				     BPF_STMT(BPF_RET | BPF_K, ALLOW) };
	struct seccomp_program p[] = { { masked, 7, 1, { 0 } }, { kept, 5, 1, { 0 } }, { below, 3, 1, { 0 } },
				       { off, 3, 1, { 0 } } };

	for (size_t i = 0; i < sizeof p / sizeof *p; i++)
		ok(!seccomp_shrink(arena, &p[i]), "what isn't understood stays");
}

/* ---- several rules with conditions for one call */

static const char *const op_names[] = { "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };

struct condition { unsigned index, op; uint64_t value, two; };
struct rule { unsigned n; struct condition v[3]; };

static unsigned pick(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

static uint64_t pick_value(unsigned *seed, bool wide)
{
	static const uint64_t values[] = { 0,		1,	     2,		3,	   0x100000001,
					   0x100000002, 0x200000001, INT64_MAX, UINT64_MAX };

	return values[pick(seed, wide ? 9 : 4)];
}

static char *make_rule(struct rule *r, unsigned *seed, bool wide)
{
	char *text = arena_strdup(arena, "");

	r->n = 1 + pick(seed, 3);
	for (unsigned i = 0, from = pick(seed, 2); i < r->n; i++, from++) {
		struct condition *c = &r->v[i];

		*c = (struct condition){ from, pick(seed, 7), pick_value(seed, wide),
					 pick_value(seed, wide) };
		text = arena_printf(arena, "%s%s{\"index\": %u, \"op\": \"SCMP_CMP_%s\", \"value\": %llu,"
				    " \"valueTwo\": %llu}", text, i ? ", " : "", c->index, op_names[c->op],
				    (unsigned long long)c->value, (unsigned long long)c->two);
	}
	return arena_printf(arena, "{\"names\": [\"fcntl\"], \"action\": \"SCMP_ACT_TRAP\", \"args\": [%s]}", text);
}

/* What a condition says, with nothing of how it is compiled. */
static bool condition_holds(const struct condition *c, const __u64 *args, uint64_t bits)
{
	uint64_t x = args[c->index] & bits, value = c->value & bits;
	bool results[] = { x != value, x < value, x <= value, x == value, x >= value, x > value,
			   (x & value) == (c->two & value) };

	return results[c->op];
}

static bool some_rule_holds(const struct rule *r, unsigned n, const __u64 *args, uint64_t bits)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned k = 0;

		while (k < r[i].n && condition_holds(&r[i].v[k], args, bits))
			k++;
		if (k == r[i].n)
			return true;
	}
	return false;
}

/* Each of the architectures, with all sorts of arguments. */
static bool says_what_rules_say(const struct seccomp_program *p, const struct rule *r, unsigned n,
				unsigned *seed)
{
	static const struct { uint32_t arch; int nr; uint64_t bits; } kinds[] = {
		{ NATIVE, SYS_fcntl, UINT64_MAX },
#if defined(__x86_64__)
		{ AUDIT_ARCH_I386, 55, UINT32_MAX },
		{ NATIVE, 0x40000000 | SYS_fcntl, UINT32_MAX },
#endif
	};

	for (unsigned tries = 0; tries < 1500; tries++) {
		size_t k = tries % (sizeof kinds / sizeof *kinds);
		struct seccomp_data d = { .arch = kinds[k].arch, .nr = kinds[k].nr };
		bool trapped;

		for (int i = 0; i < 6; i++)
			d.args[i] = pick_value(seed, kinds[k].arch != AUDIT_ARCH_I386);
		trapped = interpret(p, &d) == SECCOMP_RET_TRAP;
		if (trapped != some_rule_holds(r, n, d.args, kinds[k].bits)) {
			printf("# kind %zu: %s\n", k, trapped ? "refused" : "let through");
			return false;
		}
	}
	return true;
}

static void test_conditions(void)
{
	struct seccomp_program p = { 0 };
	struct rule rules[4];
	bool good = true;

	for (unsigned round = 0, seed = 1; round < 300 && good; round++) {
		unsigned n = 1 + round % 4;
		char *text = arena_strdup(arena, "");

		for (unsigned i = 0; i < n; i++)
			text = arena_printf(arena, "%s%s%s", text, i ? ", " : "",
					    make_rule(&rules[i], &seed, round & 4));
		good = compile(arena_printf(arena, "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\":"
					    " [\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"], \"syscalls\": [%s]}", text),
			       &p) && says_what_rules_say(&p, rules, n, &seed);
		if (!good)
			printf("# round %u: %s\n", round, text);
	}
	ok(good, "sets of rules with conditions mean what they say, on each architecture");
}

#define WHEN(action, ret, op, value) "{\"names\": [\"fcntl\"], \"action\": \"SCMP_ACT_" action "\"" ret ", \"args\":" \
	" [{\"index\": 1, \"op\": \"SCMP_CMP_" op "\", \"value\": " value "}]}"
#define TRACED(value) "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_TRACE\", \"errnoRet\": " value "}"

static void test_order(void)
{
	struct seccomp_program p = { 0 };

	ok(compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [" WHEN("ERRNO", ", \"errnoRet\": 1", "GT", "5")
		   ", " WHEN("ERRNO", ", \"errnoRet\": 2", "GT", "10") ", " WHEN("TRAP", "", "EQ", "12") "]}", &p),
	   "conditions with several answers");
	ok(ask(&p, NATIVE, SYS_fcntl, 0, 5) == ALLOW && ask(&p, NATIVE, SYS_fcntl, 0, 6) == (ERRNO | 1) &&
		   ask(&p, NATIVE, SYS_fcntl, 0, 11) == (ERRNO | 2) &&
		   ask(&p, NATIVE, SYS_fcntl, 0, 12) == SECCOMP_RET_TRAP &&
		   ask(&p, NATIVE, SYS_fcntl, 0, 13) == (ERRNO | 2),
	   "the one that says most has its way, wherever it stands");
	ok(!compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [" WHEN("TRAP", "", "GT", "5") ", "
		    WHEN("LOG", "", "GT", "5") "]}", &p) && dg.last->hint && dg.last->pointer &&
		   !strcmp(dg.last->pointer, "/linux/seccomp/syscalls/1"),
	   "one against another with its conditions is an error with its place");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [" WHEN("TRAP", "", "GT", "5") ", "
		   WHEN("TRAP", "", "LT", "3") ", {\"names\": [\"fcntl\"], \"action\": \"SCMP_ACT_LOG\"}]}", &p) &&
		   ask(&p, NATIVE, SYS_fcntl, 0, 9) == SECCOMP_RET_LOG,
	   "a rule without conditions stands above them");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [" TRACED("65535") ", " WHEN("TRAP", "", "GT",
		   "5") ", " WHEN("TRAP", "", "LT", "3") "]}", &p) &&
		   ask(&p, NATIVE, SYS_read, 0, 9) == (SECCOMP_RET_TRACE | 0xffff) &&
		   ask(&p, NATIVE, SYS_fcntl, 0, 9) == SECCOMP_RET_TRAP &&
		   ask(&p, NATIVE, SYS_fcntl, 0, 4) == ALLOW,
	   "beside rules that trace");
}

/* libseccomp 2.5.4 takes the two in one order only; with the first three it loses memory. */
static void test_part_of_another(void)
{
#define BOTH(action, second) "{\"names\": [\"fcntl\"], \"action\": \"SCMP_ACT_" action "\", \"args\": [{\"index\": 1," \
	" \"op\": \"SCMP_CMP_EQ\", \"value\": 5}, {\"index\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\", \"value\": " second "}]}"
	static const char *const orders[] = {
		BOTH("TRAP", "1048576") ", " BOTH("TRAP", "4611686018427387904") ", " WHEN("TRAP", "", "EQ", "5"),
		BOTH("LOG", "8") ", " WHEN("TRAP", "", "EQ", "5"),
		WHEN("TRAP", "", "EQ", "5") ", " BOTH("LOG", "8"),
	};
	struct seccomp_program p = { 0 };

	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		ok(compile(arena_printf(arena, "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [%s]}",
					orders[i]), &p) &&
			   ask(&p, NATIVE, SYS_fcntl, 0, 5) == (i ? SECCOMP_RET_LOG : SECCOMP_RET_TRAP) &&
			   ask(&p, NATIVE, SYS_fcntl, 8, 5) == SECCOMP_RET_TRAP &&
			   ask(&p, NATIVE, SYS_fcntl, 0, 6) == ALLOW,
		   "a rule with some of another's conditions: the one with more comes first");
#undef BOTH
}

/* libseccomp 2.5.4 never ends with these two. */
static void test_no_cycle(void)
{
	struct seccomp_program p = { 0 };

	alarm(60);
	ok(compile("{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": [{\"names\": [\"fcntl\"], \"action\":"
		   " \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 3, \"value\": 8, \"op\": \"SCMP_CMP_EQ\"}, {\"index\": 1,"
		   " \"value\": 9223372036854775807, \"op\": \"SCMP_CMP_LE\"}]}, {\"names\": [\"fcntl\"], \"action\":"
		   " \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 5, \"value\": 8, \"op\": \"SCMP_CMP_EQ\"}, {\"index\": 1,"
		   " \"value\": 9223372036854775807, \"op\": \"SCMP_CMP_LE\"}]}]}", &p),
	   "two rules that begin with the same comparison by order come to an end");
	alarm(0);
}

static void test_refused(void)
{
	struct seccomp_program p = { 0 };

	ok(!compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": ["
		    "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 0, \"value\": 1,"
		    " \"op\": \"SCMP_CMP_EQ\"}]}, {\"names\": [\"read\"], \"action\": \"SCMP_ACT_TRAP\", \"args\":"
		    " [{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}]}", &p) && dg.last->hint &&
		   dg.last->pointer && !strcmp(dg.last->pointer, "/linux/seccomp/syscalls/1"),
	   "a rule against an earlier one is an error with its place");
	ok(compile("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\", \"nosuch\", \"nosuch\"],"
		   " \"action\": \"SCMP_ACT_ALLOW\"}, {\"names\": [\"nosuch\", \"nor_this\"], \"action\":"
		   " \"SCMP_ACT_ERRNO\"}]}", &p) && p.unknown.n == 2 && !strcmp(p.unknown.v[1], "nor_this"),
	   "unknown names are listed once");
}

/* ---- the cache */

static char root[64];

static const struct seccomp_filter *prepare(const char *seccomp)
{
	const struct seccomp_filter *f = NULL;
	struct spec *s = spec_with(seccomp);

	return s && seccomp_prepare(arena, s, root, SECCOMP_STORE, &f, &dg) == 0 ? f : NULL;
}

static bool same_program(const struct seccomp_filter *a, const struct seccomp_filter *b)
{
	return a && b && a->program.n_insns == b->program.n_insns &&
	       !memcmp(a->program.insns, b->program.insns, a->program.n_insns * sizeof *a->program.insns);
}

#define PROFILE "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\", \"nosuch\"]," \
		" \"action\": \"SCMP_ACT_ALLOW\"}]}"

static char *cached_file(const char *seccomp)
{
	unsigned char key[BLAKE2_SIZE];
	char *path = arena_printf(arena, "%s/.seccomp/", root);

	seccomp_key(spec_with(seccomp)->linux_->seccomp, key);
	for (int i = 0; i < BLAKE2_SIZE; i++)
		path = arena_printf(arena, "%s%02x", path, key[i]);
	return path;
}

/* The file is made bad by `how`; it must not be believed, and be there again afterwards. */
static void bad_file(const char *name, void (*how)(const char *path))
{
	const struct seccomp_filter *good = prepare(PROFILE), *f;

	how(cached_file(PROFILE));
	f = prepare(PROFILE);
	ok(f && !f->from_cache && same_program(f, good), arena_printf(arena, "%s: compiled again", name));
	f = prepare(PROFILE);
	ok(f && f->from_cache && same_program(f, good), arena_printf(arena, "%s: and replaced", name));
}

static void write_at(const char *path, off_t at, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (pwrite(fd, text, strlen(text), at) < 0)
		perror(path);
	close(fd);
}

static void wrong_byte(const char *path)
{
	write_at(path, 100, "x");
}

static void wrong_key(const char *path)
{
	write_at(path, 10, "x");
}

static void longer(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		write_at(path, st.st_size, "x");
}

static void shorter(const char *path)
{
	if (truncate(path, 120) < 0)
		perror(path);
}

static void empty(const char *path)
{
	if (truncate(path, 0) < 0)
		perror(path);
}

static void a_link(const char *path)
{
	char *to = arena_printf(arena, "%s/elsewhere", root);

	if (rename(path, to) < 0 || symlink(to, path) < 0)
		perror(path);
}

static void two_names(const char *path)
{
	char *to = arena_printf(arena, "%s/another", root);

	unlink(to);
	if (link(path, to) < 0)
		perror(path);
}

static void open_to_others(const char *path)
{
	chmod(path, 0644);
}

static void a_foreigners(const char *path)
{
	if (chown(path, 1234, 1234) < 0)
		perror(path);
}

static void test_cache(void)
{
	const struct seccomp_filter *cold = prepare(PROFILE), *warm;
	struct stat st;
	char *dir = arena_printf(arena, "%s/.seccomp", root);

	ok(cold && !cold->from_cache && dg.warnings == 1, "cold: compiled, with the warning");
	warm = prepare(PROFILE);
	ok(warm && warm->from_cache && same_program(cold, warm), "warm: the same program out of the cache");
	ok(dg.warnings == 1 && strstr(dg.first->what, "nosuch"), "and the same warning");
	warm = prepare("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 1, \"syscalls\": [{\"names\":"
		       " [\"read\", \"nosuch\"], \"action\": \"SCMP_ACT_ALLOW\"}]}");
	ok(warm && !warm->from_cache, "another section has another key");
	ok(stat(cached_file(PROFILE), &st) == 0 && (st.st_mode & 07777) == 0600, "mode 0600");
	ok(stat(dir, &st) == 0 && (st.st_mode & 07777) == 0700, "in a directory of 0700");
	bad_file("a wrong byte", wrong_byte);
	bad_file("another key", wrong_key);
	bad_file("a longer file", longer);
	bad_file("a shorter file", shorter);
	bad_file("an empty file", empty);
	bad_file("a link", a_link);
	bad_file("a second name", two_names);
	bad_file("open to others", open_to_others);
	if (geteuid() == 0)
		bad_file("another owner", a_foreigners);
	chmod(dir, 0777);
	warm = prepare(PROFILE);
	ok(warm && !warm->from_cache && dg.warnings == 2, "a directory that others may write to: not used, a warning");
	chmod(dir, 0700);
}

static unsigned count_files(void)
{
	char *command = arena_printf(arena, "ls %s/.seccomp | wc -l", root);
	FILE *f = popen(command, "r");
	unsigned n = 0;

	if (!f || fscanf(f, "%u", &n) != 1)
		n = 0;
	if (f)
		pclose(f);
	return n;
}

static void test_bounded(void)
{
	for (int i = 0; i < SECCOMP_CACHE_MAX + 8; i++)
		prepare(arena_printf(arena, "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": %d}", i));
	ok(count_files() == SECCOMP_CACHE_MAX, "the oldest are dropped");
	ok(prepare(arena_printf(arena, "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": %d}",
				SECCOMP_CACHE_MAX + 7))
		   ->from_cache, "the newest is kept");
}

static void test_digest(void)
{
	static const char want[] = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
	unsigned char digest[BLAKE2_SIZE];
	char text[BLAKE2_SIZE * 2 + 1];
	struct blake2 b;

	blake2_init(&b);
	blake2_add(&b, "abc", 3);
	blake2_end(&b, digest);
	for (int i = 0; i < BLAKE2_SIZE; i++)
		snprintf(text + i * 2, 3, "%02x", digest[i]);
	is_text(text, want, "BLAKE2b-256 of \"abc\"");
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	arena = arena_create();
	snprintf(root, sizeof root, "%s/sbrun-seccomp.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(root))
		return 1;
	test_digest();
	test_actions();
	test_newer();
	test_tree();
	test_shrunk();
	test_left_alone();
	test_conditions();
	test_order();
	test_part_of_another();
	test_no_cycle();
	test_refused();
	test_cache();
	test_bounded();
	if (system(arena_printf(arena, "rm -rf '%s'", root)) != 0)
		return 1;
	arena_destroy(arena);
	return tap_end();
}
