/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every field of config.json: runtime-spec 1.3 (config.md, config-linux.md) and sbrun's
 * extensions. This is the one place that names them.
 */
#include <limits.h>
#include <string.h>

#include "decode.h"
#include "spec.h"
#include "words.h"

/* clang-format off */

/* F("json name", kind, struct, member): the start of a row. */
#define F(json, kind_, type, member) .name = (json), .len = sizeof(json) - 1, .kind = (kind_), \
				     .offset = offsetof(type, member)
/* A field that holds no data of its own place: its members are of the same struct. */
#define SAME(json, kind_) .name = (json), .len = sizeof(json) - 1, .kind = (kind_), .offset = 0
#define SET(type, member) .set_offset = offsetof(type, member) + 1
#define RANGE(low, high) .min = (low), .max = (high)
#define STRINGS(json, type, member) F(json, K_LIST, type, member), .item = K_STRING
#define WORDS(json, type, member, w) F(json, K_LIST, type, member), .item = K_WORD, .words = (w)
#define OBJECTS(json, type, member, t) F(json, K_LIST, type, member), .item = K_STRUCT, .sub = (t)
#define REQUIRED .required = true
#define FILLED .filled = true
#define AT_MOST(count, what) .max_items = (count), .noun = (what)

#define TABLE(table_name, type, rows) \
	_Static_assert(sizeof(rows) / sizeof((rows)[0]) <= 64, "a frame notes 64 fields"); \
	static const struct table table_name = { rows, sizeof(rows) / sizeof((rows)[0]), sizeof(type) }

/* root and mounts */

static const struct field ephemeral_rows[] = {
	{ F("size", K_SIZE, struct spec_overlay, ephemeral.size), RANGE(1, UINT64_MAX) },
	{ F("shared", K_BOOL, struct spec_overlay, ephemeral.shared) },
};
TABLE(ephemeral, struct spec_overlay, ephemeral_rows);

static const struct field overlay_rows[] = {
	{ STRINGS("lowerdirs", struct spec_overlay, lowerdirs), REQUIRED, AT_MOST(SPEC_MAX_LAYERS, "layers") },
	{ F("upperdir", K_STRING, struct spec_overlay, upperdir), FILLED },
	{ F("workdir", K_STRING, struct spec_overlay, workdir), FILLED },
	{ SAME("ephemeral", K_SWITCH), SET(struct spec_overlay, ephemeral.set), .sub = &ephemeral },
	{ F("volatile", K_BOOL, struct spec_overlay, is_volatile) },
};
TABLE(overlay, struct spec_overlay, overlay_rows);

static const struct field root_rows[] = {
	{ F("path", K_STRING, struct spec_root, path), FILLED },
	{ F("readonly", K_BOOL, struct spec_root, readonly) },
	{ F("overlay", K_OBJECT, struct spec_root, overlay), .sub = &overlay },
};
TABLE(root, struct spec_root, root_rows);

static const struct field id_map_rows[] = {
	{ F("containerID", K_U32, struct id_map, container), REQUIRED },
	{ F("hostID", K_U32, struct id_map, host), REQUIRED },
	{ F("size", K_U32, struct id_map, size), REQUIRED },
};
TABLE(id_map, struct id_map, id_map_rows);

#define ID_MAPS(json, type, member) \
	OBJECTS(json, type, member, &id_map), AT_MOST(SPEC_MAX_ID_MAPS, "id mappings")

static const struct field mount_rows[] = {
	{ F("destination", K_STRING, struct spec_mount, destination), REQUIRED },
	{ F("type", K_STRING, struct spec_mount, type) },
	{ F("source", K_STRING, struct spec_mount, source) },
	{ STRINGS("options", struct spec_mount, options) },
	{ ID_MAPS("uidMappings", struct spec_mount, uid_maps) },
	{ ID_MAPS("gidMappings", struct spec_mount, gid_maps) },
	{ F("overlay", K_OBJECT, struct spec_mount, overlay), .sub = &overlay },
};
TABLE(mount, struct spec_mount, mount_rows);

/* process */

static const struct field console_size_rows[] = {
	{ F("height", K_U64, struct spec_process, console_size.height), REQUIRED, RANGE(0, 65535) },
	{ F("width", K_U64, struct spec_process, console_size.width), REQUIRED, RANGE(0, 65535) },
};
TABLE(console_size, struct spec_process, console_size_rows);

static const struct field user_rows[] = {
	{ F("uid", K_ID, struct spec_user, uid), SET(struct spec_user, set_uid) },
	{ F("gid", K_ID, struct spec_user, gid), SET(struct spec_user, set_gid) },
	{ F("umask", K_OPT_U64, struct spec_user, umask), RANGE(0, 0777) },
	{ F("additionalGids", K_LIST, struct spec_user, additional_gids), .item = K_ID },
	{ F("username", K_STRING, struct spec_user, username) },
};
TABLE(user, struct spec_user, user_rows);

static const struct field caps_rows[] = {
	{ STRINGS("bounding", struct spec_caps, bounding) },
	{ STRINGS("permitted", struct spec_caps, permitted) },
	{ STRINGS("effective", struct spec_caps, effective) },
	{ STRINGS("inheritable", struct spec_caps, inheritable) },
	{ STRINGS("ambient", struct spec_caps, ambient) },
};
TABLE(caps, struct spec_caps, caps_rows);

static const struct field rlimit_rows[] = {
	{ F("type", K_ENUM, struct spec_rlimit, type), REQUIRED, .words = &words_rlimit },
	{ F("soft", K_U64, struct spec_rlimit, soft), REQUIRED },
	{ F("hard", K_U64, struct spec_rlimit, hard), REQUIRED },
};
TABLE(rlimit, struct spec_rlimit, rlimit_rows);

static const struct field scheduler_rows[] = {
	{ F("policy", K_ENUM, struct spec_scheduler, policy), REQUIRED, .words = &words_sched_policy },
	{ F("nice", K_I32, struct spec_scheduler, nice), RANGE(-20, 19) },
	{ F("priority", K_I32, struct spec_scheduler, priority), RANGE(0, 99) },
	{ WORDS("flags", struct spec_scheduler, flags, &words_sched_flag) },
	{ F("runtime", K_U64, struct spec_scheduler, runtime) },
	{ F("deadline", K_U64, struct spec_scheduler, deadline) },
	{ F("period", K_U64, struct spec_scheduler, period) },
};
TABLE(scheduler, struct spec_scheduler, scheduler_rows);

static const struct field io_priority_rows[] = {
	{ F("class", K_ENUM, struct spec_io_priority, class_), REQUIRED, .words = &words_io_class },
	{ F("priority", K_I32, struct spec_io_priority, priority), REQUIRED, RANGE(0, 7) },
};
TABLE(io_priority, struct spec_io_priority, io_priority_rows);

static const struct field cpu_affinity_rows[] = {
	{ F("initial", K_STRING, struct spec_cpu_affinity, initial) },
	{ F("final", K_STRING, struct spec_cpu_affinity, final) },
};
TABLE(cpu_affinity, struct spec_cpu_affinity, cpu_affinity_rows);

static const struct field process_rows[] = {
	{ F("terminal", K_BOOL, struct spec_process, terminal) },
	{ SAME("consoleSize", K_STRUCT), SET(struct spec_process, console_size.set), .sub = &console_size },
	{ F("cwd", K_STRING, struct spec_process, cwd), REQUIRED },
	{ STRINGS("env", struct spec_process, env) },
	{ STRINGS("args", struct spec_process, args) },
	{ F("user", K_STRUCT, struct spec_process, user), .sub = &user },
	{ F("capabilities", K_OBJECT, struct spec_process, capabilities), .sub = &caps },
	{ OBJECTS("rlimits", struct spec_process, rlimits, &rlimit) },
	{ F("noNewPrivileges", K_BOOL, struct spec_process, no_new_privileges) },
	{ F("oomScoreAdj", K_OPT_I64, struct spec_process, oom_score_adj), RANGE(-1000, 1000) },
	{ F("apparmorProfile", K_STRING, struct spec_process, apparmor_profile) },
	{ F("selinuxLabel", K_STRING, struct spec_process, selinux_label) },
	{ F("scheduler", K_OBJECT, struct spec_process, scheduler), .sub = &scheduler },
	{ F("ioPriority", K_OBJECT, struct spec_process, io_priority), .sub = &io_priority },
	{ F("execCPUAffinity", K_OBJECT, struct spec_process, exec_cpu_affinity), .sub = &cpu_affinity },
	{ F("commandLine", K_STRING, struct spec_process, command_line) },
};
const struct table table_process = {
	process_rows, sizeof(process_rows) / sizeof(process_rows[0]), sizeof(struct spec_process),
};

/* hooks */

static const struct field hook_rows[] = {
	{ F("path", K_STRING, struct spec_hook, path), REQUIRED },
	{ STRINGS("args", struct spec_hook, args) },
	{ STRINGS("env", struct spec_hook, env) },
	{ F("timeout", K_OPT_I64, struct spec_hook, timeout), RANGE(1, INT_MAX) },
};
TABLE(hook, struct spec_hook, hook_rows);

static const struct field hooks_rows[] = {
	{ OBJECTS("prestart", struct spec_hooks, prestart, &hook) },
	{ OBJECTS("createRuntime", struct spec_hooks, create_runtime, &hook) },
	{ OBJECTS("createContainer", struct spec_hooks, create_container, &hook) },
	{ OBJECTS("startContainer", struct spec_hooks, start_container, &hook) },
	{ OBJECTS("poststart", struct spec_hooks, poststart, &hook) },
	{ OBJECTS("poststop", struct spec_hooks, poststop, &hook) },
};
TABLE(hooks, struct spec_hooks, hooks_rows);

/* linux */

static const struct field namespace_rows[] = {
	{ F("type", K_ENUM, struct spec_namespace, type), REQUIRED, .words = &words_ns_type },
	{ F("path", K_STRING, struct spec_namespace, path) },
};
TABLE(namespace, struct spec_namespace, namespace_rows);

static const struct field device_rows[] = {
	{ F("path", K_STRING, struct spec_device, path), REQUIRED },
	{ F("type", K_LETTER, struct spec_device, type), REQUIRED, .words = &words_device_type },
	{ F("major", K_OPT_I64, struct spec_device, major), RANGE(0, 0xfff) },
	{ F("minor", K_OPT_I64, struct spec_device, minor), RANGE(0, 0xfffff) },
	{ F("fileMode", K_OPT_U64, struct spec_device, file_mode), RANGE(0, UINT32_MAX) },
	{ F("uid", K_OPT_ID, struct spec_device, uid) },
	{ F("gid", K_OPT_ID, struct spec_device, gid) },
};
TABLE(device, struct spec_device, device_rows);

static const struct field net_device_rows[] = {
	{ F("name", K_STRING, struct spec_net_device, name) },
};
TABLE(net_device, struct spec_net_device, net_device_rows);

static const struct field device_rule_rows[] = {
	{ F("allow", K_BOOL, struct spec_device_rule, allow), REQUIRED },
	{ F("type", K_WORD, struct spec_device_rule, type), .words = &words_device_rule },
	{ F("major", K_OPT_I64, struct spec_device_rule, major), RANGE(-1, UINT32_MAX) },
	{ F("minor", K_OPT_I64, struct spec_device_rule, minor), RANGE(-1, UINT32_MAX) },
	{ F("access", K_STRING, struct spec_device_rule, access) },
};
TABLE(device_rule, struct spec_device_rule, device_rule_rows);

static const struct field memory_rows[] = {
	{ F("limit", K_OPT_I64, struct spec_memory, limit), RANGE(-1, INT64_MAX) },
	{ F("reservation", K_OPT_I64, struct spec_memory, reservation), RANGE(-1, INT64_MAX) },
	{ F("swap", K_OPT_I64, struct spec_memory, swap), RANGE(-1, INT64_MAX) },
	{ F("kernel", K_OPT_I64, struct spec_memory, kernel), RANGE(-1, INT64_MAX) },
	{ F("kernelTCP", K_OPT_I64, struct spec_memory, kernel_tcp), RANGE(-1, INT64_MAX) },
	{ F("swappiness", K_OPT_U64, struct spec_memory, swappiness), RANGE(0, 100) },
	{ F("disableOOMKiller", K_OPT_BOOL, struct spec_memory, disable_oom_killer) },
	{ F("useHierarchy", K_OPT_BOOL, struct spec_memory, use_hierarchy) },
	{ F("checkBeforeUpdate", K_OPT_BOOL, struct spec_memory, check_before_update) },
};
TABLE(memory, struct spec_memory, memory_rows);

static const struct field cpu_rows[] = {
	{ F("shares", K_OPT_U64, struct spec_cpu, shares) },
	{ F("quota", K_OPT_I64, struct spec_cpu, quota) },
	{ F("burst", K_OPT_U64, struct spec_cpu, burst) },
	{ F("period", K_OPT_U64, struct spec_cpu, period) },
	{ F("realtimeRuntime", K_OPT_I64, struct spec_cpu, realtime_runtime) },
	{ F("realtimePeriod", K_OPT_U64, struct spec_cpu, realtime_period) },
	{ F("cpus", K_STRING, struct spec_cpu, cpus) },
	{ F("mems", K_STRING, struct spec_cpu, mems) },
	{ F("idle", K_OPT_I64, struct spec_cpu, idle), RANGE(0, 1) },
};
TABLE(cpu, struct spec_cpu, cpu_rows);

static const struct field pids_rows[] = {
	{ F("limit", K_OPT_I64, struct spec_resources, pids_limit), RANGE(-1, INT64_MAX) },
};
TABLE(pids, struct spec_resources, pids_rows);

#define BLOCK_DEVICE \
	{ F("major", K_I64, struct spec_block_device, major), REQUIRED, RANGE(0, 0xfff) }, \
	{ F("minor", K_I64, struct spec_block_device, minor), REQUIRED, RANGE(0, 0xfffff) }

static const struct field weight_device_rows[] = {
	BLOCK_DEVICE,
	{ F("weight", K_OPT_U64, struct spec_block_device, weight), RANGE(0, 1000) },
	{ F("leafWeight", K_OPT_U64, struct spec_block_device, leaf_weight), RANGE(0, 1000) },
};
TABLE(weight_device, struct spec_block_device, weight_device_rows);

static const struct field throttle_rows[] = {
	BLOCK_DEVICE,
	{ F("rate", K_OPT_U64, struct spec_block_device, rate), REQUIRED },
};
TABLE(throttle, struct spec_block_device, throttle_rows);

static const struct field block_io_rows[] = {
	{ F("weight", K_OPT_U64, struct spec_block_io, weight), RANGE(0, 1000) },
	{ F("leafWeight", K_OPT_U64, struct spec_block_io, leaf_weight), RANGE(0, 1000) },
	{ OBJECTS("weightDevice", struct spec_block_io, weight_device, &weight_device) },
	{ OBJECTS("throttleReadBpsDevice", struct spec_block_io, throttle_read_bps, &throttle) },
	{ OBJECTS("throttleWriteBpsDevice", struct spec_block_io, throttle_write_bps, &throttle) },
	{ OBJECTS("throttleReadIOPSDevice", struct spec_block_io, throttle_read_iops, &throttle) },
	{ OBJECTS("throttleWriteIOPSDevice", struct spec_block_io, throttle_write_iops, &throttle) },
};
TABLE(block_io, struct spec_block_io, block_io_rows);

static const struct field hugepage_rows[] = {
	{ F("pageSize", K_STRING, struct spec_hugepage_limit, page_size), REQUIRED },
	{ F("limit", K_U64, struct spec_hugepage_limit, limit), REQUIRED },
};
TABLE(hugepage, struct spec_hugepage_limit, hugepage_rows);

static const struct field if_priority_rows[] = {
	{ F("name", K_STRING, struct spec_if_priority, name), REQUIRED },
	{ F("priority", K_U32, struct spec_if_priority, priority), REQUIRED },
};
TABLE(if_priority, struct spec_if_priority, if_priority_rows);

static const struct field network_rows[] = {
	{ F("classID", K_OPT_U64, struct spec_network_limits, class_id), RANGE(0, UINT32_MAX) },
	{ OBJECTS("priorities", struct spec_network_limits, priorities, &if_priority) },
};
TABLE(network, struct spec_network_limits, network_rows);

static const struct field rdma_rows[] = {
	{ F("hcaHandles", K_OPT_U64, struct spec_rdma, hca_handles), RANGE(0, UINT32_MAX) },
	{ F("hcaObjects", K_OPT_U64, struct spec_rdma, hca_objects), RANGE(0, UINT32_MAX) },
};
TABLE(rdma, struct spec_rdma, rdma_rows);

static const struct field resources_rows[] = {
	{ OBJECTS("devices", struct spec_resources, devices, &device_rule) },
	{ F("memory", K_OBJECT, struct spec_resources, memory), .sub = &memory },
	{ F("cpu", K_OBJECT, struct spec_resources, cpu), .sub = &cpu },
	{ SAME("pids", K_STRUCT), SET(struct spec_resources, has_pids), .sub = &pids },
	{ F("blockIO", K_OBJECT, struct spec_resources, block_io), .sub = &block_io },
	{ OBJECTS("hugepageLimits", struct spec_resources, hugepage_limits, &hugepage) },
	{ F("network", K_OBJECT, struct spec_resources, network), .sub = &network },
	{ F("rdma", K_NAMED, struct spec_resources, rdma), .sub = &rdma },
	{ F("unified", K_MAP, struct spec_resources, unified) },
};
const struct table table_resources = {
	resources_rows, sizeof(resources_rows) / sizeof(resources_rows[0]), sizeof(struct spec_resources),
};

static const struct field syscall_arg_rows[] = {
	{ F("index", K_U32, struct spec_syscall_arg, index), REQUIRED, RANGE(0, 5) },
	{ F("value", K_U64, struct spec_syscall_arg, value), REQUIRED },
	{ F("valueTwo", K_U64, struct spec_syscall_arg, value_two) },
	{ F("op", K_WORD, struct spec_syscall_arg, op), REQUIRED, .words = &words_seccomp_op },
};
TABLE(syscall_arg, struct spec_syscall_arg, syscall_arg_rows);

static const struct field syscall_rows[] = {
	{ STRINGS("names", struct spec_syscall, names), REQUIRED },
	{ F("action", K_WORD, struct spec_syscall, action), REQUIRED, .words = &words_seccomp_action },
	{ F("errnoRet", K_OPT_U64, struct spec_syscall, errno_ret), RANGE(0, UINT16_MAX) },
	{ OBJECTS("args", struct spec_syscall, args, &syscall_arg) },
};
TABLE(syscall_, struct spec_syscall, syscall_rows);

static const struct field seccomp_rows[] = {
	{ F("defaultAction", K_WORD, struct spec_seccomp, default_action), REQUIRED,
	  .words = &words_seccomp_action },
	{ F("defaultErrnoRet", K_OPT_U64, struct spec_seccomp, default_errno_ret), RANGE(0, UINT16_MAX) },
	{ WORDS("architectures", struct spec_seccomp, architectures, &words_seccomp_arch) },
	{ WORDS("flags", struct spec_seccomp, flags, &words_seccomp_flag) },
	{ F("listenerPath", K_STRING, struct spec_seccomp, listener_path) },
	{ F("listenerMetadata", K_STRING, struct spec_seccomp, listener_metadata) },
	{ OBJECTS("syscalls", struct spec_seccomp, syscalls, &syscall_) },
};
TABLE(seccomp, struct spec_seccomp, seccomp_rows);

static const struct field intel_rdt_rows[] = {
	{ F("closID", K_STRING, struct spec_intel_rdt, clos_id) },
	{ STRINGS("schemata", struct spec_intel_rdt, schemata) },
	{ F("l3CacheSchema", K_STRING, struct spec_intel_rdt, l3_cache_schema) },
	{ F("memBwSchema", K_STRING, struct spec_intel_rdt, mem_bw_schema) },
	{ F("enableMonitoring", K_OPT_BOOL, struct spec_intel_rdt, enable_monitoring) },
	{ F("enableCMT", K_OPT_BOOL, struct spec_intel_rdt, enable_cmt) },
	{ F("enableMBM", K_OPT_BOOL, struct spec_intel_rdt, enable_mbm) },
};
TABLE(intel_rdt, struct spec_intel_rdt, intel_rdt_rows);

static const struct field memory_policy_rows[] = {
	{ F("mode", K_WORD, struct spec_memory_policy, mode), REQUIRED, .words = &words_mpol_mode },
	{ F("nodes", K_STRING, struct spec_memory_policy, nodes) },
	{ WORDS("flags", struct spec_memory_policy, flags, &words_mpol_flag) },
};
TABLE(memory_policy, struct spec_memory_policy, memory_policy_rows);

static const struct field personality_rows[] = {
	{ F("domain", K_WORD, struct spec_personality, domain), REQUIRED, .words = &words_personality },
	{ WORDS("flags", struct spec_personality, flags, &words_personality_flag) },
};
TABLE(personality, struct spec_personality, personality_rows);

static const struct field time_offset_rows[] = {
	{ F("secs", K_OPT_I64, struct spec_time_offset, secs) },
	{ F("nanosecs", K_OPT_U64, struct spec_time_offset, nanosecs), RANGE(0, 999999999) },
};
TABLE(time_offset, struct spec_time_offset, time_offset_rows);

static const struct field time_offsets_rows[] = {
	{ F("monotonic", K_OBJECT, struct spec_linux, time_monotonic), .sub = &time_offset },
	{ F("boottime", K_OBJECT, struct spec_linux, time_boottime), .sub = &time_offset },
};
TABLE(time_offsets, struct spec_linux, time_offsets_rows);

static const struct field linux_rows[] = {
	{ OBJECTS("namespaces", struct spec_linux, namespaces, &namespace) },
	{ ID_MAPS("uidMappings", struct spec_linux, uid_maps) },
	{ ID_MAPS("gidMappings", struct spec_linux, gid_maps) },
	{ OBJECTS("devices", struct spec_linux, devices, &device) },
	{ F("netDevices", K_NAMED, struct spec_linux, net_devices), .sub = &net_device },
	{ F("cgroupsPath", K_STRING, struct spec_linux, cgroups_path) },
	{ F("resources", K_OBJECT, struct spec_linux, resources), .sub = &table_resources },
	{ F("rootfsPropagation", K_WORD, struct spec_linux, rootfs_propagation),
	  .words = &words_propagation },
	{ F("seccomp", K_OBJECT, struct spec_linux, seccomp), .sub = &seccomp },
	{ F("sysctl", K_MAP, struct spec_linux, sysctl) },
	{ STRINGS("maskedPaths", struct spec_linux, masked_paths) },
	{ STRINGS("readonlyPaths", struct spec_linux, readonly_paths) },
	{ F("mountLabel", K_STRING, struct spec_linux, mount_label) },
	{ F("intelRdt", K_OBJECT, struct spec_linux, intel_rdt), .sub = &intel_rdt },
	{ F("memoryPolicy", K_OBJECT, struct spec_linux, memory_policy), .sub = &memory_policy },
	{ F("personality", K_OBJECT, struct spec_linux, personality), .sub = &personality },
	{ SAME("timeOffsets", K_STRUCT), .sub = &time_offsets },
};
TABLE(linux_, struct spec_linux, linux_rows);

/* the top */

static const struct field sbrun_rows[] = {
	{ F("init", K_ENUM, struct spec_sbrun, init), SET(struct spec_sbrun, set_init),
	  .words = &words_init },
	{ F("timeout", K_STRING, struct spec_sbrun, timeout), FILLED },
	{ F("killAfter", K_STRING, struct spec_sbrun, kill_after), FILLED },
	{ F("cpuTime", K_STRING, struct spec_sbrun, cpu_time), FILLED },
	{ F("network", K_ENUM, struct spec_sbrun, network), SET(struct spec_sbrun, set_network),
	  .words = &words_network },
};
TABLE(sbrun, struct spec_sbrun, sbrun_rows);

static const struct field spec_rows[] = {
	{ F("ociVersion", K_STRING, struct spec, oci_version), REQUIRED },
	{ F("root", K_OBJECT, struct spec, root), .sub = &root, REQUIRED },
	{ OBJECTS("mounts", struct spec, mounts, &mount), AT_MOST(SPEC_MAX_MOUNTS, "mounts") },
	{ F("process", K_OBJECT, struct spec, process), .sub = &table_process },
	{ F("hostname", K_STRING, struct spec, hostname) },
	{ F("domainname", K_STRING, struct spec, domainname) },
	{ F("hooks", K_STRUCT, struct spec, hooks), .sub = &hooks },
	{ F("annotations", K_MAP, struct spec, annotations) },
	{ F("linux", K_OBJECT, struct spec, linux_), .sub = &linux_ },
	{ F("sbrun", K_STRUCT, struct spec, sbrun), .sub = &sbrun },
	/* other platforms' */
	{ SAME("solaris", K_IGNORE) },
	{ SAME("windows", K_IGNORE) },
	{ SAME("vm", K_IGNORE) },
	{ SAME("zos", K_IGNORE) },
	{ SAME("freebsd", K_IGNORE) },
};
const struct table table_spec = { spec_rows, sizeof(spec_rows) / sizeof(spec_rows[0]), sizeof(struct spec) };

/* clang-format on */

/* No table has more than 17 rows, and length and first letter tell nearly all of them apart. */
const struct field *table_find(const struct table *t, const char *name, size_t len)
{
	for (const struct field *f = t->v; f < t->v + t->n; f++)
		if (f->len == len && f->name[0] == name[0] && !memcmp(f->name, name, len))
			return f;
	return NULL;
}
