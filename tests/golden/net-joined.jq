# One namespace joined, no user namespace: no second try, and lo is its owner's business.
(.linux.namespaces[] | select(.type == "network")).path = "/run/netns/blue"
| .mounts += [{ destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] }]
