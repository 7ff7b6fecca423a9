/* SPDX-License-Identifier: Apache-2.0 */
/* The loader (spec/): values, places, limits, text, extensions. Broken files: broken_test.c. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "../../spec/number.h"
#include "../../spec/spec.h"

static unsigned tests, failures;
static struct arena *a;
static struct diags dg;

static void ok(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

static void show(void)
{
	for (struct diag *d = dg.first; d; d = d->next)
		printf("# %s\n", diag_format(&dg, d));
}

static bool same(const char *x, const char *y)
{
	return x && y && !strcmp(x, y);
}

/* Tests run one after the other in a fresh arena each. */
static void fresh(void)
{
	arena_destroy(a);
	a = arena_create();
	diags_init(&dg, a);
}

static struct spec *load_n(const char *text, size_t n)
{
	fresh();
	return spec_load_text(a, text, n, "config.json", 0, &dg);
}

/* A good configuration with these further members at the top; ' stands for ". */
static struct spec *load_with(const char *more)
{
	char *copy = strdup(more), *text; /* it may lie in the arena that goes now */

	for (char *p = copy; p && *p; p++)
		*p = *p == '\'' ? '"' : *p;
	fresh();
	text = arena_printf(a,
			    "{\"ociVersion\":\"1.3.0\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"},%s%s}",
			    strstr(copy, "\"root\"") ? "" : "\"root\":{\"path\":\"r\"},", copy);
	free(copy);
	return spec_load_text(a, text, strlen(text), "config.json", 0, &dg);
}

static struct spec *load_linux(const char *more)
{
	return load_with(arena_printf(a,
				      "'linux':{'namespaces':[{'type':'mount'},{'type':'network'},"
				      "{'type':'time'},{'type':'ipc'}],%s}",
				      more));
}

/* The first message is an error at this pointer, and says this. */
static bool refused(struct spec *s, const char *pointer, const char *cause)
{
	bool good = !s && dg.first && same(dg.first->pointer ? dg.first->pointer : "", pointer) &&
		    strstr(diag_format(&dg, dg.first), cause);

	if (!good)
		show();
	return good;
}

static bool accepted(struct spec *s)
{
	if (!s || dg.warnings)
		show();
	return s && !dg.errors && !dg.warnings;
}

/* A text that grows; never freed by itself. */
struct buffer {
	char *v;
	size_t n, cap;
};

static void add(struct buffer *b, const char *s)
{
	size_t n = strlen(s);

	if (b->n + n + 1 > b->cap) {
		b->cap = (b->n + n + 1) * 2;
		b->v = realloc(b->v, b->cap);
		if (!b->v)
			abort();
	}
	memcpy(b->v + b->n, s, n + 1);
	b->n += n;
}

/* "[X,X,...]" with n times X. */
static char *repeat(struct buffer *b, const char *before, const char *x, size_t n, const char *after)
{
	b->n = 0;
	add(b, before);
	for (size_t i = 0; i < n; i++) {
		if (i)
			add(b, ",");
		add(b, x);
	}
	add(b, after);
	return b->v;
}

/* The same with "l0", "l1" ..., each between two of `quote`. */
static char *layers(struct buffer *b, const char *before, const char *quote, char between, size_t n,
		    const char *after)
{
	char name[32];

	b->n = 0;
	add(b, before);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%.1s%sl%zu%s", &between, quote, i, quote);
		add(b, i ? name : name + 1);
	}
	add(b, after);
	return b->v;
}

static void test_arena(void)
{
	size_t cap = 0;
	int *v = NULL;
	bool aligned = true, zero = true;
	char *big;

	fresh();
	for (size_t i = 0; i < 5000; i++) {
		unsigned char *p = arena_alloc(a, i % 97);

		aligned &= (uintptr_t)p % 16 == 0;
		for (size_t k = 0; k < i % 97; k++)
			zero &= p[k] == 0;
		memset(p, 0xff, i % 97);
	}
	ok(aligned && zero, "arena: aligned and zeroed");
	ok(arena_alloc(a, 0) != arena_alloc(a, 0), "arena: size 0 is a valid, unique pointer");
	for (int i = 0; i < 100000; i++) {
		v = arena_grow(a, v, &cap, (size_t)i + 1, sizeof(*v));
		v[i] = i;
	}
	ok(v[0] == 0 && v[99999] == 99999, "arena: grow keeps what was there");
	big = arena_alloc(a, 10 << 20);
	big[(10 << 20) - 1] = 1;
	ok(same(arena_printf(a, "%s-%d", "x", 7), "x-7") && same(arena_strndup(a, "abc", 2), "ab") &&
		   strlen(arena_printf(a, "%1000d", 1)) == 1000,
	   "arena: text");
}

static void test_diag(void)
{
	struct diag *d;

	fresh();
	d = diag_error(&dg, "no %s", "root");
	ok(same(diag_format(&dg, d), "no root"), "diag: the sentence alone");
	d->file = "config.json";
	ok(same(diag_format(&dg, d), "config.json: no root"), "diag: with a file");
	d->line = 41;
	d->col = 17;
	d->pointer = "/mounts/3/type";
	d->hint = "give one";
	ok(same(diag_format(&dg, d), "config.json:41:17 /mounts/3/type: no root; give one"),
	   "diag: with a place");
	d = diag_errno(&dg, ENOENT, "fsopen", "/a\nb\x7f\xc2\x85\xff\xc3\xa4", "can't mount");
	d->step = "mount /proc";
	d->pointer = "/mounts/0";
	ok(same(diag_format(&dg, d),
		"/mounts/0: can't mount (step: mount /proc; fsopen \"/a\\x0ab\\x7f\\xc2\\x85"
		"\\xff\xc3\xa4\": does not exist)"),
	   "diag: with circumstances, control characters escaped");
	ok(same(diag_format_message(&dg, d) + 12, "(step: mount /proc; fsopen \"/a\\x0ab\\x7f\\xc2\\x85"
						  "\\xff\xc3\xa4\": does not exist)"),
	   "diag: the message without the place");
	d->path = NULL;
	d->step = NULL;
	ok(same(diag_format_message(&dg, d), "can't mount (fsopen: does not exist)"),
	   "diag: call and errno only");
	ok(!strstr(diag_errno_text(ENOENT), "o such file") && same(diag_errno_text(EINVAL), strerror(EINVAL)),
	   "diag: errno texts");
	ok(diags_exit_code(&dg) == EXIT_SBRUN && dg.errors == 2, "diag: the first error's exit code");
	dg.first->exit_code = EXIT_NOT_FOUND;
	ok(diags_exit_code(&dg) == EXIT_NOT_FOUND, "diag: another exit code");
	fresh();
	diag_warning(&dg, "w");
	ok(diags_exit_code(&dg) == 0 && dg.warnings == 1, "diag: warnings are no errors");
}

static void test_values(void)
{
	struct spec *s = load_linux(
		"'sysctl':{'net.ipv4.ip_forward':'1','kernel.sem':'1 2'},"
		"'timeOffsets':{'monotonic':{'secs':-9223372036854775808,'nanosecs':999999999}},"
		"'netDevices':{'eth1':{'name':'eth0'},'wlan0':{}},'cgroupsPath':'/a/b',"
		"'intelRdt':{'closID':'x','schemata':['L3:0=f'],'enableMonitoring':true},"
		"'resources':{'memory':{'limit':9223372036854775807,'kernelTCP':-1,'disableOOMKiller':false},"
		"'pids':{'limit':-1},'rdma':{'mlx5':{'hcaHandles':3}},'unified':{'memory.high':'1'},"
		"'blockIO':{'weightDevice':[{'major':8,'minor':1,'weight':10}]}},"
		"'devices':[{'path':'/dev/x','type':'b','major':7,'minor':0,'fileMode':8624,"
		"'uid':4294967294}],"
		"'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,"
		"'syscalls':[{'names':['a','b'],"
		"'action':'SCMP_ACT_ALLOW','args':[{'index':5,'value':18446744073709551615,'valueTwo':1,"
		"'op':'SCMP_CMP_MASKED_EQ'}]}]},'personality':{'domain':'LINUX32'},"
		"'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0-3,7','flags':['MPOL_F_STATIC_NODES']}");
	const struct spec_linux *l = s ? s->linux_ : NULL;

	ok(accepted(s), "values: a configuration with much in it");
	if (!s)
		return;
	ok(l->namespaces.n == 4 && l->namespaces.v[3].type == NS_IPC && spec_namespace(s, NS_TIME) &&
		   !spec_namespace(s, NS_USER),
	   "values: namespaces");
	ok(l->sysctl.n == 2 && same(l->sysctl.v[1].key, "kernel.sem") && same(l->sysctl.v[1].value, "1 2"),
	   "values: sysctl in order");
	ok(l->time_monotonic && l->time_monotonic->secs.v == INT64_MIN && !l->time_boottime &&
		   l->time_monotonic->nanosecs.v == 999999999,
	   "values: the smallest 64-bit number");
	ok(l->net_devices.n == 2 && same(l->net_devices.v[0].host_name, "eth1") &&
		   same(l->net_devices.v[0].name, "eth0") && !l->net_devices.v[1].name,
	   "values: named objects");
	ok(l->resources->memory->limit.v == INT64_MAX && l->resources->memory->kernel_tcp.v == -1 &&
		   l->resources->memory->disable_oom_killer.set &&
		   !l->resources->memory->disable_oom_killer.v && !l->resources->memory->swap.set &&
		   l->resources->has_pids && l->resources->pids_limit.v == -1,
	   "values: resources, absent told from zero");
	ok(same(l->resources->rdma.v[0].device, "mlx5") && l->resources->rdma.v[0].hca_handles.v == 3 &&
		   l->resources->block_io->weight_device.v[0].weight.v == 10,
	   "values: rdma and blockIO");
	ok(l->devices.v[0].type == 'b' && l->devices.v[0].file_mode.v == 8624 &&
		   l->devices.v[0].uid.v == 4294967294 && !l->devices.v[0].gid.set,
	   "values: devices");
	ok(l->seccomp->syscalls.v[0].args.v[0].value == UINT64_MAX &&
		   l->seccomp->syscalls.v[0].args.v[0].index == 5 && l->seccomp->syscalls.v[0].names.n == 2 &&
		   !l->seccomp->syscalls.v[0].names.v[2],
	   "values: the largest 64-bit number, lists end in NULL");
	ok(same(l->memory_policy->flags.v[0], "MPOL_F_STATIC_NODES") && same(l->intel_rdt->clos_id, "x"),
	   "values: memoryPolicy and intelRdt");
}

static void test_process(void)
{
	struct spec *s;

	s = load_with("'annotations':{'a':''}");
	ok(accepted(s) && s->linux_ && !s->process->capabilities && !s->process->user.set_uid &&
		   same(spec_annotation(s, "a"), "") && !spec_annotation(s, "b"),
	   "process: the least there can be; linux is never NULL");
	s = load_with("'hooks':{'poststop':[{'path':'/h','timeout':5,'args':['h']}]}");
	ok(accepted(s) && s->hooks.poststop.n == 1 && s->hooks.poststop.v[0].timeout.v == 5,
	   "process: hooks");
}

static void test_process_file(void)
{
	static const char text[] =
		"{\"cwd\":\"/\",\"args\":[\"a\",\"\"],\n"
		"\"user\":{\"uid\":4294967294,\"gid\":7,\"umask\":0,\"additionalGids\":[1,2]},\n"
		"\"consoleSize\":{\"height\":25,\"width\":80},\"oomScoreAdj\":-1000,\n"
		"\"rlimits\":[{\"type\":\"RLIMIT_STACK\",\"soft\":1,\"hard\":18446744073709551615}]}\n";
	char path[] = "/tmp/sbrun-spec-XXXXXX";
	int fd = mkstemp(path);
	struct spec *file;
	struct spec_process *p;
	struct diag *d;

	fresh();
	ok(fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1,
	   "process file: written");
	p = spec_load_process(a, path, "process.json", 0, &file, &dg);
	ok(p && !dg.first && file && p->user.uid == 4294967294 && p->user.set_gid && p->user.gid == 7 &&
		   p->user.umask.set && p->user.additional_gids.n == 2 && p->user.additional_gids.v[1] == 2,
	   "process file: the user");
	ok(p && p->console_size.set && p->console_size.height == 25 && p->oom_score_adj.v == -1000 &&
		   p->rlimits.v[0].type == RL_STACK && p->rlimits.v[0].hard == UINT64_MAX,
	   "process file: the rest");
	d = spec_at(file, diag_error(&dg, "x"), "/user/gid");
	ok(same(diag_format(&dg, d), "process.json:2:32 /user/gid: x"), "process file: its places");
	close(fd);
	unlink(path);
}

static void test_resources_file(void)
{
	static const char text[] = "{\"memory\":{\"swap\":1048576},\n\"pids\":{\"limit\":7}}";
	struct spec_memory memory = { .limit = { true, 1 << 21 }, .swap = { true, 1 << 20 } };
	struct spec_resources merged = { .memory = &memory }, *r;
	struct spec *file;
	int p[2], saved = dup(0);

	fresh();
	if (saved < 0 || pipe(p) || write(p[1], text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1 ||
	    dup2(p[0], 0) < 0)
		abort();
	close(p[0]);
	close(p[1]);
	r = spec_load_resources(a, "-", "standard input", 0, &file, &dg);
	dup2(saved, 0);
	close(saved);
	ok(r && !dg.first && file && r->memory->swap.v == 1 << 20 && !r->memory->limit.set && r->has_pids &&
		   r->pids_limit.v == 7,
	   "resources file: from a pipe at standard input");
	ok(spec_check_resources(a, file, &merged, &dg) < 0 &&
		   same(diag_format(&dg, dg.first),
			"standard input:1:19 /memory/swap: swap (1048576) is below limit (2097152); "
			"swap counts memory and swap space together"),
	   "resources file: what is merged with it is checked, with its places");
	fresh();
	memory.limit.v = 0;
	ok(spec_check_resources(a, NULL, &merged, &dg) < 0 && dg.errors == 1 && !dg.first->file &&
		   !strncmp(dg.first->what, "swap is given without a limit", 29),
	   "resources without a file are checked as well");
	fresh();
	ok(!spec_load_resources(a, "/nonexistent/r", "r", 0, &file, &dg) && !file && dg.first->err == ENOENT,
	   "resources file: one that isn't there");
}

static void test_files(void)
{
	static const char text[] = "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},"
				   "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"}}";
	char path[64];
	int p[2];

	fresh();
	ok(!spec_load(a, "/nonexistent/config.json", "config.json", 0, &dg) &&
		   same(diag_format(&dg, dg.first), "config.json: can't open the configuration (open "
						    "\"/nonexistent/config.json\": does not exist)"),
	   "files: one that isn't there");
	fresh();
	ok(!spec_load(a, "/", "config.json", 0, &dg) && dg.errors == 1 && dg.first->err == EISDIR,
	   "files: a directory");
	fresh();
	if (pipe(p) || write(p[1], text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		abort();
	close(p[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", p[0]);
	ok(spec_load(a, path, "pipe", 0, &dg) && !dg.first, "files: a pipe");
	close(p[0]);
	fresh();
	ok(!spec_load(a, "/dev/zero", "zeros", 0, &dg) &&
		   same(diag_format(&dg, dg.first), "zeros: the file is larger than 16 MiB"),
	   "files: one without an end");
}

static void test_text(void)
{
	static const struct {
		const char *bytes, *name;
	} bad[] = {
		{ "\xc0\x80", "an overlong NUL" },      { "\xe0\x80\xaf", "an overlong slash" },
		{ "\xed\xa0\x80", "a surrogate" },      { "\xf4\x90\x80\x80", "above U+10FFFF" },
		{ "\xf0\x9f\x98", "a cut sequence" },   { "\xff", "a byte that never occurs" },
		{ "abcdefgh\x80ijklm", "a lone tail" },
	};
	struct spec *s =
		load_with("'annotations':{'k\\u00e4':'\\ud83d\\ude00 \xf0\x9f\x98\x80 \\\"\\\\\\/\\n'}");
	char text[] = "{\"ociVersion\":\n\"1.3.0\0\"}";

	ok(accepted(s) && same(spec_annotation(s, "k\xc3\xa4"), "\xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \"\\/\n"),
	   "text: escapes, surrogate pairs, four bytes");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fresh();
		s = load_with(arena_printf(a, "'annotations':{'k':'%s'}", bad[i].bytes));
		ok(refused(s, "", "is not UTF-8"), arena_printf(a, "text: refuses %s", bad[i].name));
	}
	ok(refused(load_n(text, sizeof(text) - 1), "", "config.json:2:7: there is a NUL byte"),
	   "text: refuses a NUL byte");
	ok(refused(load_n("\xef\xbb\xbf{}", 5), "", "byte order mark"), "text: refuses a byte order mark");
	ok(refused(load_with("'annotations':{'k':'\\ude00'}"), "/annotations/k", "surrogate"),
	   "text: a lone low surrogate");
	ok(refused(load_with("'annotations':{'k':'\\ud83d\\n'}"), "/annotations/k", "surrogate"),
	   "text: a lone high surrogate before an escape");
	ok(refused(load_with("'annotations':{'k':'\\ud83d'}"), "/annotations/k", "surrogate"),
	   "text: a lone high surrogate at the end");
	ok(accepted(load_with("'annotations':{'k':'\\\\u0000 \\\\ud83d'}")),
	   "text: an escaped backslash before u0000");
}

static bool place(const struct spec *s, const char *pointer, unsigned line, unsigned col)
{
	struct diag *d = spec_at(s, diag_error(&dg, "x"), pointer);
	bool good =
		d->line == line && d->col == col && same(d->pointer, pointer) && same(d->file, "config.json");

	if (!good)
		printf("# %s\n", diag_format(&dg, d));
	return good;
}

static void test_places(void)
{
	static const char text[] =
		"{ \"ociVersion\" : \"1.3.0\",\n"
		"  \"root\": {\"path\":\"r\"}  ,\r\n"
		"\t\"process\":{\"args\":[\"sh\" , \"-c\"\n"
		"   ,  \"x\"],\"cwd\":\"/\"},\n"
		"  \"annotations\":{\"a/b~c\":\"1\",\"\\u0064\\/e\" : \"3\"},\"windows\":{\"a\":[{},[]]} }\n";
	struct spec *s = load_n(text, sizeof(text) - 1);

	ok(accepted(s), "places: the text is good");
	if (!s)
		return;
	ok(place(s, "", 1, 1) && place(s, "/ociVersion", 1, 18) && place(s, "/root/path", 2, 19),
	   "places: members");
	ok(place(s, "/process/args/0", 3, 21) && place(s, "/process/args/1", 3, 28) &&
		   place(s, "/process/args/2", 4, 7),
	   "places: items");
	ok(place(s, "/process/args/3", 3, 20) && place(s, "/process/args/x", 3, 20) &&
		   place(s, "/process/user/uid", 3, 12),
	   "places: what is absent is at its nearest ancestor");
	ok(place(s, "/annotations/a~1b~0c", 5, 26) && place(s, "/annotations/d~1e", 5, 44),
	   "places: escapes in pointers");
	ok(place(s, "/windows/a/1", 5, 68) && place(s, "/windows/a/0", 5, 65) && place(s, "/nowhere", 1, 1),
	   "places: of what is not looked at");
	ok(same(spec_atf(s, diag_error(&dg, "x"), "/process/args/%d", 2)->pointer, "/process/args/2"),
	   "places: a format");
}

static void test_limits(struct buffer *b)
{
	struct buffer deep = { 0 };
	struct spec *s;

	s = load_with(layers(b, "'root':{'overlay':{'lowerdirs':[", "'", ',', 500, "]}}"));
	ok(accepted(s) && s->root->overlay->lowerdirs.n == 500, "limits: 500 layers");
	s = load_with(layers(b, "'root':{'overlay':{'lowerdirs':[", "'", ',', 502, "]}}"));
	ok(refused(s, "/root/overlay/lowerdirs/500", "too many layers; at most 500") && dg.errors == 1,
	   "limits: the 501st layer");
	layers(b,
	       "'linux':{'namespaces':[{'type':'mount'}]},'mounts':[{'destination':'/x','type':'overlay',"
	       "'options':['ro','lowerdir=",
	       "", ':', 501, "']}]");
	ok(refused(load_with(b->v), "/mounts/0/options/1", "too many layers (501)"),
	   "limits: 501 layers in an option");
	ok(refused(load_with(repeat(b, "'linux':{'uidMappings':[", "{'containerID':0,'hostID':0,'size':0}",
				    341, "]}")),
		   "/linux/uidMappings/340", "too many id mappings; at most 340"),
	   "limits: 341 id mappings");
	repeat(b, "'linux':{'namespaces':[{'type':'mount'}]},'mounts':[",
	       "{'destination':'/x','type':'tmpfs'}", 10001, "]");
	ok(refused(load_with(b->v), "/mounts/10000", "too many mounts; at most 10000"),
	   "limits: 10001 mounts");
	ok(refused(load_with(repeat(b, "'hooks':{'prestart':[{'path':'/h','args':[", "''", 65537, "]}]}")),
		   "/hooks/prestart/0/args/65536", "too many items; at most 65536"),
	   "limits: 65537 items");
	ok(!load_with(repeat(b, "'zos':[", "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]", 65000,
			     "]")) &&
		   dg.errors == 1 && strstr(dg.first->what, "more than 1048576 values"),
	   "limits: values");
	for (int i = 0; i < 63; i++)
		add(&deep, i ? "[" : "'zos':[");
	for (int i = 0; i < 63; i++)
		add(&deep, "]");
	ok(accepted(load_with(deep.v)), "limits: 64 levels");
	deep.n = 0;
	for (int i = 0; i < 100000; i++)
		add(&deep, i ? "[" : "'zos':[");
	ok(!load_with(deep.v) && dg.errors == 1 && strstr(dg.first->what, "more than 64 levels"),
	   "limits: 65 levels");
	ok(!load_with(repeat(b, "'process':[", "1", 1, "],'linux':{'maskedPaths':[1]}")),
	   "limits: a repeated key");
	s = load_with(repeat(b, "'linux':{'maskedPaths':[", "1", 5000, "]}"));
	ok(!s && dg.errors == SPEC_MAX_PROBLEMS && strstr(dg.last->what, "more than 1000 problems"),
	   "limits: problems");
	s = load_with(
		repeat(b, "'linux':{'namespaces':[{'type':'mount'}],'maskedPaths':[", "'x'", 5000, "]}"));
	ok(!s && dg.errors == SPEC_MAX_PROBLEMS && strstr(dg.last->what, "more than 1000 problems"),
	   "limits: problems of the checks");
	free(deep.v);
}

/* Sizes at which anything quadratic would take minutes. */
static void test_large(struct buffer *b)
{
	clock_t begin = clock();

	b->n = 0;
	add(b, "'annotations':{");
	for (int i = 0; i < 60000; i++) {
		char key[64];

		snprintf(key, sizeof(key), "%s'key%d':'v'", i ? "," : "", i);
		add(b, key);
	}
	add(b, "}");
	ok(accepted(load_with(b->v)), "large: 60000 annotations");
	ok(!load_with(repeat(b, "'annotations':{", "'k':'v'", 60000, "}")) && dg.errors == SPEC_MAX_PROBLEMS,
	   "large: 60000 times one key");
	b->n = 0;
	add(b, "'linux':{'namespaces':[{'type':'mount'}]},'mounts':[");
	for (int i = 0; i < 10000; i++) {
		char m[160];

		snprintf(m, sizeof(m),
			 "%s{'destination':'/m%d','overlay':"
			 "{'lowerdirs':['l'],'upperdir':'u%d','workdir':'w%d'}}",
			 i ? "," : "", i, i, i);
		add(b, m);
	}
	add(b, "]");
	ok(accepted(load_with(b->v)), "large: 10000 overlays");
	ok((clock() - begin) / CLOCKS_PER_SEC < 20, "large: no quadratic time");
}

static void test_suggest(void)
{
	static const char *const names[] = { "maskedPaths", "readonlyPaths", "RLIMIT_NOFILE", "CAP_KILL",
					     "uts",         "user",          "cwd",           NULL };
	char longest[200];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(same(suggest("maskedPath", names), "maskedPaths") &&
		   same(suggest("maskdePaths", names), "maskedPaths"),
	   "suggest: a letter missing, letters swapped");
	ok(same(suggest("MASKEDPATHS", names), "maskedPaths") &&
		   same(suggest("nofile", names), "RLIMIT_NOFILE") &&
		   same(suggest("KILL", names), "CAP_KILL"),
	   "suggest: wrong case, prefix left out");
	ok(same(suggest("utz", names), "uts") && same(suggest("cdw", names), "cwd"), "suggest: short words");
	ok(!suggest("", names) && !suggest("x", names) && !suggest("seccomp", names) &&
		   !suggest(longest, names),
	   "suggest: nothing like it");
}

static void test_nothing(void)
{
	ok(accepted(load_with("'hostname':null,'mounts':null,'hooks':null,'linux':null,"
			      "'annotations':null,'sbrun':null")),
	   "null: optional fields");
	ok(accepted(load_with(
		   "'hostname':'','linux':{'cgroupsPath':'','rootfsPropagation':'','mountLabel':''}")),
	   "empty: optional strings count as absent");
	ok(accepted(load_with("'solaris':{'x':1},'windows':[],'vm':null,'zos':'','freebsd':{'jail':{}}")),
	   "other platforms' fields are known");
}

static void test_overlay(void)
{
	struct spec *s =
		load_with("'root':{'overlay':{'lowerdirs':['a:b,c\\\\d ','/x'],'upperdir':'u','workdir':'w',"
			  "'volatile':true},'readonly':true}");

	ok(accepted(s) && !s->root->path && same(s->root->overlay->lowerdirs.v[0], "a:b,c\\d ") &&
		   same(s->root->overlay->upperdir, "u") && s->root->overlay->is_volatile &&
		   !s->root->overlay->ephemeral.set,
	   "overlay: paths as they are");
	s = load_with("'root':{'overlay':{'lowerdirs':['a'],'ephemeral':{'size':'512M'}}}");
	ok(accepted(s) && s->root->overlay->ephemeral.set && s->root->overlay->ephemeral.size == 512 << 20,
	   "overlay: a size");
	s = load_with("'root':{'overlay':{'lowerdirs':[],'ephemeral':{'size':65536}}}");
	ok(accepted(s) && s->root->overlay->ephemeral.size == 65536,
	   "overlay: a size in bytes, and no layer");
	s = load_with("'root':{'overlay':{'lowerdirs':['a'],'ephemeral':true,'volatile':true}}");
	ok(accepted(s) && s->root->overlay->ephemeral.set && !s->root->overlay->ephemeral.size,
	   "overlay: ephemeral, true");
	s = load_with("'root':{'overlay':{'lowerdirs':['a'],'ephemeral':{}}}");
	ok(accepted(s) && s->root->overlay->ephemeral.set && !s->root->overlay->ephemeral.size,
	   "overlay: ephemeral, {}");
	s = load_with("'root':{'overlay':{'lowerdirs':['a'],'ephemeral':false}}");
	ok(accepted(s) && !s->root->overlay->ephemeral.set, "overlay: ephemeral, false");
	s = load_linux("'maskedPaths':[]},'sbrun':{},"
		       "'mounts':[{'destination':'/d','overlay':{'lowerdirs':['a','b']}}],'annotations':{");
	ok(accepted(s) && s->mounts.v[0].overlay->lowerdirs.n == 2 && !s->mounts.v[0].type,
	   "overlay: on a mount");
}

static void test_overlay_options(void)
{
	char *options[] = { "ro",
			    "lowerdir=/a\\:b:/c\\\\d:e,f",
			    "upperdir=/u\\:",
			    "lowerdir+=x:y",
			    "workdir=w",
			    "volatile",
			    "xino=off",
			    NULL };
	struct spec_mount m = { .type = "overlay", .options = { options, 7 } };
	struct spec_overlay o;
	struct str_list rest;
	size_t bad = 99;

	fresh();
	ok(spec_overlay_from_options(a, &m, &o, &rest, &bad) == 0 && o.lowerdirs.n == 4 &&
		   same(o.lowerdirs.v[0], "/a:b") && same(o.lowerdirs.v[1], "/c\\d") &&
		   same(o.lowerdirs.v[2], "e,f") && same(o.lowerdirs.v[3], "x:y") && !o.lowerdirs.v[4],
	   "overlay options: layers, escapes");
	ok(same(o.upperdir, "/u:") && same(o.workdir, "w") && o.is_volatile && rest.n == 2 &&
		   same(rest.v[0], "ro") && same(rest.v[1], "xino=off") && !rest.v[2],
	   "overlay options: the others remain");
	options[1] = "lowerdir=a:";
	ok(spec_overlay_from_options(a, &m, &o, &rest, &bad) == -1 && bad == 1,
	   "overlay options: an empty path");
}

static void test_init(void)
{
	struct spec *s = load_with("'sbrun':{'init':'never'},'annotations':{'org.sbrun.init':'always'}");

	ok(accepted(s) && s->sbrun.set_init && s->sbrun.init == INIT_NEVER, "init: the field wins");
	s = load_with("'annotations':{'org.sbrun.init':'always'}");
	ok(accepted(s) && s->sbrun.set_init && s->sbrun.init == INIT_ALWAYS, "init: the annotation");
	s = load_with("'sbrun':{}");
	ok(accepted(s) && !s->sbrun.set_init && s->sbrun.init == INIT_AUTO,
	   "init: auto when nothing is said");
}

static void test_names(void)
{
	ok(same(ns_type_name(NS_NETWORK), "network") && same(ns_type_name(NS_TIME), "time") &&
		   same(rlimit_name(RL_NOFILE), "RLIMIT_NOFILE") &&
		   same(rlimit_name(RL_STACK), "RLIMIT_STACK"),
	   "names: namespaces and limits");
}

/* Not a test: how long does it take? */
static void measure(void)
{
	enum { ROUNDS = 2000 };
	struct timespec begin, end;
	static char text[65536];
	FILE *f = fopen("tests/broken/base.json", "r");
	size_t n = f ? fread(text, 1, sizeof(text), f) : 0;
	double us;

	if (!n)
		return;
	fclose(f);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < ROUNDS; i++)
		load_n(text, n);
	clock_gettime(CLOCK_MONOTONIC, &end);
	us = (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
	printf("# loading and checking base.json (%zu bytes): %.1f us\n", n, us / ROUNDS);
}

static bool next_is(const char *text, uint32_t value, const char *rest)
{
	uint32_t v;

	return number_next(&text, &v) && v == value && !strcmp(text, rest);
}

static void test_number_next(void)
{
	const char *none[] = { "", " ", "x1", "-1", "4294967296", "99999999999999999999999" };
	uint32_t v;

	ok(next_is("0:1", 0, ":1") && next_is(" \t17 18", 17, " 18"), "a number and what is behind it");
	ok(next_is("4294967295", UINT32_MAX, ""), "the largest");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		const char *text = none[i];

		ok(!number_next(&text, &v), none[i]);
	}
}

int main(void)
{
	struct buffer b = { 0 };

	test_arena();
	test_diag();
	test_names();
	test_suggest();
	test_values();
	test_process();
	test_process_file();
	test_resources_file();
	test_files();
	test_text();
	test_number_next();
	test_places();
	test_nothing();
	test_overlay();
	test_overlay_options();
	test_init();
	test_limits(&b);
	test_large(&b);
	measure();
	free(b.v);
	arena_destroy(a);
	printf("1..%u\n", tests);
	return failures != 0;
}
