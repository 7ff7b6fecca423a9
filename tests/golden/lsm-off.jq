# Labels where no module is switched on: each is an error.
.process.apparmorProfile = "mine" | .process.selinuxLabel = "u:r:t:s0" | .linux.mountLabel = "u:r:t:s0"
