# facts: user
# base: spec-rootless
.linux.cgroupsPath = "mine"
| .linux.uidMappings[0].hostID = 1000 | .linux.gidMappings[0].hostID = 1000
