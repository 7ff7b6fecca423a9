# All five sets.
.process.capabilities = {
  bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN"],
  inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]
}
