# Overlays as mounts: the table's form, and the ordinary one with options.
.mounts += [
  { destination: "/opt", type: "overlay", source: "overlay",
    options: ["lowerdir=/srv/top:/srv/mid:/srv/low", "upperdir=/srv/up", "workdir=/srv/wk", "nodev"] },
  { destination: "/usr", overlay: { lowerdirs: ["layers/a", "layers/b"] }, options: ["nosuid"] },
  { destination: "/etc", type: "overlay", source: "overlay", options: ["lowerdir=/srv/etc"] }
]
