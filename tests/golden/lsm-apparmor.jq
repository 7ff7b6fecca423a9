# facts: root-apparmor
# An AppArmor profile, taken at the exec.
.process.apparmorProfile = "mine"
