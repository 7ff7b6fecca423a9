# What the caller has not itself can't be given: named once, and left out.
# facts: root-few-caps
.process.capabilities = {
  bounding: ["CAP_KILL", "CAP_NET_RAW", "CAP_FLY"], permitted: ["CAP_KILL", "CAP_NET_RAW"],
  effective: ["CAP_KILL", "CAP_NET_RAW"]
}
