# Hooks that come after the pivot leave the root where it is.
.hooks = { startContainer: [{ path: "/sbin/ldconfig" }], poststop: [{ path: "/bin/true" }] }
