/* SPDX-License-Identifier: Apache-2.0 */
/* Units of systemd's as text: names, slices, paths; properties from limits and from annotations. */
#include "../../runtime/systemd_unit.h"

#include <stdlib.h>

#include "../../runtime/facts.h"
#include "../../runtime/limits.h"
#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "../../spec/spec.h"
#include "tap.h"

static struct arena *arena;
static struct diags dg;

/* ---- names and paths ---- */

static struct cgroup_mount v2_mount = { "", NULL, "/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope" };
static struct facts root = { .initial_userns = true, .cgroups = { &v2_mount, 1, "cpu", true } };
static struct facts user = { .uid = 1000, .initial_userns = true, .cgroups = { &v2_mount, 1, "cpu", true } };

static struct systemd_unit unit;

static int unit_for(const char *path, const char *id, const struct facts *f)
{
	struct spec_linux l = { .cgroups_path = path ? arena_strdup(arena, path) : NULL };
	struct spec s = { .linux_ = &l, .arena = arena };

	diags_init(&dg, arena);
	return systemd_unit_of(arena, &s, id, f, &unit, &dg);
}

static void good_path(const char *path, const struct facts *f, const char *want)
{
	ok(unit_for(path, "box", f) == 0, arena_printf(arena, "%s is taken", path ? path : "no path"));
	is_text(unit.path, want, arena_printf(arena, "%s: its cgroup", path ? path : "no path"));
}

static void bad_path(const char *path, const char *words)
{
	bool refused = unit_for(path, "box", &root) < 0;
	const char *text = dg.first ? diag_format(&dg, dg.first) : "";

	if (!ok(refused && strstr(text, words) && strstr(text, "/linux/cgroupsPath"),
		arena_printf(arena, "\"%.40s\" is refused: %s", path, words)))
		printf("# %s\n", text);
}

static void names(void)
{
	good_path(NULL, &root, "/system.slice/sbrun-box.scope");
	good_path("", &root, "/system.slice/sbrun-box.scope");
	good_path("system.slice:docker:7c1", &root, "/system.slice/docker-7c1.scope");
	good_path("a-b-c.slice:libpod:x.scope", &root, "/a.slice/a-b.slice/a-b-c.slice/libpod-x.scope");
	good_path("::web", &root, "/system.slice/web.scope");
	good_path("-.slice::web", &root, "/web.scope");
	good_path("::a:b", &root, "/system.slice/a:b.scope");
	good_path("memory.slice::cpu.x", &root, "/_memory.slice/_cpu.x.scope");
	good_path("memory-x.slice::_a", &root, "/_memory.slice/memory-x.slice/__a.scope");
	ok(unit_for(NULL, "a+b", &root) == 0, "an id with a plus");
	is_text(unit.name, "sbrun-a\\x2bb.scope", "it is escaped in the unit's name");
	is_text(unit.description, "sbrun sandbox a+b", "and not in the description");
	is_text(unit.slice, "system.slice", "the default slice");
	ok(!unit.user, "root asks the host's manager");
}

static void no_names(void)
{
	bad_path("/a/b", "SLICE:PREFIX:NAME");
	bad_path("a.slice:b", "SLICE:PREFIX:NAME");
	bad_path("a.slice:b:", "no name");
	bad_path("a:b:c", ".slice");
	bad_path("a/b.slice::c", "it is no path");
	bad_path("-a.slice::c", "dashes");
	bad_path("a--b.slice::c", "dashes");
	bad_path("a-.slice::c", "dashes");
	bad_path("a@b.slice::c", "letters");
	bad_path("::a/b", "letters");
	bad_path("::a b", "letters");
	bad_path("::a\nb", "letters");
	bad_path("::a@", "an @");
	bad_path("::@a", "an @");
	bad_path("a.slice::b.slice", "NAME.scope");
	bad_path(arena_printf(arena, "::%0300d", 1), "255");
	bad_path(arena_printf(arena, "%0300d.slice::a", 1), "255");
}

static void users(void)
{
	struct cgroup_mount session = { "", NULL, "/user.slice/user-1000.slice/session-3.scope" };
	struct cgroup_mount v1[] = { { "memory", "memory", "" },
				     { "systemd", "name=systemd", "/user.slice/user-7.slice/user@7.service/init.scope" } };
	struct facts mapped = { .uid = 0, .cgroups = { &session, 1, "", true } };
	struct facts old = { .uid = 7, .initial_userns = true, .cgroups = { v1, 2, "", true } };
	struct facts bare = { .uid = 33, .initial_userns = true };

	good_path(NULL, &user, "/user.slice/user-1000.slice/user@1000.service/user.slice/sbrun-box.scope");
	ok(unit.user, "an ordinary user asks their own manager");
	good_path("a-b.slice::c", &user, "/user.slice/user-1000.slice/user@1000.service/a.slice/a-b.slice/c.scope");
	good_path(NULL, &mapped, "/user.slice/user-1000.slice/user@1000.service/user.slice/sbrun-box.scope");
	ok(unit.user, "root of a user namespace as well");
	good_path(NULL, &old, "/user.slice/user-7.slice/user@7.service/user.slice/sbrun-box.scope");
	good_path(NULL, &bare, "/user.slice/user-33.slice/user@33.service/user.slice/sbrun-box.scope");
}

/* ---- limits ---- */

static const char *text_of(const struct property_list *l)
{
	char *text = "";

	for (size_t i = 0; i < l->n; i++)
		text = arena_printf(arena, "%s%s%s %s %s", text, i ? ";" : "", l->v[i].name, l->v[i].type, l->v[i].value);
	return text;
}

static void limit(const char *file, const char *value, const char *want)
{
	struct limit one = { .file = file, .value = value };
	struct limit_list l = { .v = &one, .n = 1 };
	struct property_list out = { 0 };

	systemd_limit_properties(arena, &l, &out);
	is_text(text_of(&out), want, arena_printf(arena, "%s %s", file, value));
}

static void limits(void)
{
	struct limit v1[] = { { .file = "cpu.cfs_period_us", .value = "50000" },
			      { .file = "cpu.cfs_quota_us", .value = "20001" } };
	struct limit bfq = { .file = "io.bfq.weight", .value = "90", .alt_file = "io.weight", .alt_value = "801" };
	struct limit_list io = { .v = &bfq, .n = 1 }, both = { .v = v1, .n = 2 };
	struct property_list out = { 0 };

	limit("memory.max", "67108864", "MemoryMax t 67108864");
	limit("memory.max", "64M", "MemoryMax t 67108864");
	limit("memory.max", "max", "MemoryMax t 18446744073709551615");
	limit("memory.max", "0", ""); /* systemd takes none below 1 */
	limit("memory.swap.max", "0", "MemorySwapMax t 0");
	limit("memory.low", "4096", "MemoryLow t 4096");
	limit("memory.limit_in_bytes", "67108864", "MemoryMax t 67108864");
	limit("memory.limit_in_bytes", "-1", "MemoryMax t 18446744073709551615");
	limit("pids.max", "max", "TasksMax t 18446744073709551615");
	limit("cpu.weight", "39", "CPUWeight t 39");
	limit("cpu.weight", "10001", "");
	limit("cpu.shares", "1024", "CPUShares t 1024");
	limit("io.weight", "default 50", "IOWeight t 50");
	limit("io.weight", "8:0 50", "");
	limit("cpuset.cpus", "0-2,9", "AllowedCPUs ay 0702");
	limit("cpuset.cpus", "64", "AllowedCPUs ay 000000000000000001");
	limit("cpuset.mems", "0", "AllowedMemoryNodes ay 01");
	limit("cpuset.mems", "", "");
	limit("cpu.max", "50000 100000", "CPUQuotaPerSecUSec t 500000;CPUQuotaPeriodUSec t 100000");
	limit("cpu.max", "12345 100000", "CPUQuotaPerSecUSec t 130000;CPUQuotaPeriodUSec t 100000");
	limit("cpu.max", "max 50000", "CPUQuotaPerSecUSec t 18446744073709551615;CPUQuotaPeriodUSec t 50000");
	limit("cpu.max", "300000", "CPUQuotaPerSecUSec t 3000000;CPUQuotaPeriodUSec t 100000");
	limit("cpu.cfs_quota_us", "-1", "CPUQuotaPerSecUSec t 18446744073709551615;CPUQuotaPeriodUSec t 100000");
	limit("hugetlb.2MB.max", "0", "");
	systemd_limit_properties(arena, &both, &out);
	is_text(text_of(&out), "CPUQuotaPerSecUSec t 410000;CPUQuotaPeriodUSec t 50000", "v1's two files, in any order");
	out = (struct property_list){ 0 };
	systemd_limit_properties(arena, &io, &out);
	is_text(text_of(&out), "IOWeight t 801", "a file that stands for another");
}

/* ---- annotations ---- */

static int annotate(const char *name, const char *value, struct property_list *out)
{
	struct kv kv = { arena_printf(arena, "org.systemd.property.%s", name), (char *)value };
	struct spec s = { .annotations = { &kv, 1 }, .arena = arena };

	diags_init(&dg, arena);
	return systemd_annotation_properties(arena, &s, out, &dg);
}

static void takes(const char *name, const char *value, const char *want)
{
	struct property_list out = { 0 };

	ok(annotate(name, value, &out) == 0, arena_printf(arena, "%s=%s is taken", name, value));
	is_text(text_of(&out), want, arena_printf(arena, "%s=%s", name, value));
}

static void refuses(const char *name, const char *value, const char *words)
{
	struct property_list out = { 0 };
	bool refused = annotate(name, value, &out) < 0 && !out.n;
	const char *text = dg.first ? diag_format(&dg, dg.first) : "";

	if (!ok(refused && strstr(text, words) && strstr(text, "/annotations/org.systemd.property."),
		arena_printf(arena, "%s=%.40s is refused: %s", name, value, words)))
		printf("# %s\n", text);
}

static void annotations(void)
{
	takes("KillSignal", "15", "KillSignal i 15"); /* podman's */
	takes("TimeoutStopUSec", "uint64 10000000", "TimeoutStopUSec t 10000000");
	takes("TimeoutStopSec", "10", "TimeoutStopUSec t 10000000");
	takes("TimeoutStopSec", "uint64 10", "TimeoutStopUSec t 10000000");
	takes("TimeoutStopSec", "0.25", "TimeoutStopUSec t 250000");
	takes("TimeoutStopSec", "double 1.0000019", "TimeoutStopUSec t 1000001");
	takes("CollectMode", "'inactive-or-failed'", "CollectMode s inactive-or-failed");
	takes("Description", "\"a 'b' \\\" c\"", "Description s a 'b' \" c");
	takes("DefaultDependencies", " true ", "DefaultDependencies b true");
	takes("After", "['a.service', \"b.service\"]", "After as a.service\tb.service\t");
	takes("After", "@as []", "After as ");
	takes("AllowedCPUs", "[byte 0x0f, 1]", "AllowedCPUs ay 0f01");
	takes("MemoryMax", "18446744073709551615", "MemoryMax t 18446744073709551615");
	takes("StartLimitBurst", "uint32 5", "StartLimitBurst u 5");
}

static void no_annotations(void)
{
	refuses("ExecStopPost", "'/bin/sh'", "run a command");
	refuses("ExecStartPre", "[('/bin/sh', ['sh'], false)]", "run a command");
	refuses("OnFailure", "['a.service']", "start another unit");
	refuses("SuccessAction", "'reboot'", "the whole host");
	refuses("Wants", "['a.service']", "start other units");
	refuses("Conflicts", "['a.service']", "stop other units");
	refuses("PIDs", "[uint32 1]", "itself");
	refuses("Slice", "'system.slice'", "itself");
	refuses("DelegateControllers", "['cpu']", "itself");
	refuses("DeviceAllow", "['a']", "resources.devices");
	refuses("MemoryMaxx", "1", "did you mean org.systemd.property.MemoryMax?");
	refuses("BPFProgram", "'x'", "a list of its own");
	refuses("", "1", "a list of its own");
	refuses("Memory Max", "1", "did you mean");
	refuses("memoryMax t 1\nExecStop", "1", "can't be set");
	refuses("MemoryMax", "-1", "not below zero");
	refuses("MemoryMax", "'64M'", "a whole number");
	refuses("MemoryMax", "18446744073709551616", "64 bits");
	refuses("MemoryMax", "1 2", "something follows");
	refuses("MemoryMax", "string 1", "type before");
	refuses("MemoryMax", "010", "octal");
	refuses("MemoryMax", "1.5", "a whole number");
	refuses("KillSignal", "4294967296", "32 bits");
	refuses("CollectMode", "inactive", "neither a string");
	refuses("CollectMode", "'a", "closing quote");
	refuses("CollectMode", "'a\nExecStop s b'", "control character");
	refuses("CollectMode", "'a\\nb'", "backslash");
	refuses("After", "['a' 'b']", "commas");
	refuses("After", "['a', 1]", "array of strings");
	refuses("After", "['a'", "commas");
	refuses("After", "[[['a']]]", "arrays in arrays");
	refuses("AllowedCPUs", "[256]", "array of bytes");
	refuses("TimeoutStopSec", "'5s'", "seconds");
	refuses("TimeoutStopSec", "-5", "seconds");
	refuses("TimeoutStopSec", "99999999999999", "seconds");
	refuses("TimeoutStopSec", "", "neither a string");
	refuses("TimeoutStopSec", "objectpath '/a'", "neither a string");
}

static void together(void)
{
	struct limit one = { .file = "memory.max", .value = "4096" };
	struct limit_list l = { .v = &one, .n = 1 };
	struct kv kv[] = { { "org.systemd.property.MemoryMax", "8192" },
			   { "org.systemd.property.Exec", "1" },
			   { "org.example", "x" },
			   { "org.systemd.property.TasksMax", "x" } };
	struct spec s = { .annotations = { kv, 1 }, .arena = arena };
	struct property_list out = { 0 };

	systemd_limit_properties(arena, &l, &out);
	diags_init(&dg, arena);
	ok(systemd_annotation_properties(arena, &s, &out, &dg) == 0, "a limit and an annotation");
	is_text(text_of(&out), "MemoryMax t 8192", "the annotation wins");
	s.annotations.n = 4;
	ok(systemd_annotation_properties(arena, &s, &out, &dg) < 0 && dg.errors == 2, "every refusal is reported at once");
}

int main(void)
{
	arena = arena_create();
	names();
	no_names();
	users();
	limits();
	annotations();
	no_annotations();
	together();
	arena_destroy(arena);
	return tap_end();
}
