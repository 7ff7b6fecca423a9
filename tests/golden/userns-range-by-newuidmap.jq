# An ordinary user's own id and a granted range.
# facts: user
.linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 1000, size: 1 }, { containerID: 1, hostID: 100000, size: 65536 }]
| .linux.gidMappings = [{ containerID: 0, hostID: 1000, size: 1 }, { containerID: 1, hostID: 100000, size: 65536 }]
| .process.user = { uid: 33, gid: 33, additionalGids: [4, 24] }
