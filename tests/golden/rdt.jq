# facts: root-resctrl
# A group of its own with schemata in the spec's order, monitored.
.linux.intelRdt = { schemata: ["L2:0=f"], memBwSchema: "MB:0=20", l3CacheSchema: "L3:0=7f0", enableMonitoring: true }
