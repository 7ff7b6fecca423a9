# A filter with a listener: behind no_new_privs, as the last step before exec.
.process.noNewPrivileges = true
| .linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86_64"], listenerPath: "/run/agent",
	syscalls: [{ names: ["read", "write"], action: "SCMP_ACT_ALLOW" },
		{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }] }
