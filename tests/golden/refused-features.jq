# Hooks and filters that this version does not apply.
.hooks = { poststop: [{ path: "/bin/true" }] }
| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" }
| .process.apparmorProfile = "mine"
