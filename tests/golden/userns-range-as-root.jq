# Root maps a range itself, and opens sources that the ids inside could not reach.
.linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .mounts += [{ destination: "/data", type: "bind", source: "/srv/data", options: ["rbind", "ro"] }]
