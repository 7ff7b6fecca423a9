# Unknown fields never fail, and each is named.
.process.arg = ["x"] | .linux.namespace = [] | .rot = {} | .mounts[0].option = ["ro"]
