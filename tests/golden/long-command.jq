# Arguments that need quotes, and more than a line can take.
.process.args = ["/bin/sh", "-c", "echo \"it's\" $HOME", "", "a\tb"] + [range(100) | "argument\(.)"]
