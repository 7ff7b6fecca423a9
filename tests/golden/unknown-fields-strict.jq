# With --strict they do.
# options: --strict
.process.arg = ["x"] | .linux.namespace = [] | .rot = {}
