# options: --timeout 2.5
.sbrun = {timeout: "1h30m"}
