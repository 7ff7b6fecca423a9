# Scheduling, I/O priority, memory policy and personality; affinity is for exec alone.
.process.scheduler = { policy: "SCHED_DEADLINE", flags: ["SCHED_FLAG_RESET_ON_FORK"], runtime: 1000000, deadline: 2000000, period: 3000000 }
| .process.ioPriority = { class: "IOPRIO_CLASS_BE", priority: 6 }
| .process.execCPUAffinity = { initial: "0", final: "1" }
| .linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0-1", flags: ["MPOL_F_STATIC_NODES"] }
| .linux.personality = { domain: "LINUX32", flags: ["ADDR_NO_RANDOMIZE"] }
