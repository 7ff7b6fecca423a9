# Several joined beside a new user namespace.
(.linux.namespaces[] | select(.type == "network")).path = "/run/netns/blue"
| (.linux.namespaces[] | select(.type == "ipc")).path = "/proc/4242/ns/ipc"
| (.linux.namespaces[] | select(.type == "pid")).path = "/proc/4242/ns/pid"
| .linux.namespaces += [{ type: "user" }]
| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
| .linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
