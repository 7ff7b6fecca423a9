# A user namespace joined by path: what it owns can only be joined after it.
(.linux.namespaces[] | select(.type == "network")).path = "/proc/4242/ns/net"
| .linux.namespaces += [{ type: "user", path: "/proc/4242/ns/user" }]
