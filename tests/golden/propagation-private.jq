# A private root gets none of the host's later mounts.
.linux.rootfsPropagation = "private"
