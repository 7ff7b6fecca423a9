# auto leaves an init alone.
.process.args = ["/usr/bin/tini", "--", "sleep", "9"]
