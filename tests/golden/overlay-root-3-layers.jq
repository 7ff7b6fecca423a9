# Three layers without an upper: read-only.
.root = { overlay: { lowerdirs: ["layers/app", "layers/lib", "/srv/base"] } }
