# Writable on a tmpfs that ends with the sandbox; one layer is enough for that.
.root = { overlay: { lowerdirs: ["/srv/base"], ephemeral: { size: "1g" } } }
