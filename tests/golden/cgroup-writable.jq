.linux.cgroupsPath = "/x"
| .linux.namespaces += [{ type: "cgroup" }, { type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .linux.gidMappings = .linux.uidMappings
| .mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "rw"] }]
