# Writable, in an upperdir of the bundle.
.root = { overlay: { lowerdirs: ["layers/app", "/srv/base"], upperdir: "upper", workdir: "work", volatile: true } }
