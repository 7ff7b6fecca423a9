# In a user namespace overlayfs needs userxattr; root opens the layers.
.linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .root = { overlay: { lowerdirs: ["/srv/app", "/srv/base"], ephemeral: {} } }
