# A range that goes beyond what /etc/subuid grants.
# facts: user
.linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 1000, size: 1 }, { containerID: 1, hostID: 100000, size: 65537 }]
| .linux.gidMappings = [{ containerID: 0, hostID: 200000, size: 10 }]
