# Id 0 is not mapped: the first process is the first id that is.
.linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 1000, hostID: 5000, size: 1 }]
| .linux.gidMappings = [{ containerID: 100, hostID: 5000, size: 1 }]
| .process.user = { uid: 1000, gid: 100 }
