# Another user with groups and a umask, in another directory.
.process.user = { uid: 1000, gid: 100, additionalGids: [4, 24, 27], umask: 63 } | .process.cwd = "/home/me"
