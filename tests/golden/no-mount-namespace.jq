# No mount namespace of its own: a change of root is all there is.
del(.linux.namespaces[] | select(.type == "mount")) | del(.mounts)
