# The option wins over the file.
# options: --init never
.sbrun = { init: "always" }
