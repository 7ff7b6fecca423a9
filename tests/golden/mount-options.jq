# Every kind of mount option.
.mounts += [
  { destination: "/a", type: "bind", source: "/srv/a", options: ["bind", "ro", "nosuid", "nodev", "noexec", "noatime"] },
  { destination: "/b", type: "bind", source: "b", options: ["rbind", "rro", "rnosuid", "rnoatime", "nodiratime"] },
  { destination: "/c", type: "none", source: "/srv/c", options: ["rbind", "rshared"] },
  { destination: "/d", source: "/srv/d", options: ["bind", "private", "rw", "suid", "dev", "exec"] },
  { destination: "/e", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "size=1m", "nosymfollow", "strictatime"] },
  { destination: "/f", type: "tmpfs", source: "tmpfs", options: ["sync", "dirsync", "lazytime", "unbindable"] },
  { destination: "/g", type: "bind", source: "/srv/g", options: ["bind", "src-nofollow", "dest-nofollow"] },
  { destination: "/h", type: "bind", source: "/srv/h", options: ["bind", "copy-symlink"] },
  { destination: "/a", options: ["remount", "rw"] },
  { destination: "/i", type: "ext4", source: "/dev/vda1", options: ["ro", "errors=continue"] },
  { destination: "/j", type: "bind", source: "/srv/j", options: ["rbind", "rslave", "relatime"] }
]
