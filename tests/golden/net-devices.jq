# Interfaces of the host's move into the network namespace once lo is up.
.linux.netDevices = { "eth1": {}, "veth7": { name: "eth%d" } }
