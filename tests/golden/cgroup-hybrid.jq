# v1 controllers and a cgroup2 beside them.
# facts: root-hybrid
.linux.namespaces += [{ type: "cgroup" }]
| .mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] }]
