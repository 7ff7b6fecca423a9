# Without pivot_root the root has to stand on "/", also for hooks.
# options: --no-pivot
.hooks = { createContainer: [{ path: "/bin/true" }] }
