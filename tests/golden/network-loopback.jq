# lo comes up by the word, also where the list has the namespace.
.sbrun.network = "loopback"
