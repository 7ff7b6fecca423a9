# Idmapped binds: with a map of their own, and with the container's.
.linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .mounts += [
  { destination: "/a", type: "bind", source: "/srv/a", options: ["bind", "idmap"] },
  { destination: "/b", type: "bind", source: "/srv/b", options: ["rbind", "ridmap"] },
  { destination: "/c", type: "bind", source: "/srv/c", options: ["bind"],
    uidMappings: [{ containerID: 0, hostID: 5000, size: 10 }], gidMappings: [{ containerID: 0, hostID: 5000, size: 10 }] }
]
