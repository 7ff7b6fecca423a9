# A /dev that is the host's brings its own devices.
(.mounts[] | select(.destination == "/dev")) |= { destination: "/dev", type: "bind", source: "/dev", options: ["rbind"] }
