# Limits that this version does not set.
.linux.resources = { memory: { limit: 1000000 }, pids: { limit: 10 } }
