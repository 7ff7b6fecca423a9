# Without a cgroup namespace the caller's own cgroup is bound.
# facts: root-v1
.mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"] }]
