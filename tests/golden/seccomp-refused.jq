# A filter without no_new_privs, where CAP_SYS_ADMIN is not there.
# facts: root-no-sys-admin
.linux.seccomp = { defaultAction: "SCMP_ACT_LOG" }
