# The payload's ids must be mapped; so must an additional group, and those need setgroups(2).
# facts: user
.linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 1000, size: 1 }]
| .linux.gidMappings = [{ containerID: 0, hostID: 1000, size: 1 }]
| .process.user = { uid: 7, gid: 8, additionalGids: [0, 9] }
