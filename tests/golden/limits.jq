# Limits of the process, one of them unlimited, and the warning that one does not bind root.
.process.rlimits = [
  { type: "RLIMIT_NOFILE", soft: 1024, hard: 4096 },
  { type: "RLIMIT_CORE", soft: "2^64-1", hard: "2^64-1" },
  { type: "RLIMIT_STACK", soft: 8388608, hard: "2^64-1" },
  { type: "RLIMIT_NPROC", soft: 100, hard: 100 }
]
| .process.oomScoreAdj = -500
