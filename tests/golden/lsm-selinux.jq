# facts: root-selinux
# SELinux labels: of the process and its keyring, and of the file systems that take one.
.process.selinuxLabel = "system_u:system_r:container_t:s0:c1,c2"
| .linux.mountLabel = "system_u:object_r:container_file_t:s0:c1,c2"
| .root = { overlay: { lowerdirs: ["/l/a", "/l/b"] } }
| .mounts += [
	{ destination: "/sys", type: "sysfs", source: "sysfs" },
	{ destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance"] },
	{ destination: "/own", type: "tmpfs", source: "tmpfs", options: ["context=mine"] },
	{ destination: "/b", source: "/srv/b", options: ["bind"] }
]
