# A filter without no_new_privs: CAP_SYS_ADMIN stays until exec.
.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [
	{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }] }
