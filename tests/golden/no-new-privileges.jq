# no_new_privs, a read-only root, and paths hidden and protected.
.process.noNewPrivileges = true | .root.readonly = true
| .linux.maskedPaths = ["/proc/kcore", "/sys/firmware"] | .linux.readonlyPaths = ["/proc/sys"]
