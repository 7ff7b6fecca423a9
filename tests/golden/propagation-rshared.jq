# The root's propagation, and a read-only root in the same step.
.linux.rootfsPropagation = "rshared" | .root.readonly = true
