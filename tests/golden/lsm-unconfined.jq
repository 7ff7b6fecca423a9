# "unconfined" is what there is where AppArmor is off.
.process.apparmorProfile = "unconfined"
