# options: --timeout 30s --init never
.
