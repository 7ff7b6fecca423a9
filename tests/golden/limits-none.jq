# facts: root-hybrid
.linux.resources = { memory: { limit: 67108864 }, hugepageLimits: [{ pageSize: "2MB", limit: 4194304 }], unified: { "memory.high": "1" } }
