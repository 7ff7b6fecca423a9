# ... and mounts are refused then.
del(.linux.namespaces[] | select(.type == "mount"))
