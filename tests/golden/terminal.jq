# A terminal with a size.
.process.terminal = true | .process.consoleSize = { height: 25, width: 80 }
| .mounts += [{ destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["newinstance", "ptmxmode=0666", "mode=0620", "gid=5"] }]
