# For a root that can't be pivoted from.
# options: --no-pivot --no-new-keyring
.
