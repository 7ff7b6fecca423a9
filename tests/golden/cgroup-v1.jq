# A cgroup mount where the host has v1 hierarchies: one mount each.
# facts: root-v1
.linux.namespaces += [{ type: "cgroup" }]
| .mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] }]
