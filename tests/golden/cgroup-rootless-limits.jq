# facts: user
# base: spec-rootless
.linux.resources = { pids: { limit: 1 } }
| .linux.uidMappings[0].hostID = 1000 | .linux.gidMappings[0].hostID = 1000
