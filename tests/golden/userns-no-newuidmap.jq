# A range without the helpers: each is named, with the package that has it.
# facts: user-no-helpers
.linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
