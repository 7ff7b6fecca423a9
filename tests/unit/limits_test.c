/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources as writes, on layouts that are made up here: pure v1, pure v2, hybrid; then
 * updates, and the order of writes against a kernel's rules that are imitated below.
 */
#include "../../runtime/limits.h"

#include <errno.h>
#include <stdlib.h>

#include "../../runtime/facts.h"
#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "../../spec/spec.h"
#include "tap.h"

static struct arena *a;
static struct diags dg;

/* ---- layouts */

static struct cgroup_mount v1_mounts[] = {
	{ "blkio", "blkio", "" },
	{ "cpu,cpuacct", "cpu,cpuacct", "" },
	{ "cpuset", "cpuset", "" },
	{ "hugetlb", "hugetlb", "" },
	{ "memory", "memory", "" },
	{ "net_cls,net_prio", "net_cls,net_prio", "" },
	{ "pids", "pids", "" },
	{ "rdma", "rdma", "" },
	{ "systemd", "name=systemd", "" },
};
static struct cgroup_mount v2_mounts[] = { { "", NULL, "" } };
static struct cgroup_mount hybrid_mounts[] = {
	{ "blkio", "blkio", "" },    { "cpu", "cpu", "" },   { "cpuset", "cpuset", "" },
	{ "memory", "memory", "" },  { "pids", "pids", "" }, { "systemd", "name=systemd", "" },
	{ "unified", NULL, "/a/b" },
};
static const struct cgroup_layout v1 = { v1_mounts, 9, "", false };
static const struct cgroup_layout v2 = { v2_mounts, 1, "cpuset cpu io memory hugetlb pids rdma misc", false };
static const struct cgroup_layout v2_bare = { v2_mounts, 1, "pids", false };
static const struct cgroup_layout hybrid = { hybrid_mounts, 7, "hugetlb rdma", false };
static const struct cgroup_layout none = { NULL, 0, "", false };

/* ---- loading and showing */

/* Single quotes stand for double ones. */
static struct spec *load(const char *resources)
{
	char *text =
		arena_printf(a,
			     "{'ociVersion':'1.3.0','root':{'path':'r'},'process':{'args':['x'],'cwd':'/'},"
			     "'linux':{'resources':%s}}",
			     resources);
	struct spec *s;

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	diags_init(&dg, a);
	s = spec_load_text(a, text, strlen(text), "c", 0, &dg);
	if (!s)
		printf("# %s\n", diag_format(&dg, dg.first));
	return s;
}

static const char *show_limit(const struct limit *w)
{
	const char *s = arena_printf(a, "%s %s=%s", w->controller, w->file, w->value);

	if (w->alt_file)
		s = arena_printf(a, "%s, else %s=%s", s, w->alt_file, w->alt_value);
	return arena_printf(a, "%s%s%s", s, w->flags & LIMIT_IF_THERE ? " ?" : "",
			    w->flags & LIMIT_RETRY ? " ~" : "");
}

/* The writes, or the errors behind "! ", one a line. */
static const char *show(const struct limit_list *list)
{
	const char *s = "";

	for (struct diag *d = dg.first; d; d = d->next)
		s = arena_printf(a, "%s%s! %s: %s", s, *s ? "\n" : "", d->pointer, d->what);
	for (size_t i = 0; i < list->n && !dg.errors; i++)
		s = arena_printf(a, "%s%s%s", s, *s ? "\n" : "", show_limit(&list->v[i]));
	return s;
}

static const char *writes(const char *resources, const struct cgroup_layout *l)
{
	struct spec *s = load(resources);
	struct limit_list list;
	int ret;

	if (!s)
		return "(not loaded)";
	ret = limits_of(a, s, s->linux_->resources, l, &list, &dg);
	return (ret < 0) == (dg.errors > 0) ? show(&list) : "(return value and errors differ)";
}

/* ---- fields */

#define AT                  "/linux/resources/"
#define HAS_NO(field, what) "! " AT field ": cgroup v2 has no " what

static const struct {
	const char *resources, *v1, *v2;
	const char *hybrid; /* NULL: as v1 */
} fields[] = {
	{ "{}", "", "", NULL },
	{ "{'memory':{},'cpu':{},'pids':{},'blockIO':{},'network':{},'unified':{},'rdma':{}}", "", "", NULL },
	{ "{'memory':{'limit':0,'reservation':0,'swap':0,'kernel':0,'kernelTCP':0,'disableOOMKiller':false},"
	  "'cpu':{'shares':0,'quota':0,'period':0,'realtimeRuntime':0,'realtimePeriod':0},'blockIO':{'weight':0}}",
	  "", "", NULL },

	{ "{'memory':{'limit':1048576}}", "memory memory.limit_in_bytes=1048576 ~",
	  "memory memory.max=1048576 ~", NULL },
	{ "{'memory':{'limit':-1,'swap':-1}}",
	  "memory memory.limit_in_bytes=-1 ~\nmemory memory.memsw.limit_in_bytes=-1 ?",
	  "memory memory.max=max ~\nmemory memory.swap.max=max ?", NULL },
	{ "{'memory':{'limit':1048576,'swap':3145728}}",
	  "memory memory.limit_in_bytes=1048576 ~\nmemory memory.memsw.limit_in_bytes=3145728",
	  "memory memory.max=1048576 ~\nmemory memory.swap.max=2097152", NULL },
	{ "{'memory':{'limit':1048576,'swap':1048576}}",
	  "memory memory.limit_in_bytes=1048576 ~\nmemory memory.memsw.limit_in_bytes=1048576",
	  "memory memory.max=1048576 ~\nmemory memory.swap.max=0", NULL },
	{ "{'memory':{'reservation':4096}}", "memory memory.soft_limit_in_bytes=4096",
	  "memory memory.low=4096", NULL },
	{ "{'memory':{'limit':9223372036854775807}}", "memory memory.limit_in_bytes=9223372036854775807 ~",
	  "memory memory.max=9223372036854775807 ~", NULL },
	{ "{'memory':{'kernel':4096}}", "memory memory.kmem.limit_in_bytes=4096",
	  HAS_NO("memory/kernel", "limit for the kernel's memory alone"), NULL },
	{ "{'memory':{'kernelTCP':-1}}", "memory memory.kmem.tcp.limit_in_bytes=-1",
	  HAS_NO("memory/kernelTCP", "limit for the memory of TCP's buffers alone"), NULL },
	{ "{'memory':{'swappiness':0}}", "memory memory.swappiness=0",
	  HAS_NO("memory/swappiness", "swappiness for each group"), NULL },
	{ "{'memory':{'disableOOMKiller':true}}", "memory memory.oom_control=1",
	  HAS_NO("memory/disableOOMKiller", "way to switch off the OOM killer"), NULL },
	{ "{'memory':{'useHierarchy':true}}", "memory memory.use_hierarchy=1", "", NULL },
	{ "{'memory':{'useHierarchy':false}}", "memory memory.use_hierarchy=0",
	  HAS_NO("memory/useHierarchy", "accounting that leaves out the groups below"), NULL },

	{ "{'cpu':{'shares':1024}}", "cpu cpu.shares=1024", "cpu cpu.weight=100", NULL },
	{ "{'cpu':{'quota':50000}}", "cpu cpu.cfs_quota_us=50000 ~", "cpu cpu.max=50000 ~", NULL },
	{ "{'cpu':{'period':20000}}", "cpu cpu.cfs_period_us=20000 ~", "cpu cpu.max=max 20000 ~", NULL },
	{ "{'cpu':{'quota':50000,'period':20000,'burst':1000}}",
	  "cpu cpu.cfs_period_us=20000 ~\ncpu cpu.cfs_quota_us=50000 ~\ncpu cpu.cfs_burst_us=1000",
	  "cpu cpu.max=50000 20000 ~\ncpu cpu.max.burst=1000", NULL },
	{ "{'cpu':{'quota':-1,'period':20000}}", "cpu cpu.cfs_period_us=20000 ~\ncpu cpu.cfs_quota_us=-1 ~",
	  "cpu cpu.max=max 20000 ~", NULL },
	{ "{'cpu':{'burst':0}}", "cpu cpu.cfs_burst_us=0", "cpu cpu.max.burst=0", NULL },
	{ "{'cpu':{'realtimeRuntime':950000,'realtimePeriod':1000000}}",
	  "cpu cpu.rt_period_us=1000000 ~\ncpu cpu.rt_runtime_us=950000",
	  HAS_NO("cpu/realtimePeriod",
		 "limits of realtime scheduling\n! " AT "cpu/realtimeRuntime: cgroup v2 has no limits of "
		 "realtime scheduling"),
	  NULL },
	{ "{'cpu':{'cpus':'0-3,7','mems':'0'}}", "cpuset cpuset.cpus=0-3,7\ncpuset cpuset.mems=0",
	  "cpuset cpuset.cpus=0-3,7\ncpuset cpuset.mems=0", NULL },
	{ "{'cpu':{'idle':1,'shares':1024}}", "cpu cpu.idle=1", "cpu cpu.idle=1", NULL },
	{ "{'cpu':{'idle':0,'shares':1024}}", "cpu cpu.idle=0\ncpu cpu.shares=1024",
	  "cpu cpu.idle=0\ncpu cpu.weight=100", NULL },

	{ "{'pids':{'limit':7}}", "pids pids.max=7", "pids pids.max=7", NULL },
	{ "{'pids':{'limit':-1}}", "pids pids.max=max", "pids pids.max=max", NULL },
	{ "{'pids':{'limit':0}}", "pids pids.max=max", "pids pids.max=max", NULL },

	{ "{'blockIO':{'weight':500}}", "blkio blkio.bfq.weight=500, else blkio.weight=500",
	  "io io.bfq.weight=500, else io.weight=4950", NULL },
	{ "{'blockIO':{'leafWeight':10}}", "blkio blkio.leaf_weight=10",
	  HAS_NO("blockIO/leafWeight", "weight for the leaf of a group"), NULL },
	{ "{'blockIO':{'weightDevice':[{'major':8,'minor':16,'weight':1000}]}}",
	  "blkio blkio.bfq.weight_device=8:16 1000, else blkio.weight_device=8:16 1000",
	  "io io.bfq.weight=8:16 1000, else io.weight=8:16 10000", NULL },
	{ "{'blockIO':{'weightDevice':[{'major':8,'minor':0,'leafWeight':10}]}}",
	  "blkio blkio.leaf_weight_device=8:0 10",
	  HAS_NO("blockIO/weightDevice/0/leafWeight", "weight for the leaf of a group"), NULL },
	{ "{'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':1},{'major':259,'minor':1048575,"
	  "'rate':18446744073709551615}],'throttleWriteBpsDevice':[{'major':8,'minor':0,'rate':0}]}}",
	  "blkio blkio.throttle.read_bps_device=8:0 1\n"
	  "blkio blkio.throttle.read_bps_device=259:1048575 18446744073709551615\n"
	  "blkio blkio.throttle.write_bps_device=8:0 0",
	  "io io.max=8:0 rbps=1\nio io.max=259:1048575 rbps=18446744073709551615\nio io.max=8:0 wbps=max",
	  NULL },
	{ "{'blockIO':{'throttleReadIOPSDevice':[{'major':8,'minor':0,'rate':5}],"
	  "'throttleWriteIOPSDevice':[{'major':8,'minor':0,'rate':6}]}}",
	  "blkio blkio.throttle.read_iops_device=8:0 5\nblkio blkio.throttle.write_iops_device=8:0 6",
	  "io io.max=8:0 riops=5\nio io.max=8:0 wiops=6", NULL },

	{ "{'hugepageLimits':[{'pageSize':'2MB','limit':4194304},{'pageSize':'1GB','limit':0}]}",
	  "hugetlb hugetlb.2MB.rsvd.limit_in_bytes=4194304 ?\nhugetlb hugetlb.2MB.limit_in_bytes=4194304\n"
	  "hugetlb hugetlb.1GB.rsvd.limit_in_bytes=0 ?\nhugetlb hugetlb.1GB.limit_in_bytes=0",
	  "hugetlb hugetlb.2MB.rsvd.max=4194304 ?\nhugetlb hugetlb.2MB.max=4194304\n"
	  "hugetlb hugetlb.1GB.rsvd.max=0 ?\nhugetlb hugetlb.1GB.max=0",
	  "hugetlb hugetlb.2MB.rsvd.max=4194304 ?\nhugetlb hugetlb.2MB.max=4194304\n"
	  "hugetlb hugetlb.1GB.rsvd.max=0 ?\nhugetlb hugetlb.1GB.max=0" },

	{ "{'network':{'classID':1048577}}", "net_cls net_cls.classid=1048577",
	  HAS_NO("network/classID", "class for packets (net_cls)"),
	  "! " AT "network/classID: this host has no net_cls controller" },
	{ "{'network':{'priorities':[{'name':'lo','priority':5},{'name':'eth0','priority':0}]}}",
	  "net_prio net_prio.ifpriomap=lo 5\nnet_prio net_prio.ifpriomap=eth0 0",
	  HAS_NO("network/priorities/0", "priorities of interfaces (net_prio)"),
	  "! " AT "network/priorities/0: this host has no net_prio controller" },

	{ "{'rdma':{'mlx5_1':{'hcaHandles':3,'hcaObjects':10000},'mlx4_0':{'hcaObjects':0}}}",
	  "rdma rdma.max=mlx5_1 hca_handle=3 hca_object=10000\nrdma rdma.max=mlx4_0 hca_object=0",
	  "rdma rdma.max=mlx5_1 hca_handle=3 hca_object=10000\nrdma rdma.max=mlx4_0 hca_object=0", NULL },

	{ "{'unified':{'memory.high':'1048576'}}", "! " AT "unified/memory.high: this host has no cgroup v2",
	  "memory memory.high=1048576",
	  "! " AT "unified/memory.high: the memory controller of this host is in cgroup v1" },
	{ "{'unified':{'io.latency':'8:0 target=100'}}",
	  "! " AT "unified/io.latency: this host has no cgroup v2", "io io.latency=8:0 target=100",
	  "! " AT "unified/io.latency: the blkio controller of this host is in cgroup v1" },
	{ "{'unified':{'cgroup.max.descendants':'5','hugetlb.2MB.max':'0'}}",
	  "! " AT "unified/cgroup.max.descendants: this host has no cgroup v2\n! " AT
	  "unified/hugetlb.2MB.max: this host has no cgroup v2",
	  "cgroup cgroup.max.descendants=5\nhugetlb hugetlb.2MB.max=0",
	  "cgroup cgroup.max.descendants=5\nhugetlb hugetlb.2MB.max=0" },
	{ "{'unified':{'misc.max':'sev 1'}}", "! " AT "unified/misc.max: this host has no cgroup v2",
	  "misc misc.max=sev 1",
	  "! " AT "unified/misc.max: the cgroup2 hierarchy of this host has no misc controller" },
};

static void test_fields(void)
{
	static const struct {
		const char *name;
		const struct cgroup_layout *l;
	} layouts[] = { { "v1", &v1 }, { "v2", &v2 }, { "hybrid", &hybrid } };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		for (size_t k = 0; k < 3; k++) {
			const char *want = k == 0 || (k == 2 && !fields[i].hybrid) ? fields[i].v1
					   : k == 1                                ? fields[i].v2
										   : fields[i].hybrid;

			is_text(writes(fields[i].resources, layouts[k].l), want,
				arena_printf(a, "%s: %.60s", layouts[k].name, fields[i].resources));
		}
}

static void test_order(void)
{
	is_text(writes("{'unified':{'memory.max':'4096','io.max':'8:0 rbps=1\\n8:16 rbps=2\\n','cpuset.cpus':''},"
		       "'memory':{'limit':8192}}",
		       &v2),
		"memory memory.max=8192 ~\nmemory memory.max=4096\nio io.max=8:0 rbps=1\nio io.max=8:16 rbps=2\n"
		"cpuset cpuset.cpus=\n",
		"unified comes last, a line at a time, and may clear a cpuset");
	is_text(writes("{'cpu':{'shares':2},'blockIO':{'weight':10},'pids':{'limit':1},'memory':{'limit':4096}}",
		       &v1),
		"memory memory.limit_in_bytes=4096 ~\ncpu cpu.shares=2\npids pids.max=1\n"
		"blkio blkio.bfq.weight=10, else blkio.weight=10",
		"the order is ours, not the file's");
}

/* ---- errors */

static const char *hint_of(const char *resources, const struct cgroup_layout *l)
{
	writes(resources, l);
	return dg.first ? diag_format(&dg, dg.first) : "(no error)";
}

static void test_errors(void)
{
	struct spec_memory mem = { .swappiness = { true, 7 } };
	struct spec_resources r = { .memory = &mem };
	struct limit_list list;

	is_text(hint_of("{'memory':{'limit':4096,'swap':8192}}", &v2_bare),
		"c:1:118 /linux/resources/memory/limit: this host has no memory controller; it must be enabled from "
		"above: the administrator's echo +memory > /sys/fs/cgroup/cgroup.subtree_control, or Delegate=yes "
		"in systemd's unit; a kernel started with cgroup_disable=memory has none",
		"v2 without the controller: place and way out");
	ok(dg.errors == 1, "a controller is missed once");
	ok(strstr(hint_of("{'blockIO':{'weight':10}}", &v2_bare), "no io controller"),
	   "its name is v2's there");
	ok(strstr(hint_of("{'network':{'classID':1}}", &hybrid),
		  "mount it: mkdir /sys/fs/cgroup/net_cls && mount -t cgroup -o net_cls cgroup "
		  "/sys/fs/cgroup/net_cls"),
	   "hybrid without the controller");
	ok(strstr(hint_of("{'pids':{'limit':1}}", &none),
		  "/linux/resources/pids/limit: this host has no pids controller; no control groups are mounted; "
		  "mount -t cgroup2 cgroup2 /sys/fs/cgroup"),
	   "nothing is mounted");
	ok(strstr(hint_of("{'unified':{'memory.high':'1'}}", &v2_bare), "echo +memory >"),
	   "unified without the controller");
	ok(strstr(hint_of("{'memory':{'swappiness':7}}", &v2),
		  "/linux/resources/memory/swappiness: cgroup v2 has no swappiness for each group; leave the "
		  "field out; only a host with this controller in cgroup v1 has it"),
	   "what v2 has no file for");
	is_text(writes("{'memory':{'useHierarchy':true,'disableOOMKiller':false,'checkBeforeUpdate':true}}",
		       &v2_bare),
		"", "what v2 does anyway needs no controller");
	diags_init(&dg, a);
	ok(limits_of(a, NULL, &r, &v2, &list, &dg) < 0 && dg.errors == 1 && !dg.first->file &&
		   !dg.first->pointer,
	   "without a document there is no place");
	mem = (struct spec_memory){ .limit = { true, 8192 }, .swap = { true, 4096 } };
	diags_init(&dg, a);
	ok(limits_of(a, NULL, &r, &v2, &list, &dg) < 0 && dg.errors == 1,
	   "a swap that can't be is not written");
	ok(strstr(limits_hint(a, &v2, "cpu"), "echo +cpu >"), "the hint by itself");
}

static void test_weights(void)
{
	static const unsigned pairs[][2] = { { 0, 1 },          { 1, 1 },
					     { 2, 1 },          { 3, 2 },
					     { 10, 4 },         { 102, 17 },
					     { 256, 35 },       { 512, 59 },
					     { 1024, 100 },     { 2048, 174 },
					     { 4096, 303 },     { 65536, 3023 },
					     { 262144, 10000 }, { 4000000000u, 10000 } };
	bool good = true, rising = true;

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		good = good && limits_cpu_weight(pairs[i][0]) == pairs[i][1];
	ok(good && limits_cpu_weight(UINT64_MAX) == 10000, "shares as weights");
	for (unsigned s = 2; s < 262144; s++)
		rising = rising && limits_cpu_weight(s) <= limits_cpu_weight(s + 1) &&
			 limits_cpu_weight(s) >= 1;
	ok(rising, "more shares never weigh less");
	ok(limits_io_weight(10) == 1 && limits_io_weight(100) == 910 && limits_io_weight(1000) == 10000,
	   "weights of block devices");
}

/* ---- updates */

static const char *update(const char *stored, const char *given, const struct cgroup_layout *l)
{
	struct spec *old = load(stored), *new = load(given);
	struct spec_resources *merged, *changed;
	struct limit_list list = { 0 };

	if (!old || !new)
		return "(not loaded)";
	limits_merge(a, old->linux_->resources, new->linux_->resources, &merged, &changed);
	if (spec_check_resources(a, new, merged, &dg) == 0)
		limits_of(a, new, changed, l, &list, &dg);
	return show(&list);
}

static void test_update(void)
{
	static const char both[] =
		"{'memory':{'limit':4096,'swap':12288},'cpu':{'quota':50000,'period':20000}}";

	is_text(update(both, "{'cpu':{'quota':30000}}", &v2), "cpu cpu.max=30000 20000 ~",
		"a quota keeps its period");
	is_text(update(both, "{'cpu':{'period':40000}}", &v2), "cpu cpu.max=50000 40000 ~",
		"a period its quota");
	is_text(update(both, "{'cpu':{'shares':1024}}", &v2), "cpu cpu.weight=100",
		"and nothing else is written");
	is_text(update(both, "{'memory':{'limit':8192}}", &v2),
		"memory memory.max=8192 ~\nmemory memory.swap.max=4096",
		"a limit alone keeps the sum of memory and swap");
	is_text(update(both, "{'memory':{'limit':8192}}", &v1),
		"memory memory.limit_in_bytes=8192 ~\nmemory memory.memsw.limit_in_bytes=12288", "so in v1");
	is_text(update(both, "{'memory':{'limit':16384}}", &v2),
		"! /linux/resources/memory/swap: swap (12288) is below limit (16384)",
		"which it can't exceed");
	is_text(update(both, "{'memory':{'limit':-1}}", &v1),
		"memory memory.limit_in_bytes=-1 ~\nmemory memory.memsw.limit_in_bytes=-1 ?",
		"no limit on memory is none on the sum");
	is_text(update(both, "{'memory':{'limit':0,'swap':0},'cpu':{'quota':0,'period':0}}", &v2), "",
		"a zero changes nothing");
	is_text(update("{'cpu':{'shares':512,'idle':1}}", "{'cpu':{'idle':0}}", &v2),
		"cpu cpu.idle=0\ncpu cpu.weight=59", "no longer idle: the shares again");
	is_text(update("{'cpu':{'shares':512,'idle':1}}", "{'cpu':{'shares':1024}}", &v2), "cpu cpu.idle=1",
		"idle: the shares are for later");
	is_text(update("{'cpu':{'quota':50000,'burst':40000}}", "{'cpu':{'quota':30000}}", &v2),
		"! /linux/resources/cpu/burst: burst is above quota", "a burst that no longer fits");
}

static void test_swap_alone(void)
{
	struct spec_memory stored_mem = { .limit = { true, 4096 }, .check_before_update = { true, true } };
	struct spec_memory given_mem = { .swap = { true, 8192 } };
	struct spec_resources stored = { .memory = &stored_mem }, given = { .memory = &given_mem };
	struct spec_resources *merged, *changed;
	struct limit_list list;

	diags_init(&dg, a);
	limits_merge(a, &stored, &given, &merged, &changed);
	ok(limits_of(a, NULL, changed, &v2, &list, &dg) == 0 && list.check_usage, "usage is to be checked");
	is_text(show(&list), "memory memory.max=4096 ~\nmemory memory.swap.max=4096",
		"a swap uses the stored limit");
	ok(!given_mem.limit.set && !stored_mem.swap.set, "the sources are left as they were");
	diags_init(&dg, a);
	limits_merge(a, NULL, &given, &merged, &changed);
	ok(spec_check_resources(a, NULL, merged, &dg) < 0, "and is refused without one");
	diags_init(&dg, a);
	ok(limits_check_usage(NULL, &stored, 4096, 0, &dg) == 0 && !dg.errors &&
		   limits_check_usage(NULL, &stored, 4097, 0, &dg) < 0,
	   "checkBeforeUpdate: the limit");
	stored_mem.swap = (struct opt_i64){ true, 8192 };
	ok(limits_check_usage(NULL, &stored, 4096, 4097, &dg) < 0 && strstr(dg.last->what, "swap (8192)"),
	   "checkBeforeUpdate: memory and swap");
	stored_mem.check_before_update.v = false;
	ok(limits_check_usage(NULL, &stored, 9999, 9999, &dg) == 0, "checkBeforeUpdate: not asked for");
}

static void test_merge(void)
{
	struct spec *old = load(
		"{'pids':{'limit':5},'devices':[{'allow':false}],"
		"'blockIO':{'weight':100,'weightDevice':[{'major':8,'minor':0,'weight':200}],"
		"'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':1},{'major':8,'minor':1,'rate':2}]},"
		"'hugepageLimits':[{'pageSize':'2MB','limit':1}],"
		"'network':{'classID':1,'priorities':[{'name':'lo','priority':1}]},"
		"'rdma':{'m':{'hcaHandles':1}},'unified':{'memory.high':'1','cpu.idle':'0'}}");
	struct spec *new = load(
		"{'pids':{'limit':-1},"
		"'blockIO':{'weightDevice':[{'major':8,'minor':0,'leafWeight':300}],"
		"'throttleReadBpsDevice':[{'major':8,'minor':1,'rate':3},{'major':9,'minor':1,'rate':4}]},"
		"'hugepageLimits':[{'pageSize':'1GB','limit':2},{'pageSize':'2MB','limit':3}],"
		"'network':{'priorities':[{'name':'lo','priority':0}]},"
		"'rdma':{'m':{'hcaObjects':2}},'unified':{'memory.high':'2'}}");
	struct spec_resources *r, *changed;
	const struct block_device_list *t;

	limits_merge(a, old->linux_->resources, new->linux_->resources, &r, &changed);
	t = &r->block_io->throttle_read_bps;
	ok(r->pids_limit.v == -1 && r->devices.n == 1, "merged: pids; device rules stay");
	ok(t->n == 3 && t->v[0].rate.v == 1 && t->v[1].rate.v == 3 && t->v[2].rate.v == 4,
	   "merged: rates by device");
	ok(r->block_io->weight.v == 100 && r->block_io->weight_device.n == 1 &&
		   r->block_io->weight_device.v[0].weight.v == 200 &&
		   r->block_io->weight_device.v[0].leaf_weight.v == 300,
	   "merged: a device's two weights");
	ok(r->hugepage_limits.n == 2 && r->hugepage_limits.v[0].limit == 3 &&
		   r->hugepage_limits.v[1].limit == 2,
	   "merged: page sizes");
	ok(r->network->class_id.v == 1 && r->network->priorities.n == 1 &&
		   !r->network->priorities.v[0].priority,
	   "merged: interfaces");
	ok(r->rdma.n == 1 && r->rdma.v[0].hca_handles.v == 1 && r->rdma.v[0].hca_objects.v == 2,
	   "merged: rdma");
	ok(r->unified.n == 2 && !strcmp(r->unified.v[0].value, "2") && !strcmp(r->unified.v[1].value, "0"),
	   "merged: files of unified");
	ok(old->linux_->resources->hugepage_limits.n == 1 &&
		   old->linux_->resources->unified.v[0].value[0] == '1' && changed->rdma.n == 1 &&
		   !changed->rdma.v[0].hca_handles.set,
	   "merged: the stored ones are left alone, and only what was given is to be written");
}

/* ---- a kernel of v1, as far as the order goes */

struct kernel {
	long long limit, memsw, quota, period, burst, parent; /* parent: its quota/period in percent */
	const char *absent;                                   /* this file is not there */
	const char *log;
};

static bool fits(const struct kernel *k)
{
	return k->limit <= k->memsw && k->burst <= k->quota && k->quota * 100 <= k->parent * k->period;
}

static int put(void *arg, const struct limit *w, const char *file, const char *value)
{
	struct kernel *k = arg, next = *k;
	long long v = strtoll(value, NULL, 10);

	(void)w;
	if (k->absent && strstr(file, k->absent))
		return -ENOENT;
	if (!strcmp(file, "memory.limit_in_bytes"))
		next.limit = v;
	else if (!strcmp(file, "memory.memsw.limit_in_bytes"))
		next.memsw = v;
	else if (!strcmp(file, "cpu.cfs_quota_us"))
		next.quota = v;
	else if (!strcmp(file, "cpu.cfs_period_us"))
		next.period = v;
	else if (!strcmp(file, "cpu.cfs_burst_us"))
		next.burst = v;
	if (!fits(&next))
		return -EINVAL;
	next.log = arena_printf(a, "%s%s%s", next.log, *next.log ? " " : "", file);
	*k = next;
	return 0;
}

static const struct limit *apply(struct kernel *k, const char *resources, int *err)
{
	struct spec *s = load(resources);
	struct limit_list list;

	k->log = "";
	if (!s || limits_of(a, s, s->linux_->resources, &v1, &list, &dg) < 0)
		return NULL;
	return limits_write(&list, put, k, err);
}

static void test_memory_order(void)
{
	struct kernel k = { .limit = 100, .memsw = 200, .quota = 1, .period = 100, .parent = 100 };
	int err = 0;

	ok(!apply(&k, "{'memory':{'limit':300,'swap':400}}", &err) && k.limit == 300 && k.memsw == 400,
	   "v1 memory is raised");
	is_text(k.log, "memory.memsw.limit_in_bytes memory.limit_in_bytes", "the sum first");
	ok(!apply(&k, "{'memory':{'limit':100,'swap':200}}", &err) && k.limit == 100 && k.memsw == 200,
	   "v1 memory is lowered");
	is_text(k.log, "memory.limit_in_bytes memory.memsw.limit_in_bytes", "the memory first");
	ok(apply(&k, "{'memory':{'limit':300},'pids':{'limit':3}}", &err) && err == -EINVAL && k.limit == 100,
	   "what fits in no order is an error");
	ok(apply(&k, "{'memory':{'limit':300}}", &err) && err == -EINVAL, "also when nothing follows");
}

static void test_cpu_order(void)
{
	struct kernel k = { .limit = 1, .memsw = 1, .quota = 50000, .period = 100000, .parent = 60 };
	const struct limit *w;
	int err = 0;

	ok(!apply(&k, "{'cpu':{'quota':5000,'period':10000}}", &err) && k.quota == 5000 && k.period == 10000,
	   "v1 quota and period shrink");
	ok(!apply(&k, "{'cpu':{'quota':50000,'period':100000,'burst':40000}}", &err) && k.burst == 40000 &&
		   k.quota == 50000 && k.period == 100000,
	   "v1 quota, period and burst grow");
	ok(!apply(&k, "{'cpu':{'quota':5000,'period':10000,'burst':4000}}", &err) && k.burst == 4000 &&
		   k.quota == 5000 && k.period == 10000,
	   "v1 quota, period and burst shrink, which takes the reverse order");
	is_text(k.log, "cpu.cfs_burst_us cpu.cfs_quota_us cpu.cfs_period_us",
		"the burst first, the period last");
	w = apply(&k, "{'cpu':{'quota':50000,'period':50000,'shares':7}}", &err);
	ok(w && err == -EINVAL && !strcmp(w->file, "cpu.cfs_quota_us"),
	   "more than the parent has is an error");
}

static void test_absent(void)
{
	struct kernel k = { .memsw = 1, .period = 1, .parent = 100 };
	const struct limit *w;
	int err = 0;

	k.absent = "rsvd";
	ok(!apply(&k, "{'hugepageLimits':[{'pageSize':'2MB','limit':1}]}", &err),
	   "a kernel without reservations");
	is_text(k.log, "hugetlb.2MB.limit_in_bytes", "has the limit of usage");
	k.absent = "bfq";
	ok(!apply(&k, "{'blockIO':{'weight':10}}", &err), "a kernel without BFQ");
	is_text(k.log, "blkio.weight", "has the other file");
	k.absent = "weight";
	w = apply(&k, "{'blockIO':{'weight':10}}", &err);
	ok(w && err == -ENOENT && !strcmp(w->pointer, AT "blockIO/weight"), "one with neither is an error");
	k.absent = "memsw";
	ok(!apply(&k, "{'memory':{'swap':-1}}", &err),
	   "a kernel without swap: unlimited swap is nothing to write");
	ok(apply(&k, "{'memory':{'limit':1,'swap':1}}", &err) && err == -ENOENT, "a limit of it is");
}

int main(void)
{
	a = arena_create();
	test_fields();
	test_order();
	test_errors();
	test_weights();
	test_update();
	test_swap_alone();
	test_merge();
	test_memory_order();
	test_cpu_order();
	test_absent();
	arena_destroy(a);
	return tap_end();
}
