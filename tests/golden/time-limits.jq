.sbrun = {timeout: "1h30m", killAfter: "500ms", cpuTime: "90"}
