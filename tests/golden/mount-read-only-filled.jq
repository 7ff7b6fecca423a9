# A read-only tmpfs is made so once it holds what later mounts and devices put in it, by its path in any spelling.
(.mounts[] | select(.destination == "/dev") | .options) += ["ro"] |
.mounts += [
  { destination: "/empty", type: "tmpfs", source: "tmpfs", options: ["ro"] },
  { destination: "/full/", type: "tmpfs", source: "tmpfs", options: ["ro", "size=1m"] },
  { destination: "/fuller", type: "tmpfs", source: "tmpfs", options: ["ro"] },
  { destination: "//full/./bound", type: "bind", source: "/srv/a", options: ["bind"] },
  { destination: "/hidden", type: "tmpfs", source: "tmpfs", options: ["ro"] },
  { destination: "/hidden", type: "bind", source: "/srv/b", options: ["bind"] },
  { destination: "/hidden/x", type: "bind", source: "/srv/c", options: ["bind"] }
]
