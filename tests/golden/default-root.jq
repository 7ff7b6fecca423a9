# What `sbrun spec` gives, as root on a host with pure cgroup v2.
# base: spec
.
