# global: --cgroup-manager disabled
.linux.resources = { pids: { limit: 64 } }
