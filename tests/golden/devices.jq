# Devices of each type with mode and owner; one replaces a default one.
.linux.devices = [
  { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 432, uid: 0, gid: 44 },
  { path: "/dev/sda", type: "b", major: 8, minor: 0 },
  { path: "/dev/pipe", type: "p", fileMode: 384, uid: 1000, gid: 1000 },
  { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 438 }
]
