# What `sbrun spec --rootless` gives to user 1000: one id is mapped, by the user's own right.
# base: spec-rootless
# facts: user
.linux.uidMappings[0].hostID = 1000 | .linux.gidMappings[0].hostID = 1000
