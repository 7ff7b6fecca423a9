# The caller's pid namespace: no init, and /proc may have to be the host's.
del(.linux.namespaces[] | select(.type == "pid"))
