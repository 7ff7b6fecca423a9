# A host without any cgroup file system.
# facts: root-no-cgroup
.linux.namespaces += [{ type: "cgroup" }]
| .mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] }]
