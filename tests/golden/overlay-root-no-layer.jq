# No layer at all, on a tmpfs: an empty root.
.root = { overlay: { lowerdirs: [], ephemeral: { size: "64m" } } }
