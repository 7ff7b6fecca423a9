# Profiles that this version does not apply.
.process.apparmorProfile = "mine"
