# A time namespace with both offsets.
.linux.namespaces += [{ type: "time" }]
| .linux.timeOffsets = { monotonic: { secs: 86400, nanosecs: 5 }, boottime: { secs: -3600 } }
