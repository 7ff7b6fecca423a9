# Any bytes are allowed in a path, and none of them does anything to a terminal.
.root = { overlay: { lowerdirs: ["a:b,c\\d e", "new\nline", "\u001b[31mred"] } }
