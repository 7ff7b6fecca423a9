# facts: root-full-hybrid
.linux.resources = { pids: { limit: 10 } }
| .linux.namespaces += [{ type: "cgroup" }]
| .mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] }]
