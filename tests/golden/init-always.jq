# An init, though the payload is one itself.
.sbrun = { init: "always" } | .process.args = ["/sbin/init"]
