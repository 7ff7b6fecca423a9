# Both spellings of a sysctl.
.linux.sysctl = { "net.ipv4.ip_forward": "1", "net/ipv4/conf/eth0.7/forwarding": "1", "kernel.shm_rmid_forced": "1" }
