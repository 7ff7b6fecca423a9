# Many layers are elided in the middle.
.root = { overlay: { lowerdirs: [range(10) | "layers/\(.)"] } }
