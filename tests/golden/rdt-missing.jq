# Without resctrl nothing of it can be had.
.linux.intelRdt = { closID: "gold" }
