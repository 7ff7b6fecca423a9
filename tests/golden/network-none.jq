# No network: a namespace that the list lacks, and no step for lo.
del(.linux.namespaces[] | select(.type == "network")) | .sbrun.network = "none"
