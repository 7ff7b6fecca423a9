# A cgroup mount where the host has cgroup v2 alone.
.linux.namespaces += [{ type: "cgroup" }]
| .mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] }]
