# One layer is no overlay to the kernel: a read-only bind is the same thing.
.root = { overlay: { lowerdirs: ["/srv/base"] } }
