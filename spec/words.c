/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <string.h>

#include "spec.h"

static const char *const ns_types[NS__COUNT + 1] = {
	[NS_PID] = "pid", [NS_NETWORK] = "network", [NS_MOUNT] = "mount", [NS_IPC] = "ipc",
	[NS_UTS] = "uts", [NS_USER] = "user", [NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};
const struct words words_ns_type = { "type of namespace", ns_types };

static const char *const rlimits[RL__COUNT + 1] = {
	[RL_AS] = "RLIMIT_AS",
	[RL_CORE] = "RLIMIT_CORE",
	[RL_CPU] = "RLIMIT_CPU",
	[RL_DATA] = "RLIMIT_DATA",
	[RL_FSIZE] = "RLIMIT_FSIZE",
	[RL_LOCKS] = "RLIMIT_LOCKS",
	[RL_MEMLOCK] = "RLIMIT_MEMLOCK",
	[RL_MSGQUEUE] = "RLIMIT_MSGQUEUE",
	[RL_NICE] = "RLIMIT_NICE",
	[RL_NOFILE] = "RLIMIT_NOFILE",
	[RL_NPROC] = "RLIMIT_NPROC",
	[RL_RSS] = "RLIMIT_RSS",
	[RL_RTPRIO] = "RLIMIT_RTPRIO",
	[RL_RTTIME] = "RLIMIT_RTTIME",
	[RL_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RL_STACK] = "RLIMIT_STACK",
};
const struct words words_rlimit = { "resource limit", rlimits };

static const char *const sched_policies[] = {
	[SCHED_P_OTHER] = "SCHED_OTHER", [SCHED_P_FIFO] = "SCHED_FIFO", [SCHED_P_RR] = "SCHED_RR",
	[SCHED_P_BATCH] = "SCHED_BATCH", [SCHED_P_ISO] = "SCHED_ISO", [SCHED_P_IDLE] = "SCHED_IDLE",
	[SCHED_P_DEADLINE] = "SCHED_DEADLINE", NULL,
};
const struct words words_sched_policy = { "scheduling policy", sched_policies };

static const char *const sched_flags[] = {
	"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX", NULL,
};
const struct words words_sched_flag = { "scheduling flag", sched_flags };

static const char *const io_classes[] = {
	[IO_CLASS_RT] = "IOPRIO_CLASS_RT", [IO_CLASS_BE] = "IOPRIO_CLASS_BE",
	[IO_CLASS_IDLE] = "IOPRIO_CLASS_IDLE", NULL,
};
const struct words words_io_class = { "I/O priority class", io_classes };

static const char *const device_types[] = { "c", "b", "u", "p", NULL };
const struct words words_device_type = { "type of device", device_types };

static const char *const device_rules[] = { "a", "c", "b", NULL };
const struct words words_device_rule = { "type of device in a rule", device_rules };

static const char *const propagations[] = {
	"private", "shared", "slave", "unbindable", "rprivate", "rshared", "rslave", "runbindable", NULL,
};
const struct words words_propagation = { "mount propagation", propagations };

static const char *const personalities[] = { "LINUX", "LINUX32", NULL };
const struct words words_personality = { "execution domain", personalities };

static const char *const personality_flags[] = {
	"UNAME26", "ADDR_NO_RANDOMIZE", "FDPIC_FUNCPTRS", "MMAP_PAGE_ZERO", "ADDR_COMPAT_LAYOUT",
	"READ_IMPLIES_EXEC", "ADDR_LIMIT_32BIT", "SHORT_INODE", "WHOLE_SECONDS", "STICKY_TIMEOUTS",
	"ADDR_LIMIT_3GB", NULL,
};
const struct words words_personality_flag = { "personality flag", personality_flags };

static const char *const mpol_modes[] = {
	"MPOL_DEFAULT", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE", "MPOL_PREFERRED",
	"MPOL_PREFERRED_MANY", "MPOL_LOCAL", NULL,
};
const struct words words_mpol_mode = { "memory policy", mpol_modes };

static const char *const mpol_flags[] = {
	"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES", NULL,
};
const struct words words_mpol_flag = { "memory policy flag", mpol_flags };

static const char *const seccomp_actions[] = {
	"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
	"SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP", NULL,
};
const struct words words_seccomp_action = { "seccomp action", seccomp_actions };

static const char *const seccomp_archs[] = {
	"SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64",
	"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC",
	"SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64",
	"SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB", NULL,
};
const struct words words_seccomp_arch = { "architecture", seccomp_archs };

static const char *const seccomp_flags[] = {
	"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL,
};
const struct words words_seccomp_flag = { "seccomp flag", seccomp_flags };

static const char *const seccomp_ops[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",
	"SCMP_CMP_MASKED_EQ", NULL,
};
const struct words words_seccomp_op = { "comparison", seccomp_ops };

static const char *const init_modes[] = {
	[INIT_AUTO] = "auto", [INIT_ALWAYS] = "always", [INIT_NEVER] = "never", NULL,
};
const struct words words_init = { "init mode", init_modes };

static const char *const network_modes[] = {
	[NETWORK_NONE] = "none", [NETWORK_LOOPBACK] = "loopback", [NETWORK_HOST] = "host", NULL,
};
const struct words words_network = { "network", network_modes };

/* capabilities(7), as of Linux 6.x; sorted. */
static const char *const capabilities[] = {
	"CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_AUDIT_WRITE", "CAP_BLOCK_SUSPEND", "CAP_BPF",
	"CAP_CHECKPOINT_RESTORE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER",
	"CAP_FSETID", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_KILL", "CAP_LEASE", "CAP_LINUX_IMMUTABLE",
	"CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE", "CAP_MKNOD", "CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST", "CAP_NET_RAW", "CAP_PERFMON", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP",
	"CAP_SETUID", "CAP_SYSLOG", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_CHROOT", "CAP_SYS_MODULE",
	"CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_WAKE_ALARM", NULL,
};
const struct words words_capability = { "capability", capabilities };

int words_find(const struct words *w, const char *s, size_t len)
{
	for (int i = 0; w->v[i]; i++)
		if (!strncmp(w->v[i], s, len) && !w->v[i][len])
			return i;
	return -1;
}

const char *ns_type_name(enum ns_type t)
{
	return (unsigned)t < NS__COUNT ? ns_types[t] : "?";
}

const char *rlimit_name(enum rlimit_kind k)
{
	return (unsigned)k < RL__COUNT ? rlimits[k] : "?";
}
