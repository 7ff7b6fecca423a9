# The payload is PID 1.
.sbrun = { init: "never" }
