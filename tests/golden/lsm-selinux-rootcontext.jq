# facts: root-selinux
# The SELinux label of mounts by another option: crun's annotation, which podman sets.
.annotations = { "run.oci.mount_context_type": "rootcontext" }
| .process.selinuxLabel = "system_u:system_r:container_t:s0:c1,c2"
| .linux.mountLabel = "system_u:object_r:container_file_t:s0:c1,c2"
| .root = { overlay: { lowerdirs: ["/l/a", "/l/b"] } }
| .mounts += [
	{ destination: "/sys", type: "sysfs", source: "sysfs" },
	{ destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance"] },
	{ destination: "/own", type: "tmpfs", source: "tmpfs", options: ["rootcontext=mine"] },
	{ destination: "/other", type: "tmpfs", source: "tmpfs", options: ["context=mine"] },
	{ destination: "/b", source: "/srv/b", options: ["bind"] }
]
