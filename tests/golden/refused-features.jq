# Filters that this version does not apply.
.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" }
| .process.apparmorProfile = "mine"
