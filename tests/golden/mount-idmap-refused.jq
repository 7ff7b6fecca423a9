# Nothing to map by, and what is no bind.
.mounts += [
  { destination: "/a", type: "bind", source: "/srv/a", options: ["bind", "idmap"] },
  { destination: "/t", type: "tmpfs", source: "tmpfs",
    uidMappings: [{ containerID: 0, hostID: 5000, size: 10 }], gidMappings: [{ containerID: 0, hostID: 5000, size: 10 }] }
]
